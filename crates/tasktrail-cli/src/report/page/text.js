// How a log's texts and moments are shown.
const byId = (id) => document.getElementById(id);
const isGiven = (thing) => thing !== null && thing !== undefined;

// Whatever a log says is put in as a text, never as HTML.
const element = (tag, className, ...children) => {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...children.filter(isGiven));
  return made;
};
const button = (className, text, name, act) => {
  const made = element("button", className, text);
  made.type = "button";
  made.setAttribute("aria-label", name);
  made.title = name;
  made.addEventListener("click", act);
  return made;
};

// What can't be seen, or turns the direction of the line around, is shown by its number: a text
// must not look like another one.
const UNSEEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;
const plain = (text) => text.replaceAll("\r\n", "\n")
  .replace(UNSEEN, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
const cut = (text, length) => {
  const isHalf = /[\ud800-\udbff]/.test(text.charAt(length - 1));
  return text.slice(0, isHalf ? length - 1 : length);
};
const shortened = (text, length) => (text.length > length ? `${plain(cut(text, length))}…` : plain(text));

const count = (number, thing) => `${number.toLocaleString("en")} ${thing}${number === 1 ? "" : "s"}`;

const duration = (seconds) => {
  if (seconds === undefined) return "";
  if (!Number.isFinite(seconds)) return "?";
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
// Reads what --slower reads, as far as it is one number and its unit.
const UNITS = { us: 1e-6, "µs": 1e-6, ms: 1e-3, s: 1, m: 60, min: 60, h: 3600 };
const secondsOf = (text) => {
  const found = /^(\d+(?:\.\d+)?)\s*(us|µs|ms|s|m|min|h)$/.exec(text.trim());
  return found ? Number(found[1]) * UNITS[found[2]] : undefined;
};

// A moment in UTC, or in the time zone of whoever looks, which it then says.
const moment = (seconds, digits, isLocal) => {
  if (seconds === undefined) return "";
  const whole = Math.floor(seconds);
  const date = new Date(whole * 1000);
  if (Number.isNaN(date.getTime())) return `${seconds} s after 1970`;
  const ahead = isLocal ? -Math.round(date.getTimezoneOffset()) : 0;
  const shifted = new Date(date.getTime() + ahead * 60000);
  if (Number.isNaN(shifted.getTime())) return `${seconds} s after 1970`;
  const text = shifted.toISOString().replace("T", " ").replace(/\.\d+Z$/, "");
  const fraction = Math.min(Math.round((seconds - whole) * 10 ** digits), 10 ** digits - 1);
  const two = (number) => String(number).padStart(2, "0");
  const minutes = Math.abs(ahead);
  const zone = isLocal ? `${ahead < 0 ? "-" : "+"}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}` : "Z";
  return `${text}${digits ? "." + String(fraction).padStart(digits, "0") : ""}${zone}`;
};

const copy = async (text, from) => {
  let isCopied = true;
  try { await navigator.clipboard.writeText(text); } catch {
    // A page from a file may have no clipboard, but for what is selected in it.
    const area = element("textarea", "unseen");
    area.value = text;
    document.body.append(area);
    area.select();
    isCopied = document.execCommand("copy");
    area.remove();
    from.focus();
  }
  byId("said").textContent = isCopied ? "copied" : "can't be copied";
  from.classList.add(isCopied ? "is-copied" : "is-refused");
  setTimeout(() => { from.classList.remove("is-copied", "is-refused"); byId("said").textContent = ""; }, 1500);
};
