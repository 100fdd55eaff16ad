"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const about = JSON.parse(byId("about").textContent);
  const tasks = JSON.parse(byId("summaries").textContent);
  const trees = byId("trees").textContent.split("\n");
  tasks.forEach((task, place) => { task.place = place; });

  // Whatever a log says is put in as a text, never as HTML.
  const element = (tag, className, ...children) => {
    const made = document.createElement(tag);
    if (className) made.className = className;
    made.append(...children.filter((child) => child !== null && child !== undefined));
    return made;
  };

  const duration = (seconds) => {
    if (seconds === undefined) return "";
    const sign = seconds < 0 ? "-" : "";
    const micros = Math.round(Math.abs(seconds) * 1e6);
    const two = (number) => String(number).padStart(2, "0");
    if (micros < 1e3) return `${sign}${micros} µs`;
    if (micros < 9950) return `${sign}${(micros / 1e3).toFixed(1)} ms`;
    if (micros < 999500) return `${sign}${(micros / 1e3).toFixed(0)} ms`;
    if (micros < 9995000) return `${sign}${(micros / 1e6).toFixed(2)} s`;
    if (micros < 59950000) return `${sign}${(micros / 1e6).toFixed(1)} s`;
    const whole = Math.round(micros / 1e6);
    const minutes = Math.floor(whole / 60), hours = Math.floor(minutes / 60), days = Math.floor(hours / 24);
    if (hours === 0) return `${sign}${minutes} m ${two(whole % 60)} s`;
    if (days === 0) return `${sign}${hours} h ${two(minutes % 60)} m`;
    return `${sign}${days} d ${two(hours % 24)} h`;
  };
  const moment = (seconds, digits) => {
    if (seconds === undefined) return "";
    const whole = Math.floor(seconds);
    const date = new Date(whole * 1000);
    if (Number.isNaN(date.getTime())) return String(seconds);
    const text = date.toISOString().slice(0, 19).replace("T", " ");
    const fraction = Math.min(Math.round((seconds - whole) * 10 ** digits), 10 ** digits - 1);
    return `${text}${digits ? "." + String(fraction).padStart(digits, "0") : ""}Z`;
  };
  const count = (number, thing) => `${number.toLocaleString("en")} ${thing}${number === 1 ? "" : "s"}`;

  // Only the rows that are seen are in the document.
  const rowsIn = (scroller, height, draw) => {
    const spacer = scroller.firstElementChild;
    let length = 0;
    const paint = () => {
      const first = Math.max(0, Math.floor(scroller.scrollTop / height) - 8);
      const last = Math.min(length, Math.ceil((scroller.scrollTop + scroller.clientHeight) / height) + 8);
      const rows = [];
      for (let place = first; place < last; place += 1) {
        const row = draw(place);
        row.classList.add("row");
        row.style.top = `${place * height}px`;
        row.dataset.place = place;
        rows.push(row);
      }
      spacer.replaceChildren(...rows);
    };
    scroller.addEventListener("scroll", () => requestAnimationFrame(paint), { passive: true });
    new ResizeObserver(paint).observe(scroller);
    return {
      paint,
      resize: (rows) => { length = rows; spacer.style.height = `${rows * height}px`; paint(); },
      show: (place) => {
        const top = place * height, view = scroller.clientHeight;
        if (top < scroller.scrollTop) scroller.scrollTop = top;
        else if (top + height > scroller.scrollTop + view) scroller.scrollTop = top + height - view;
        paint();
      },
    };
  };

  // The state of the page, which is in its address too.
  const state = { task: null, query: "", failed: false, sort: "order", node: 0 };
  let shown = [];
  let nodes = [];
  let visible = [];
  let folded = new Set();

  const nodesOf = (task) => JSON.parse(trees[task.place]);
  let texts = null;
  const textOfNode = (node) => {
    const parts = [node.name, node.place];
    for (const [key, value] of [...(node.fields ?? []), ...(node.ending ?? [])]) parts.push(key, value);
    if (node.cause) parts.push(...Object.values(node.cause).flat());
    return parts.filter(Boolean).join("\n").toLowerCase();
  };
  const textsOfTasks = () => {
    texts ??= tasks.map((task) => `${task.id}\n`.toLowerCase() + nodesOf(task).map(textOfNode).join("\n"));
    return texts;
  };
  const words = () => state.query.toLowerCase().split(/\s+/).filter(Boolean);

  const list = rowsIn(byId("list"), 54, (place) => {
    const task = shown[place];
    const facts = [moment(task.start, 0), count(task.messages, "message")];
    const marks = element("span", "marks number");
    if (task.failed) marks.append(element("span", "is-failed", `${task.failed} failed`));
    else if (task.incomplete) marks.append(element("span", "is-open", "incomplete"));
    const row = element("div", "",
      element("div", "", element("span", "name", task.name), element("span", "number", duration(task.seconds))),
      element("div", "", element("span", "facts", facts.filter(Boolean).join(" · ")), marks));
    row.id = `task-${task.place}`;
    row.setAttribute("role", "option");
    row.setAttribute("aria-selected", task === state.task);
    row.setAttribute("aria-setsize", shown.length);
    row.setAttribute("aria-posinset", place + 1);
    return row;
  });

  const compare = {
    order: (one, other) => one.place - other.place,
    start: (one, other) => (one.start ?? Infinity) - (other.start ?? Infinity),
    seconds: (one, other) => (other.seconds ?? -1) - (one.seconds ?? -1),
    name: (one, other) => one.name.localeCompare(other.name),
    failed: (one, other) => other.failed - one.failed,
    messages: (one, other) => other.messages - one.messages,
  };
  const choose = () => {
    const wanted = words();
    const found = wanted.length ? textsOfTasks() : null;
    shown = tasks.filter((task) => (!state.failed || task.failed > 0)
      && (!found || wanted.every((word) => found[task.place].includes(word))));
    // Infinity - Infinity is no number; what is equal stays in the order in which it was read.
    shown.sort((one, other) => compare[state.sort](one, other) || one.place - other.place);
    byId("count").textContent = shown.length === tasks.length
      ? count(tasks.length, "task")
      : `${shown.length.toLocaleString("en")} of ${count(tasks.length, "task")}`;
    list.resize(shown.length);
    if (!shown.includes(state.task)) open(shown[0] ?? null);
    else { list.show(shown.indexOf(state.task)); tree.paint(); }
    remember();
  };

  // The moments between which the bars of the open task stand.
  let first = 0, whole = 0;
  const part = (seconds) => (whole > 0 ? Math.min(1, Math.max(0, (seconds - first) / whole)) * 100 : 0);
  const open = (task) => {
    state.task = task;
    state.node = 0;
    folded = new Set();
    nodes = task ? nodesOf(task) : [];
    const around = [];
    first = Infinity;
    let last = -Infinity;
    nodes.forEach((node, place) => {
      around.length = node.depth;
      node.parent = around.at(-1) ?? null;
      around.push(place);
      if (node.parent !== null) nodes[node.parent].hasInner = true;
      for (const seconds of [node.start, node.end]) {
        if (seconds === undefined) continue;
        first = Math.min(first, seconds);
        last = Math.max(last, seconds);
      }
      node.isEarly = node.parent !== null && node.start < nodes[node.parent].start;
    });
    whole = last > first ? last - first : 0;
    // Who opens a task that failed wants to know why: the innermost first action that did.
    let why = nodes.findIndex((node) => node.status === "failed");
    for (let place = why + 1; why >= 0 && place < nodes.length && nodes[place].depth > nodes[why].depth; place += 1) {
      if (nodes[place].status === "failed") why = place;
    }
    state.node = Math.max(0, why);

    byId("task-name").textContent = task ? task.name : "No task";
    byId("task-id").textContent = task ? task.id : "";
    const facts = byId("task-facts");
    facts.replaceChildren();
    if (task) {
      const told = [moment(task.start, 3), duration(task.seconds), count(task.actions, "action"), count(task.messages, "message")];
      facts.append(told.filter(Boolean).join(" · "));
      if (task.failed) facts.append(" · ", element("span", "is-failed", `${task.failed} failed`));
      if (task.incomplete) facts.append(" · ", element("span", "is-open", "incomplete"));
    }
    const ticks = whole > 0 ? [0, 0.25, 0.5, 0.75, 1] : [0];
    byId("ticks").replaceChildren(...ticks.map((share) => {
      const tick = element("span", "", share === 0 ? "0" : duration(whole * share));
      tick.style.left = `${share * 100}%`;
      return tick;
    }));
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
  const fold = (place, isFolded) => {
    if (!nodes[place]?.hasInner) return;
    if (isFolded) folded.add(place); else folded.delete(place);
    unfold();
  };

  const look = (node) => {
    if (node.status === "failed" || node.severity === "bad" || (!node.status && node.cause)) return "is-failed";
    if (node.status === "unfinished" || node.severity === "doubtful") return "is-open";
    return node.status ? "is-good" : "";
  };
  const signs = { succeeded: "✓", failed: "✗", unfinished: "?" };
  const barOf = (node) => {
    const time = element("span", "time");
    const begin = node.start ?? node.end;
    if (begin === undefined) return time;
    const bar = element("span", node.status ? "bar" : "tick");
    const style = look(node);
    if (style && style !== "is-good") bar.classList.add(style);
    if (!node.status) bar.style.left = `calc(${part(begin)}% - ${part(begin) / 50}px)`;
    else {
      const end = node.status === "unfinished" ? first + whole : Math.max(node.end ?? begin, begin);
      bar.style.left = `min(${part(begin)}%, 100% - 2px)`;
      bar.style.width = `${part(end) - part(begin)}%`;
    }
    time.append(bar);
    return time;
  };
  const took = (node) => {
    if (!node.status) return "";
    if (node.status === "unfinished") return "unfinished";
    return node.start === undefined || node.end === undefined ? "?" : duration(node.end - node.start);
  };

  const tree = rowsIn(byId("tree"), 28, (row) => {
    const place = visible[row];
    const node = nodes[place];
    const guides = element("span", "guides");
    guides.style.width = `${Math.min(node.depth, 16) * 16}px`;
    const sign = element("span", `sign ${look(node)}`, signs[node.status] ?? "·");
    const folding = element("span", "fold", node.hasInner ? (folded.has(place) ? "▶" : "▼") : "");
    const preview = [...(node.fields ?? []), ...(node.ending ?? [])]
      .filter(([key]) => !["service", "logger", "log_level"].includes(key)).slice(0, 8)
      .map(([key, value]) => `${key}=${value.slice(0, 80)}`).join("  ");
    const what = element("span", "what", guides, folding, sign,
      element("span", `name ${look(node) === "is-good" ? "" : look(node)}`, node.depth > 16 ? `⋯${node.depth} ${node.name}` : node.name),
      node.isEarly ? element("span", "is-open early", "!") : null,
      node.changed ? element("span", "place", node.changed) : null,
      element("span", "preview", preview));
    if (node.isEarly) what.title = "begins before what is around it: by another clock, or one that was set back";
    const made = element("div", node.status ? "action" : "message", what, barOf(node), element("span", "duration number", took(node)));
    const wanted = words();
    if (wanted.length && wanted.some((word) => textOfNode(node).includes(word))) made.classList.add("is-hit");
    made.id = `node-${place}`;
    made.setAttribute("role", "treeitem");
    made.setAttribute("aria-level", node.depth + 1);
    made.setAttribute("aria-selected", place === state.node);
    if (node.hasInner) made.setAttribute("aria-expanded", !folded.has(place));
    return made;
  });

  const table = (fields, title) => {
    if (!fields) return [];
    const rows = fields.map(([key, value]) => {
      const head = element("th", "", key);
      head.scope = "row";
      return element("tr", "", head, element("td", "value", value));
    });
    return [element("h4", "", title), element("table", "fields", element("tbody", "", ...rows))];
  };
  const levelOf = (node) => {
    const numbers = [];
    for (let step = node; step && step.parent !== null; step = nodes[step.parent]) numbers.push(step.number);
    return `/${numbers.reverse().join("/")}`;
  };
  const placeOf = (node) => {
    for (let step = node; step; step = step.parent === null ? null : nodes[step.parent]) if (step.place) return step.place;
    return "";
  };
  const causeOf = (cause) => {
    // Some schemas have the reason at the end of the exception already.
    const exception = [cause.exception].flat().join(", ").trimEnd();
    const reason = exception !== cause.reason && exception.endsWith(`: ${cause.reason}`) ? "" : cause.reason;
    const box = element("div", "cause", element("p", "value", [exception, reason].filter(Boolean).join(": ")));
    if (cause.exception_location) box.append(element("p", "value", `at ${cause.exception_location}`));
    for (const source of [cause.exception_sources ?? []].flat()) box.append(element("p", "value", `caused by: ${source}`));
    if (cause.exception_backtrace) {
      const trace = element("details", "", element("summary", "", "Backtrace"), element("pre", "", [cause.exception_backtrace].flat().join("\n")));
      trace.open = true;
      box.append(trace);
    }
    return box;
  };
  const select = (place) => {
    state.node = place;
    const node = nodes[place];
    const details = byId("details");
    if (!node) { details.replaceChildren(element("p", "empty", "Nothing fits the search and the filter.")); return; }
    const status = node.status ?? "message";
    const offset = node.start !== undefined && whole > 0 ? `${duration(node.start - first)} after the first line` : "";
    const facts = [moment(node.start, 6), offset, took(node) === "unfinished" ? "" : took(node), placeOf(node), levelOf(node)];
    details.replaceChildren(
      element("h3", "", node.name, element("span", look(node), status)),
      element("p", "facts", facts.filter(Boolean).join(" · ")),
      ...(node.cause ? [causeOf(node.cause)] : []),
      ...(node.missing ? [element("p", "note", `missing: ${node.missing}`)] : []),
      ...(node.isEarly ? [element("p", "note", "begins before what is around it: by another clock, or one that was set back")] : []),
      ...table(node.fields, node.status ? "Fields" : "Fields of the message"),
      ...table(node.ending, "Fields of the end"));
    details.scrollTop = 0;
    byId("tree").setAttribute("aria-activedescendant", `node-${place}`);
    tree.show(visible.indexOf(place));
    remember();
  };

  let isReady = false;
  const remember = () => {
    if (!isReady) return;
    const parts = new URLSearchParams();
    if (state.query) parts.set("q", state.query);
    if (state.failed) parts.set("failed", "1");
    if (state.sort !== "order") parts.set("sort", state.sort);
    if (state.task) { parts.set("task", state.task.place + 1); parts.set("node", state.node); }
    // A browser may refuse it for a page that was not loaded from a server.
    try { history.replaceState(null, "", `#${parts}`); } catch { isReady = false; }
  };

  const moveBy = (step) => {
    if (byId("task").contains(document.activeElement)) {
      const next = visible[visible.indexOf(state.node) + step];
      if (next !== undefined) select(next);
      return;
    }
    const place = Math.min(shown.length - 1, Math.max(0, shown.indexOf(state.task) + step));
    if (shown[place] && shown[place] !== state.task) { open(shown[place]); list.show(place); }
  };
  const sideways = (isIn) => {
    const node = nodes[state.node];
    if (!node) return;
    if (node.hasInner && folded.has(state.node) === isIn) { fold(state.node, !isIn); tree.show(visible.indexOf(state.node)); }
    else if (isIn) moveBy(1);
    else if (node.parent !== null) select(node.parent);
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const isTyping = event.target === byId("search");
    const isControl = ["SELECT", "BUTTON", "SUMMARY"].includes(event.target.tagName) || event.target.type === "checkbox";
    const inTree = byId("tree").contains(document.activeElement);
    const key = event.key;
    if (isTyping && !["Escape", "Enter", "ArrowDown"].includes(key)) return;
    if (isControl && key !== "/" && key !== "Escape") return;
    if (isTyping || key === "Escape") byId("list").focus();
    else if (key === "/") byId("search").focus();
    else if (key === "j" || key === "ArrowDown") moveBy(1);
    else if (key === "k" || key === "ArrowUp") moveBy(-1);
    else if (key === "Home") moveBy(-Infinity);
    else if (key === "End") moveBy(Infinity);
    else if (inTree && (key === "ArrowRight" || key === "l")) sideways(true);
    else if (inTree && (key === "ArrowLeft" || key === "h")) sideways(false);
    else if (inTree && key === "Enter") { fold(state.node, !folded.has(state.node)); tree.show(visible.indexOf(state.node)); }
    else if (key === "Enter" && state.task) byId("tree").focus();
    else return;
    event.preventDefault();
  });

  byId("list").addEventListener("click", (event) => {
    const row = event.target.closest(".row");
    if (row) open(shown[row.dataset.place]);
  });
  byId("tree").addEventListener("click", (event) => {
    const row = event.target.closest(".row");
    if (!row) return;
    const place = visible[row.dataset.place];
    if (event.target.closest(".fold")) fold(place, !folded.has(place));
    select(place);
  });
  byId("search").addEventListener("input", (event) => { state.query = event.target.value; choose(); });
  byId("failed").addEventListener("change", (event) => { state.failed = event.target.checked; choose(); });
  byId("sort").addEventListener("change", (event) => { state.sort = event.target.value; choose(); });

  const root = document.documentElement;
  const paintIn = (theme) => {
    root.dataset.theme = theme;
    byId("theme").textContent = theme === "dark" ? "Light" : "Dark";
  };
  const prefersDark = matchMedia("(prefers-color-scheme: dark)");
  let theme = null;
  paintIn(prefersDark.matches ? "dark" : "light");
  prefersDark.addEventListener("change", () => { if (!theme) paintIn(prefersDark.matches ? "dark" : "light"); });
  byId("theme").addEventListener("click", () => {
    theme = root.dataset.theme === "dark" ? "light" : "dark";
    paintIn(theme);
  });

  byId("names").textContent = about.names;
  byId("made").textContent = `made ${about.made}`;
  const told = new URLSearchParams(location.hash.slice(1));
  state.query = told.get("q") ?? "";
  state.failed = told.get("failed") === "1";
  state.sort = Object.hasOwn(compare, told.get("sort") ?? "") ? told.get("sort") : "order";
  byId("search").value = state.query;
  byId("failed").checked = state.failed;
  byId("sort").value = state.sort;
  const asked = tasks[Number(told.get("task")) - 1];
  if (asked) open(asked);
  choose();
  if (asked && state.task === asked && nodes[told.get("node")]) select(Number(told.get("node")));
  if (told.get("theme")) paintIn(told.get("theme") === "dark" ? "dark" : "light");
  isReady = true;
  byId("list").focus();
})();
