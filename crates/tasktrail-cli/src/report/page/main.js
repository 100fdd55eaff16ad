// The address, the keys, the controls; and the beginning.

// Each task that somebody opens is a step to come back to; what is chosen in it is not.
let isReady = false;
const addressOf = () => {
  const parts = new URLSearchParams();
  if (state.query) parts.set("q", state.query);
  if (state.failed) parts.set("failed", "1");
  if (state.incomplete) parts.set("incomplete", "1");
  if (state.slower) parts.set("slower", state.slower);
  if (state.sort !== "order") parts.set("sort", state.sort);
  if (state.isLocal) parts.set("time", "local");
  if (state.theme) parts.set("theme", state.theme);
  if (state.task) {
    parts.set("task", state.task.id);
    parts.set("level", levelOf(nodes[state.node]));
  }
  return `#${parts.toString().replaceAll("%2F", "/")}`;
};
// A browser may refuse it for a page that was not loaded from a server; then the page goes on without.
let later = 0;
const setAddress = () => {
  clearTimeout(later);
  later = 0;
  try { history.replaceState(null, "", addressOf()); } catch { /* as said */ }
};
// Browsers count how often it changes, and a key that is held down changes it too often.
const remember = () => { if (isReady && !later) later = setTimeout(setAddress, 150); };
const visit = (task) => {
  if (task === state.task) return;
  setAddress();
  isReady = false;
  open(task);
  isReady = true;
  try { history.pushState(null, "", addressOf()); } catch { /* as said */ }
};
const recall = () => {
  clearTimeout(later);
  later = 0;
  const told = new URLSearchParams(location.hash.slice(1));
  const id = told.get("task");
  const asked = isGiven(id) ? tasks[places.get(id)] : undefined;
  // What a link leads to is shown, whatever else it says.
  byId("notice").textContent = isGiven(id) && !asked ? `This page has no task ${shortened(id, 80)}` : "";
  state.query = told.get("q") ?? "";
  state.failed = told.get("failed") === "1";
  state.incomplete = told.get("incomplete") === "1";
  state.slower = told.get("slower") ?? "";
  state.sort = Object.hasOwn(compare, told.get("sort") ?? "") ? told.get("sort") : "order";
  state.isLocal = told.get("time") === "local";
  state.theme = ["dark", "light"].includes(told.get("theme")) ? told.get("theme") : null;
  byId("search").value = state.query;
  byId("failed").checked = state.failed;
  byId("incomplete").checked = state.incomplete;
  byId("slower").value = state.slower;
  byId("sort").value = state.sort;
  showTheme();
  showZone();
  isReady = false;
  state.task = null;
  if (asked) open(asked, told.get("level"));
  choose();
  isReady = true;
};

const inDetails = () => byId("details").contains(document.activeElement);
const moveBy = (step) => {
  if (byId("task").contains(document.activeElement)) {
    const place = Math.min(visible.length - 1, Math.max(0, visible.indexOf(state.node) + step));
    if (visible[place] !== undefined) select(visible[place]);
    return;
  }
  const place = Math.min(shown.length - 1, Math.max(0, shown.indexOf(state.task) + step));
  if (shown[place] && shown[place] !== state.task) { open(shown[place]); list.show(place); }
};
const sideways = (isIn) => {
  const node = nodes[state.node];
  if (!node) return;
  if (node.inner && folded.has(state.node) === isIn) fold(state.node, !isIn);
  else if (isIn) { if (node.inner) moveBy(1); } else if (node.parent !== null) select(node.parent);
};
const page = () => (byId("task").contains(document.activeElement) ? tree : list).step();
const MOVES = {
  j: () => moveBy(1), k: () => moveBy(-1), ArrowDown: () => moveBy(1), ArrowUp: () => moveBy(-1),
  Home: () => moveBy(-Infinity), End: () => moveBy(Infinity),
  PageDown: () => moveBy(page()), PageUp: () => moveBy(-page()),
};
const IN_TREE = {
  ArrowRight: () => sideways(true), l: () => sideways(true), ArrowLeft: () => sideways(false), h: () => sideways(false),
  Enter: (event) => fold(state.node, !folded.has(state.node), event.shiftKey),
  " ": (event) => fold(state.node, !folded.has(state.node), event.shiftKey),
};
const ANYWHERE = {
  "/": () => { byId("search").focus(); byId("search").select(); },
  n: () => toHit(1), N: () => toHit(-1),
  z: zoomToNode, 0: zoomAll,
  "+": () => zoomBy(0.5, middleOf(nodes[state.node])), "-": () => zoomBy(2, middleOf(nodes[state.node])),
  "?": () => byId("help").showModal(),
};
const of = (keys, key) => (Object.hasOwn(keys, key) ? keys[key] : undefined);
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || byId("help").open) return;
  const { key, target } = event;
  const isSearch = target === byId("search"), isTyping = isSearch || target === byId("slower");
  const isControl = ["SELECT", "BUTTON", "SUMMARY"].includes(target.tagName) || target.type === "checkbox";
  const inTree = byId("tree").contains(document.activeElement);
  if (isTyping) {
    if (key !== "Escape" && key !== "Enter" && !(isSearch && key === "ArrowDown")) return;
    byId("list").focus();
  } else if (key === "Escape") byId("list").focus();
  else if (of(ANYWHERE, key)) of(ANYWHERE, key)();
  else if (isControl) return;
  // What is long in the details is scrolled by the keys that do so everywhere.
  else if (inDetails() && key.length > 1) return;
  else if (of(MOVES, key)) of(MOVES, key)();
  else if (inTree && of(IN_TREE, key)) of(IN_TREE, key)(event);
  else if (key === "Enter" && state.task) byId("tree").focus();
  else return;
  event.preventDefault();
});

