// The tree of the open task, beside its timeline.
let nodes = [];
let visible = [];
let folded = new Set();
let hits = [];

// The moments between which the open task ran, and which of them are in view.
let first = 0, whole = 0;
let from = 0, span = 0;
const part = (seconds) => (span > 0 ? Math.min(1, Math.max(0, (seconds - from) / span)) * 100 : 0);

const connect = () => {
  const around = [];
  let earliest = Infinity, latest = -Infinity;
  nodes.forEach((node, place) => {
    around.length = node.depth;
    node.parent = around.at(-1) ?? null;
    around.push(place);
    const parent = node.parent === null ? null : nodes[node.parent];
    if (parent) parent.inner = (parent.inner ?? 0) + 1;
    node.nth = parent ? parent.inner : 1;
    for (const seconds of [node.start, node.end]) {
      if (seconds === undefined) continue;
      earliest = Math.min(earliest, seconds);
      latest = Math.max(latest, seconds);
    }
    node.isEarly = parent !== null && node.start < parent.start;
  });
  first = Number.isFinite(earliest) ? earliest : 0;
  whole = latest > earliest ? latest - earliest : 0;
};
const levelOf = (node) => {
  const numbers = [];
  for (let step = node; step && step.parent !== null; step = nodes[step.parent]) numbers.push(step.number);
  return `/${numbers.reverse().join("/")}`;
};
const placeOfLevel = (level) => {
  const wanted = level.split("/").filter(Boolean);
  let place = 0;
  for (let depth = 0; depth < wanted.length; depth += 1) {
    place += 1;
    while (nodes[place] && nodes[place].depth > depth && (nodes[place].depth !== depth + 1 || nodes[place].number !== wanted[depth])) place += 1;
    if (!nodes[place] || nodes[place].depth <= depth) return null;
  }
  return nodes[place] ? place : null;
};
// Who opens a task that failed wants to know why: the innermost first action that did.
const whyOf = () => {
  let why = nodes.findIndex((node) => node.status === "failed");
  for (let place = why + 1; why >= 0 && place < nodes.length && nodes[place].depth > nodes[why].depth; place += 1) {
    if (nodes[place].status === "failed") why = place;
  }
  return Math.max(0, why);
};

const showHeading = () => {
  const task = state.task;
  byId("task-name").textContent = task ? shortened(task.name, 300) : "No task";
  byId("task-id").textContent = task ? shortened(task.id, 300) : "";
  const facts = byId("task-facts");
  facts.replaceChildren();
  for (const id of ["copy-id", "copy-link", "tools"]) byId(id).hidden = !task;
  if (!task) return;
  const told = [moment(task.start, 3, state.isLocal), duration(task.seconds), count(task.actions, "action"), count(task.messages, "message")];
  facts.append(told.filter(Boolean).join(" · "));
  const mark = markOf(task);
  if (mark) facts.append(" · ", mark);
  if (task.failed && task.incomplete) facts.append(" · ", element("span", "is-open", "incomplete"));
};
const open = (task, level) => {
  state.task = task;
  folded = new Set();
  nodes = task ? nodesOf(task) : [];
  connect();
  from = first;
  span = whole;
  state.node = (isGiven(level) ? placeOfLevel(level) : null) ?? whyOf();
  showHeading();
  showTicks();
  showHits();
  unfold();
  list.paint();
  byId("list").setAttribute("aria-activedescendant", task ? `task-${task.place}` : "");
  byId("tree").scrollTop = 0;
  select(state.node);
};

const unfold = () => {
  visible = [];
  let depth = Infinity;
  nodes.forEach((node, place) => {
    if (node.depth > depth) return;
    depth = folded.has(place) ? node.depth : Infinity;
    visible.push(place);
  });
  tree.resize(visible.length);
};
// Folds an action, or with `all` also each one in it.
const fold = (place, isFolded, all) => {
  if (!nodes[place]?.inner) return;
  for (let inner = place; inner === place || (all && nodes[inner]?.depth > nodes[place].depth); inner += 1) {
    if (!nodes[inner].inner) continue;
    if (isFolded) folded.add(inner); else folded.delete(inner);
  }
  unfold();
  // What is chosen stays in sight.
  let step = state.node;
  for (let up = nodes[step].parent; up !== null; up = nodes[up].parent) if (folded.has(up)) step = up;
  if (step !== state.node) select(step); else tree.show(visible.indexOf(state.node));
};
const foldAll = (isFolded) => {
  if (!nodes.length) return;
  if (!isFolded) { folded = new Set(); unfold(); tree.show(visible.indexOf(state.node)); return; }
  fold(0, true, true);
  fold(0, false, false);
};
const reveal = (place) => {
  let isHidden = false;
  for (let up = nodes[place].parent; up !== null; up = nodes[up].parent) isHidden = folded.delete(up) || isHidden;
  if (isHidden) unfold();
};

