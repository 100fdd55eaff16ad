// Which part of the open task's time is in view.

// How long after the first line, as exactly as steps of that length need it.
const afterFirst = (seconds, step) => {
  const [unit, name] = seconds >= 1 ? [1, "s"] : seconds >= 1e-3 ? [1e-3, "ms"] : [1e-6, "µs"];
  const digits = Math.min(6, Math.max(0, 1 - Math.floor(Math.log10(step / unit))));
  return seconds >= 60 && step >= 1 ? duration(seconds) : `${(seconds / unit).toFixed(digits)} ${name}`;
};
const showTicks = () => {
  const ticks = span > 0 ? [0, 0.25, 0.5, 0.75, 1] : [0];
  byId("ticks").replaceChildren(...ticks.map((share) => {
    const at = from - first + span * share;
    const tick = element("span", "", at === 0 ? "0" : afterFirst(at, span / 4));
    tick.style.left = `${share * 100}%`;
    return tick;
  }));
  byId("zoom-out").disabled = !(span < whole);
};
// Shows the moments between, at least a few that the clocks can tell apart, at most all.
const zoom = (begin, end) => {
  if (!(whole > 0)) return;
  const least = Math.min(whole, Math.max(1e-6, whole / 1e6));
  const wanted = Math.min(whole, Math.max(least, end - begin));
  from = Math.min(Math.max(begin, first), first + whole - wanted);
  span = wanted;
  if (span >= whole) { from = first; span = whole; }
  showTicks();
  tree.paint();
};
const zoomAll = () => zoom(first, first + whole);
const zoomBy = (factor, around) => zoom(around - (around - from) * factor, around + (from + span - around) * factor);
const middleOf = (node) => {
  const begin = node?.start ?? node?.end;
  const middle = begin === undefined ? from + span / 2 : (begin + (node.end ?? begin)) / 2;
  return middle < from || middle > from + span ? from + span / 2 : middle;
};
const zoomToNode = () => {
  const node = nodes[state.node];
  const begin = node?.start ?? node?.end;
  if (begin === undefined) return;
  const end = Math.max(begin, node.status === "unfinished" ? first + whole : node.end ?? begin);
  const room = (end - begin || whole / 50) * 0.05;
  zoom(begin - room, end + room);
};

const chart = byId("chart");
const isInTime = (event) => {
  const { left, right, width } = byId("ticks").getBoundingClientRect();
  return width > 0 && event.clientX >= left && event.clientX <= right;
};
const momentAt = (x) => {
  const { left, width } = byId("ticks").getBoundingClientRect();
  return from + span * Math.min(1, Math.max(0, (x - left) / width));
};
const inChart = (x) => {
  const { left, right } = byId("ticks").getBoundingClientRect();
  return Math.min(right, Math.max(left, x)) - chart.getBoundingClientRect().left;
};
let dragged = null, wasDragged = false;
// The rows are new after a click, and a browser sees two clicks on two things.
let clicked = { when: -Infinity, x: 0 };
chart.addEventListener("pointerdown", (event) => {
  wasDragged = false;
  if (event.button === 0 && event.pointerType !== "touch" && isInTime(event)) dragged = event.clientX;
});
addEventListener("pointermove", (event) => {
  const cursor = byId("cursor"), range = byId("range");
  const isOver = span > 0 && chart.contains(event.target) && isInTime(event);
  cursor.hidden = !isOver || event.pointerType === "touch";
  cursor.style.left = `${inChart(event.clientX)}px`;
  byId("cursor-time").textContent = isOver ? afterFirst(momentAt(event.clientX) - first, span / 100) : "";
  if (dragged === null || Math.abs(event.clientX - dragged) < 4) { range.hidden = true; return; }
  wasDragged = true;
  const ends = [inChart(dragged), inChart(event.clientX)].sort((one, other) => one - other);
  range.hidden = false;
  range.style.left = `${ends[0]}px`;
  range.style.width = `${ends[1] - ends[0]}px`;
});
addEventListener("pointerup", (event) => {
  if (dragged !== null && wasDragged) {
    const ends = [momentAt(dragged), momentAt(event.clientX)].sort((one, other) => one - other);
    zoom(ends[0], ends[1]);
  } else if (dragged !== null) {
    const isSecond = event.timeStamp - clicked.when < 500 && Math.abs(event.clientX - clicked.x) < 4;
    clicked = { when: isSecond ? -Infinity : event.timeStamp, x: event.clientX };
    if (isSecond) zoomAll();
  }
  dragged = null;
  byId("range").hidden = true;
});
chart.addEventListener("wheel", (event) => {
  if (!isInTime(event)) return;
  const aside = event.shiftKey && !event.deltaX ? event.deltaY : event.deltaX;
  if (event.ctrlKey) zoomBy(event.deltaY > 0 ? 1.25 : 0.8, momentAt(event.clientX));
  else if (span < whole && Math.abs(aside) >= Math.abs(event.shiftKey ? 0 : event.deltaY)) {
    const step = span * Math.sign(aside) * 0.1;
    zoom(from + step, from + span + step);
  } else return;
  event.preventDefault();
}, { passive: false });
byId("zoom-in").addEventListener("click", () => zoomToNode());
byId("zoom-out").addEventListener("click", zoomAll);