byId("list").addEventListener("click", (event) => {
  const row = event.target.closest(".row");
  if (row) visit(shown[row.dataset.place]);
});
byId("tree").addEventListener("click", (event) => {
  const row = event.target.closest(".row");
  if (!row || wasDragged) return;
  const place = visible[row.dataset.place];
  if (event.target.closest(".fold")) fold(place, !folded.has(place), event.shiftKey);
  select(place);
});
const control = (id, kind, take) => byId(id).addEventListener(kind, (event) => { take(event.target); byId("notice").textContent = ""; choose(); });
control("search", "input", (search) => { state.query = search.value; });
control("slower", "input", (slower) => { state.slower = slower.value; });
control("failed", "change", (failed) => { state.failed = failed.checked; });
control("incomplete", "change", (incomplete) => { state.incomplete = incomplete.checked; });
control("sort", "change", (sort) => { state.sort = sort.value; });
byId("fold-all").addEventListener("click", () => foldAll(true));
byId("unfold-all").addEventListener("click", () => foldAll(false));
byId("hit-next").addEventListener("click", () => toHit(1));
byId("hit-previous").addEventListener("click", () => toHit(-1));
byId("copy-id").addEventListener("click", () => copy(state.task.id, byId("copy-id")));
byId("copy-link").addEventListener("click", () => copy(new URL(addressOf(), location.href).href, byId("copy-link")));
byId("keys").addEventListener("click", () => byId("help").showModal());

const root = document.documentElement;
const prefersDark = matchMedia("(prefers-color-scheme: dark)");
const showTheme = () => {
  root.dataset.theme = state.theme ?? (prefersDark.matches ? "dark" : "light");
  byId("theme").textContent = root.dataset.theme === "dark" ? "Light" : "Dark";
};
prefersDark.addEventListener("change", showTheme);
byId("theme").addEventListener("click", () => {
  state.theme = root.dataset.theme === "dark" ? "light" : "dark";
  showTheme();
  remember();
});
const showZone = () => {
  byId("zone").textContent = state.isLocal ? "UTC" : "Local time";
  byId("made").textContent = `made ${moment(about.made, 0, state.isLocal)}`;
};
byId("zone").addEventListener("click", () => {
  state.isLocal = !state.isLocal;
  showZone();
  showHeading();
  list.paint();
  select(state.node);
});

// On paper there is no scrolling, and no dark.
addEventListener("beforeprint", () => { root.dataset.theme = "light"; tree.whole(true); });
addEventListener("afterprint", () => { showTheme(); tree.whole(false); });

addEventListener("hashchange", recall);
byId("names").textContent = plain(about.names);
recall();
// The step back to the beginning leads to what is shown now.
if (!byId("notice").textContent) setAddress();
makeReady(0);
byId("list").focus({ focusVisible: false });
