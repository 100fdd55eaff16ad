// Lists and trees of any length: only the rows that are seen are in the document.

// No browser makes an element as high as it is told beyond this; then a step of the scroll bar is
// more than a row.
const HIGHEST = 8e6;
const PRINTED = 5000;

const rowsIn = (scroller, height, draw) => {
  const spacer = scroller.firstElementChild;
  let length = 0;
  let isWhole = false;
  const drawn = () => Math.min(length * height, HIGHEST);
  // How far the rows stand above where they would without that limit.
  const lifted = () => {
    const room = drawn() - scroller.clientHeight;
    return room > 0 ? (length * height - drawn()) * (scroller.scrollTop / room) : 0;
  };
  const paint = () => {
    const lift = lifted(), top = scroller.scrollTop + lift;
    const first = isWhole ? 0 : Math.max(0, Math.floor(top / height) - 8);
    const last = Math.min(length, isWhole ? PRINTED : Math.ceil((top + scroller.clientHeight) / height) + 8);
    const rows = [];
    for (let place = first; place < last; place += 1) {
      const row = draw(place);
      row.classList.add("row");
      row.style.top = `${place * height - lift}px`;
      row.dataset.place = place;
      rows.push(row);
    }
    if (isWhole && length > PRINTED) rows.push(element("p", "empty", `and ${count(length - PRINTED, "more row")}`));
    spacer.replaceChildren(...rows);
  };
  scroller.addEventListener("scroll", () => requestAnimationFrame(paint), { passive: true });
  new ResizeObserver(paint).observe(scroller);
  return {
    paint,
    resize: (rows) => { length = rows; spacer.style.height = `${drawn()}px`; paint(); },
    show: (place) => {
      const view = scroller.clientHeight, top = place * height, seen = scroller.scrollTop + lifted();
      const stretch = length * height > HIGHEST ? (drawn() - view) / (length * height - view) : 1;
      if (top < seen) scroller.scrollTop = top * stretch;
      else if (top + height > seen + view) scroller.scrollTop = Math.ceil((top + height - view) * stretch);
      paint();
    },
    /// How many rows are seen at once.
    step: () => Math.max(1, Math.floor(scroller.clientHeight / height) - 1),
    whole: (is) => { isWhole = is; paint(); },
  };
};
