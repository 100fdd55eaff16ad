// What is known of the chosen action or message.

// A value of megabytes would take seconds to lay out, so more of it comes when it is asked for.
const LONG = 10000, MORE = 100000;
const textCell = (tag, className, value) => {
  const cell = element(tag, className);
  const show = (length) => {
    cell.replaceChildren(value.length > length ? plain(cut(value, length)) : plain(value));
    if (value.length <= length) return;
    const left = value.length - length;
    const text = `Show ${Math.min(left, MORE).toLocaleString("en")} more of ${count(value.length, "character")}`;
    cell.append("… ", button("more", text, text, () => show(length + MORE)));
  };
  show(LONG);
  return cell;
};
const copyButton = (text, what) => {
  const made = button(`copy ${what === "position" ? what : ""}`, "", `Copy ${what}`, () => copy(text, made));
  return made;
};
const table = (fields, title) => {
  if (!fields) return [];
  const wanted = words();
  const rows = fields.map(([key, value]) => {
    const head = textCell("th", key.length > 40 || key.includes("\n") ? "long" : "", key);
    head.scope = "row";
    const told = wanted.length ? fieldText(key, value).toLowerCase() : "";
    return element("tr", wanted.some((word) => told.includes(word)) ? "is-hit" : "",
      head, textCell("td", "value", value), element("td", "tool", copyButton(value, shortened(key, 80))));
  });
  return [element("h4", "", title), element("table", "fields", element("tbody", "", ...rows))];
};
const placeOf = (node) => {
  for (let step = node; step; step = step.parent === null ? null : nodes[step.parent]) if (step.place) return step.place;
  return "";
};
const causeOf = (cause) => {
  // Some schemas have the reason at the end of the exception already.
  const exception = [cause.exception].flat().join(", ").trimEnd();
  const reason = exception !== cause.reason && exception.endsWith(`: ${cause.reason}`) ? "" : cause.reason;
  const box = element("div", "cause", textCell("p", "value", [exception, reason].filter(Boolean).join(": ")));
  if (cause.exception_location) box.append(textCell("p", "value", `at ${cause.exception_location}`));
  for (const source of [cause.exception_sources ?? []].flat()) box.append(textCell("p", "value", `caused by: ${source}`));
  if (cause.exception_backtrace) {
    const text = [cause.exception_backtrace].flat().join("\n");
    const trace = element("details", "", element("summary", "", "Backtrace"), textCell("pre", "", text));
    trace.open = true;
    box.append(copyButton(text, "backtrace"), trace);
  }
  return box;
};
const saidOf = (said) => {
  const function_ = said.function && said.source ? `in ${said.function}` : said.function;
  const told = [said.level, said.logger, said.source, function_].filter(Boolean).map((text) => shortened(text, 300));
  return element("p", "facts said", told.join(" · "));
};
const select = (place) => {
  state.node = place;
  const node = nodes[place];
  const details = byId("details");
  showHit();
  if (!node) {
    const why = tasks.length ? "Nothing fits the search and the filter." : "There are no tasks in this page.";
    details.replaceChildren(element("p", "empty", why));
    byId("tree").removeAttribute("aria-activedescendant");
    return;
  }
  const status = node.status ?? "message";
  const offset = node.start !== undefined && whole > 0 ? `${duration(node.start - first)} after the first line` : "";
  const lasted = { unfinished: "", "?": "no duration" };
  const facts = [moment(node.start, 6, state.isLocal), offset, lasted[took(node)] ?? took(node), shortened(placeOf(node), 300), shortened(levelOf(node), 300)];
  details.replaceChildren(
    element("h3", "", element("span", "title", shortened(node.name, 150)), element("span", look(node), status),
      copyButton(`${state.task.id}@${levelOf(node)}`, "position")),
    element("p", "facts", facts.filter(Boolean).join(" · ")),
    ...(node.said ? [saidOf(node.said)] : []),
    ...(node.cause ? [causeOf(node.cause)] : []),
    ...(node.missing ? [element("p", "note", `missing: ${node.missing}`)] : []),
    ...(node.isEarly ? [element("p", "note", EARLY)] : []),
    ...(node.name.length > 150 ? table([["name", node.name]], "Name") : []),
    ...table(node.fields, node.status ? "Fields" : "Fields of the message"),
    ...table(node.ending, "Fields of the end"));
  details.scrollTop = 0;
  byId("tree").setAttribute("aria-activedescendant", `node-${place}`);
  tree.show(visible.indexOf(place));
  remember();
};
