//! Writes the parts of a message, in colours or without.

use std::io::Write;
use std::time::Duration;

use tasktrail_record::{Place, Severity, Timestamp};

use super::shown;

/// How a part looks: what stands between `ESC [` and `m`.
pub(super) type Style = &'static str;

/// The looks, of the 16 colours that each terminal has.
pub(super) mod style {
    use super::Style;

    pub(in super::super) const PLAIN: Style = "";
    pub(in super::super) const BOLD: Style = "1";
    pub(in super::super) const DIM: Style = "2";
    pub(in super::super) const SUCCEEDED: Style = "32";
    pub(in super::super) const FAILED: Style = "31";
    pub(in super::super) const CANCELLED: Style = "33";
    /// Those of tasks: all but the reds, which are for failures.
    pub(in super::super) const TASKS: [Style; 10] =
        ["32", "33", "34", "35", "36", "92", "93", "94", "95", "96"];
}

/// The digits of a task id that are shown.
const SHORT: usize = 4;

/// So deep a message may stand in its task and still go to the right for it.
const DEEPEST: usize = 16;

/// Writes one message.
pub(super) struct Pen<'a> {
    is_colored: bool,
    /// How many columns to the right the message begins.
    column: usize,
    out: &'a mut Vec<u8>,
}

impl<'a> Pen<'a> {
    pub(super) fn new(is_colored: bool, out: &'a mut Vec<u8>) -> Self {
        Self {
            is_colored,
            column: 0,
            out,
        }
    }

    /// Writes the time of day, in UTC.
    pub(super) fn time(&mut self, time: Timestamp) {
        let since = time.since_epoch();
        let (second, millis) = (since.as_secs() % 86_400, since.subsec_millis());
        let (hours, minutes, seconds) = (second / 3_600, second / 60 % 60, second % 60);
        self.styled(style::DIM, |out| {
            let _ = write!(out, "{hours:02}:{minutes:02}:{seconds:02}.{millis:03}Z");
        });
        self.column = "12:04:31.123Z".len();
    }

    pub(super) fn severity(&mut self, severity: Severity) {
        let style = match severity {
            Severity::Trace => "35",
            Severity::Debug => "34",
            Severity::Info => "32",
            Severity::Warn => "33",
            Severity::Error => "31",
        };
        let name = severity.name();
        self.plain(b" ");
        self.paint(style, name.as_bytes());
        self.spaces(" ERROR ".len() - " ".len() - name.len());
        self.column += " ERROR ".len();
    }

    /// Writes the short id of a task, in a colour that all its messages have.
    pub(super) fn task(&mut self, uuid: &str) {
        let hash = uuid.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        // The last characters alone don't reach all bits.
        let mixed = (hash ^ (hash >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let count = style::TASKS.len() as u64;
        let style = usize::try_from((mixed >> 32) % count)
            .ok()
            .and_then(|at| style::TASKS.get(at))
            .copied()
            .unwrap_or_default();
        self.paint(style, uuid.get(..SHORT).unwrap_or(uuid).as_bytes());
        self.plain(b" ");
        self.column += SHORT + 1;
    }

    /// Leaves the place of the task empty.
    pub(super) fn no_task(&mut self) {
        self.spaces(SHORT + 1);
        self.column += SHORT + 1;
    }

    /// Goes to the right.
    pub(super) fn indent(&mut self, depth: usize) {
        let columns = 2 * depth.min(DEEPEST);
        self.spaces(columns);
        self.column += columns;
    }

    pub(super) fn target(&mut self, target: &[u8]) {
        self.text(style::DIM, target);
        self.paint(style::DIM, b":");
    }

    /// Writes the name of an action or an event.
    pub(super) fn name(&mut self, name: &[u8]) {
        self.text(style::BOLD, name);
    }

    /// Writes how long something took, in a unit in which it is neither long nor zero.
    pub(super) fn duration(&mut self, time: Duration) {
        self.styled(style::DIM, |out| {
            let nanos = time.as_nanos();
            let _ = match nanos {
                0..1_000 => write!(out, "{nanos} ns"),
                1_000..1_000_000 => write!(out, "{} µs", nanos / 1_000),
                1_000_000..1_000_000_000 => {
                    let tenths = nanos / 100_000;
                    write!(out, "{}.{} ms", tenths / 10, tenths % 10)
                }
                _ => {
                    let hundredths = nanos / 10_000_000;
                    write!(out, "{}.{:02} s", hundredths / 100, hundredths % 100)
                }
            };
        });
    }

    pub(super) fn field(&mut self, name: &[u8], value: &[u8]) {
        self.styled(style::DIM, |out| {
            shown::name(name, out);
            out.push(b'=');
        });
        shown::value(value, self.out);
    }

    /// Writes a field whose text has several lines on lines of its own.
    pub(super) fn long_field(&mut self, name: &[u8], value: &[u8]) {
        self.continue_line();
        self.styled(style::DIM, |out| {
            shown::name(name, out);
            out.push(b'=');
        });
        self.column += 2;
        self.rest(shown::content(value));
        self.column -= 2;
    }

    /// Writes where in its task a message stands.
    pub(super) fn place(&mut self, place: &Place<'_>) {
        self.plain(b"  ");
        self.styled(style::DIM, |out| {
            out.push(b'/');
            let slash = |byte| if byte == b',' { b'/' } else { byte };
            out.extend(place.action.bytes().map(slash));
            let _ = write!(out, "{}", place.number);
        });
    }

    /// Writes the first line of an escaped text, and gives those after it.
    pub(super) fn first<'t>(&mut self, escaped: &'t [u8]) -> &'t [u8] {
        let (first, rest) = shown::first_line(escaped);
        shown::text(first, self.out);
        rest
    }

    /// Writes the lines of an escaped text below the first of the message.
    pub(super) fn rest(&mut self, mut escaped: &[u8]) {
        while !escaped.is_empty() {
            let (line, rest) = shown::first_line(escaped);
            self.continue_line();
            shown::text(line, self.out);
            escaped = rest;
        }
    }

    /// Begins another line of the same message: never at the margin, where messages begin.
    pub(super) fn continue_line(&mut self) {
        self.plain(b"\n");
        self.spaces(self.column + 2);
    }

    /// Writes an escaped text.
    pub(super) fn text(&mut self, style: Style, escaped: &[u8]) {
        self.styled(style, |out| shown::text(escaped, out));
    }

    /// Writes bytes that hold nothing that a terminal obeys.
    pub(super) fn paint(&mut self, style: Style, bytes: &[u8]) {
        self.styled(style, |out| out.extend_from_slice(bytes));
    }

    pub(super) fn plain(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }

    fn spaces(&mut self, columns: usize) {
        self.out.resize(self.out.len() + columns, b' ');
    }

    fn styled(&mut self, style: Style, write: impl FnOnce(&mut Vec<u8>)) {
        let is_on = self.is_colored && !style.is_empty();
        if is_on {
            self.plain(b"\x1b[");
            self.plain(style.as_bytes());
            self.plain(b"m");
        }
        write(self.out);
        if is_on {
            self.plain(b"\x1b[0m");
        }
    }
}