// What the search found in the open task.
const showHits = () => {
  const wanted = words();
  hits = [];
  if (wanted.length) nodes.forEach((node, place) => {
    node.text ??= textOfNode(node);
    node.isHit = wanted.some((word) => node.text.includes(word));
    if (node.isHit) hits.push(place);
  });
  else for (const node of nodes) node.isHit = false;
  byId("hits").hidden = wanted.length === 0;
};
const showHit = () => {
  const place = hits.indexOf(state.node);
  byId("hit").textContent = place < 0 ? count(hits.length, "hit") : `${place + 1} of ${count(hits.length, "hit")}`;
};
const toHit = (step) => {
  if (!hits.length) return;
  const next = step > 0
    ? hits.find((place) => place > state.node) ?? hits[0]
    : hits.findLast((place) => place < state.node) ?? hits.at(-1);
  reveal(next);
  select(next);
};

const look = (node) => {
  if (node.status === "failed" || node.severity === "bad" || (!node.status && node.cause)) return "is-failed";
  if (node.status === "unfinished" || node.severity === "doubtful") return "is-open";
  return node.status ? "is-good" : "";
};
const signs = { succeeded: "✓", failed: "✗", unfinished: "?" };
const signOf = (node) => signs[node.status] ?? (look(node) ? "▲" : "·");
const took = (node) => {
  if (!node.status) return "";
  if (node.status === "unfinished") return "unfinished";
  return node.start === undefined || node.end === undefined ? "?" : duration(node.end - node.start);
};
const barOf = (node) => {
  const time = element("span", "time");
  const begin = node.start ?? node.end;
  if (begin === undefined) return time;
  const end = node.status === "unfinished" ? Math.max(begin, first + whole) : Math.max(node.end ?? begin, begin);
  if (end < from || begin > from + span) return time;
  const bar = element("span", node.status ? "bar" : "tick");
  const style = look(node);
  if (style && style !== "is-good") bar.classList.add(style);
  if (!node.status) bar.style.left = `calc(${part(begin)}% - ${part(begin) / 50}px)`;
  else {
    bar.style.left = `min(${part(begin)}%, 100% - 2px)`;
    bar.style.width = `${part(end) - part(begin)}%`;
  }
  time.append(bar);
  return time;
};

const EARLY = "begins before what is around it: by another clock, or one that was set back";
const tree = rowsIn(byId("tree"), 28, (row) => {
  const place = visible[row];
  const node = nodes[place];
  const guides = element("span", "guides");
  guides.style.width = `calc(var(--step) * ${Math.min(node.depth, 16)})`;
  const name = shortened(node.name, 200);
  // The service is among the places already.
  const preview = [...(node.fields ?? []), ...(node.ending ?? [])].filter(([key]) => key !== "service").slice(0, 8)
    .map(([key, value]) => `${shortened(key, 80)}=${shortened(value, 80)}`).join("  ");
  const style = look(node);
  const what = element("span", "what", guides,
    element("span", "fold", node.inner ? (folded.has(place) ? "▶" : "▼") : ""),
    element("span", `sign ${style}`, signOf(node)),
    element("span", `name ${style === "is-good" ? "" : style}`, node.depth > 16 ? `⋯${node.depth} ${name}` : name),
    node.isEarly ? element("span", "is-open early", "!") : null,
    node.changed ? element("span", "place", shortened(node.changed, 80)) : null,
    element("span", "preview", preview));
  const made = element("div", node.status ? "action" : "message", what, barOf(node), element("span", "duration number", took(node)));
  if (node.isHit) made.classList.add("is-hit");
  made.id = `node-${place}`;
  const start = node.start === undefined ? "" : `at ${duration(node.start - first)}`;
  const told = [name, node.status ?? node.said?.level ?? "message", start, took(node), node.changed && shortened(node.changed, 80), node.isEarly && EARLY, preview];
  made.setAttribute("role", "treeitem");
  made.setAttribute("aria-label", told.filter(Boolean).join(", "));
  made.title = told.slice(0, 6).filter(Boolean).join("\n");
  made.setAttribute("aria-level", node.depth + 1);
  made.setAttribute("aria-posinset", node.nth);
  made.setAttribute("aria-setsize", node.parent === null ? 1 : nodes[node.parent].inner);
  made.setAttribute("aria-selected", place === state.node);
  if (node.inner) made.setAttribute("aria-expanded", !folded.has(place));
  return made;
});
