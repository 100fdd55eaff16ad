// The tasks, which of them are shown, and their list.
const about = JSON.parse(byId("about").textContent);
const tasks = JSON.parse(byId("summaries").textContent);
const trees = byId("trees").textContent.split("\n");
const places = new Map();
tasks.forEach((task, place) => {
  task.place = place;
  if (!places.has(task.id)) places.set(task.id, place);
});
const nodesOf = (task) => JSON.parse(trees[task.place]);

// The state of the page, which is in its address too.
const state = { task: null, node: 0, query: "", failed: false, incomplete: false, slower: "", sort: "order", isLocal: false, theme: null };
let shown = [];

// What the search looks into. A field is found by its key, its value, and as key=value.
const fieldText = (key, value) => `${key}=${value}`;
const textOfNode = (node) => {
  let text = `${node.name}\n${node.place ?? ""}\n`;
  for (const [key, value] of node.fields ?? []) text += `${fieldText(key, value)}\n`;
  for (const [key, value] of node.ending ?? []) text += `${fieldText(key, value)}\n`;
  if (node.cause) text += Object.values(node.cause).flat().join("\n");
  if (node.said) text += Object.values(node.said).join("\n");
  return text.toLowerCase();
};
const texts = [];
const textOf = (task) => {
  texts[task.place] ??= `${task.id.toLowerCase()}\n${nodesOf(task).map(textOfNode).join("\n")}`;
  return texts[task.place];
};
// The first search would wait for the texts of all tasks, so they are made while nothing happens.
const READY_CHARACTERS = 1e8;
const whenIdle = window.requestIdleCallback ?? ((act) => setTimeout(() => act({ timeRemaining: () => 10 }), 50));
const makeReady = (place) => {
  if (byId("trees").textContent.length > READY_CHARACTERS) return;
  const goOn = (from) => whenIdle((idle) => {
    let next = from;
    while (next < tasks.length && idle.timeRemaining() > 2) { textOf(tasks[next]); next += 1; }
    if (next < tasks.length) goOn(next);
  });
  goOn(place);
};
// Words, and what stands between quotes as one.
const words = () => [...state.query.toLowerCase().matchAll(/"([^"]*)"?|\S+/g)].map(([word, quoted]) => quoted ?? word).filter(Boolean);

const markOf = (task) => {
  if (task.failed) return element("span", "is-failed", `${task.failed.toLocaleString("en")} failed`);
  return task.incomplete ? element("span", "is-open", "incomplete") : null;
};
const list = rowsIn(byId("list"), 54, (place) => {
  const task = shown[place];
  const facts = [moment(task.start, 0, state.isLocal), count(task.messages, "message")];
  const row = element("div", "",
    element("div", "", element("span", "name", shortened(task.name, 200)), element("span", "number", duration(task.seconds))),
    element("div", "", element("span", "facts", facts.filter(Boolean).join(" · ")), element("span", "marks number", markOf(task))));
  row.id = `task-${task.place}`;
  row.setAttribute("role", "option");
  row.setAttribute("aria-selected", task === state.task);
  row.setAttribute("aria-setsize", shown.length);
  row.setAttribute("aria-posinset", place + 1);
  return row;
});

const byName = new Intl.Collator();
const compare = {
  order: (one, other) => one.place - other.place,
  start: (one, other) => (one.start ?? Infinity) - (other.start ?? Infinity),
  latest: (one, other) => (other.start ?? -Infinity) - (one.start ?? -Infinity),
  seconds: (one, other) => (other.seconds ?? -Infinity) - (one.seconds ?? -Infinity),
  fastest: (one, other) => (one.seconds ?? Infinity) - (other.seconds ?? Infinity),
  name: (one, other) => byName.compare(one.name, other.name),
  failed: (one, other) => other.failed - one.failed,
  messages: (one, other) => other.messages - one.messages,
};
const choose = () => {
  const wanted = words();
  const limit = secondsOf(state.slower);
  byId("slower").setAttribute("aria-invalid", state.slower.trim() !== "" && limit === undefined);
  shown = tasks.filter((task) => (!state.failed || task.failed > 0)
    && (!state.incomplete || task.incomplete)
    && (limit === undefined || task.seconds > limit)
    && wanted.every((word) => textOf(task).includes(word)));
  // Infinity - Infinity is no number; what is equal stays in the order in which it was read.
  shown.sort((one, other) => compare[state.sort](one, other) || one.place - other.place);
  byId("count").textContent = shown.length === tasks.length
    ? count(tasks.length, "task")
    : `${shown.length.toLocaleString("en")} of ${count(tasks.length, "task")}`;
  list.resize(shown.length);
  if (!shown.includes(state.task)) open(shown[0] ?? null);
  else { list.show(shown.indexOf(state.task)); showHits(); tree.paint(); select(state.node); }
  remember();
};
