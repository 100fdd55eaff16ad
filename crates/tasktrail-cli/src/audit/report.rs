//! Prints what an audit has found.

use std::io::{self, Write};

use tasktrail_record::{Finding, Report, TaskLevel, encode};

use super::bad_lines::{BadLine, ToldLines};
use super::findings::{Findings, KINDS, Sorted};
use super::workers::Read;
use crate::input::Input;
use crate::outcome::Outcome;
use crate::spill::SpillError;
use crate::tell::tell;
use crate::text::visible;

/// What was found in all logs, but for the findings themselves.
pub(super) struct Found<'i> {
    inputs: &'i [Input],
    lines: ToldLines,
    report: Report,
    /// How many findings there are of each of the [`KINDS`].
    counts: [u64; KINDS.len()],
    unplaced: u64,
}

/// Why not all was printed.
pub(super) enum NotPrinted {
    Out(io::Error),
    Spill(SpillError),
}

impl From<io::Error> for NotPrinted {
    fn from(error: io::Error) -> Self {
        Self::Out(error)
    }
}

impl From<SpillError> for NotPrinted {
    fn from(error: SpillError) -> Self {
        Self::Spill(error)
    }
}

/// The kind of a line that says nothing about a task.
const NOT_A_RECORD: &str = "not-a-record";

impl<'i> Found<'i> {
    /// Tells what happened to logs; gives the findings to be printed.
    pub(super) fn new<'s>(
        inputs: &'i [Input],
        read: Read<'s>,
        outcome: &mut Outcome,
    ) -> (Self, Findings<'s>) {
        let lines = read.lines.told(outcome);
        let found = Self {
            inputs,
            lines,
            report: read.report,
            counts: read.findings.counts(),
            unplaced: read.unplaced,
        };
        if found.counts.iter().any(|count| *count > 0) {
            outcome.worsen(Outcome::Found);
        }
        for trouble in &found.lines.troubles {
            let input = found.name(trouble.input);
            match trouble.line {
                0 => tell(format_args!("{input}: {}", trouble.why)),
                line => tell(format_args!("{input}:{line}: {}", trouble.why)),
            }
        }
        if found.report.tasks() == 0 {
            tell(format_args!("no task was found, so nothing is proved"));
            if *outcome == Outcome::Fine {
                outcome.worsen(Outcome::Failed);
            }
        }
        (found, read.findings)
    }

    fn name(&self, input: usize) -> String {
        let input = self.inputs.get(input);
        input.map(ToString::to_string).unwrap_or_default()
    }

    pub(super) fn print_text(
        &self,
        mut findings: Sorted<'_>,
        out: &mut impl Write,
    ) -> Result<(), NotPrinted> {
        // The names of files and tasks may hold line breaks, and what a terminal obeys; yet each
        // finding is one line.
        let mut line = |text: String| writeln!(out, "{}", visible(&text));
        for BadLine {
            input,
            line: at,
            why,
        } in &self.lines.bad
        {
            line(format!("{NOT_A_RECORD} {}:{at}: {why}", self.name(*input)))?;
        }
        for (input, more) in &self.lines.more {
            let input = self.name(*input);
            line(format!("{NOT_A_RECORD} {input}: {more} more lines"))?;
        }
        while let Some(finding) = findings.next()? {
            line(finding.to_string())?;
        }
        Ok(())
    }

    pub(super) fn print_json(
        &self,
        mut findings: Sorted<'_>,
        out: &mut impl Write,
    ) -> Result<(), NotPrinted> {
        let mut object = Object::default();
        for BadLine { input, line, why } in &self.lines.bad {
            object.text("kind", NOT_A_RECORD);
            object.text("file", &self.name(*input));
            object.number("line", *line);
            object.text("note", why);
            object.print(out)?;
        }
        for (input, more) in &self.lines.more {
            object.text("kind", NOT_A_RECORD);
            object.text("file", &self.name(*input));
            object.number("more_lines", *more);
            object.print(out)?;
        }
        while let Some(finding) = findings.next()? {
            object.finding(&finding);
            object.print(out)?;
        }
        object.text("kind", "summary");
        for (name, number) in self.numbers() {
            object.number(name, number);
        }
        for (kind, count) in KINDS.iter().zip(self.counts) {
            object.number(kind.name(), count);
        }
        object.number(NOT_A_RECORD, self.bad_lines());
        object.number("logs_not_read", self.lines.not_read);
        object.number("logs_grown", self.lines.grown);
        Ok(object.print(out)?)
    }

    pub(super) fn tell_summary(&self) {
        let plural = |number: u64, one: &str| match number {
            1 => format!("1 {one}"),
            _ => format!("{number} {one}s"),
        };
        let report = &self.report;
        let mut summary = format!(
            "{}, {} complete; {} in {}",
            plural(report.tasks(), "task"),
            report.complete_tasks(),
            plural(report.records() + self.unplaced, "record"),
            plural(self.inputs.len() as u64, "log"),
        );
        if self.unplaced > 0 {
            summary += &format!(", {} of no task", self.unplaced);
        }
        let kinds = KINDS.iter().map(|kind| kind.name()).zip(self.counts);
        let kinds = kinds.chain([(NOT_A_RECORD, self.bad_lines())]);
        let kinds = kinds.filter(|(_, count)| *count > 0);
        let mut found: Vec<_> = kinds
            .map(|(kind, count)| format!("{count} {kind}"))
            .collect();
        for (count, what) in [
            (self.lines.not_read, "not read"),
            (self.lines.grown, "grown"),
        ] {
            if count > 0 {
                found.push(format!("{} {what}", plural(count, "log")));
            }
        }
        if found.is_empty() && report.tasks() > 0 {
            found.push("nothing found".to_owned());
        }
        if !found.is_empty() {
            summary += &format!("; {}", found.join(", "));
        }
        tell(format_args!("{summary}"));
        if report.forgotten_tasks() > 0 {
            tell(format_args!(
                "{} complete tasks were forgotten to keep to the memory: what is there of them twice, \
                 far apart, is told as a task of its own",
                report.forgotten_tasks()
            ));
        }
    }

    fn numbers(&self) -> [(&'static str, u64); 6] {
        [
            ("logs", self.inputs.len() as u64),
            ("records", self.report.records() + self.unplaced),
            ("records_of_no_task", self.unplaced),
            ("tasks", self.report.tasks()),
            ("complete_tasks", self.report.complete_tasks()),
            ("forgotten_tasks", self.report.forgotten_tasks()),
        ]
    }

    fn bad_lines(&self) -> u64 {
        let more: u64 = self.lines.more.iter().map(|(_, more)| more).sum();
        self.lines.bad.len() as u64 + more
    }
}

/// One line of JSON.
#[derive(Default)]
struct Object(Vec<u8>);

impl Object {
    fn key(&mut self, name: &str) {
        self.0.push(if self.0.is_empty() { b'{' } else { b',' });
        encode::string(name, &mut self.0);
        self.0.push(b':');
    }

    fn text(&mut self, name: &str, text: &str) {
        self.key(name);
        encode::string(text, &mut self.0);
    }

    fn number(&mut self, name: &str, number: u64) {
        self.key(name);
        encode::integer(number, &mut self.0);
    }

    fn level(&mut self, name: &str, level: &TaskLevel) {
        self.key(name);
        self.0.push(b'[');
        for (place, number) in level.numbers().iter().enumerate() {
            if place > 0 {
                self.0.push(b',');
            }
            encode::integer(*number, &mut self.0);
        }
        self.0.push(b']');
    }

    fn finding(&mut self, finding: &Finding) {
        self.text("kind", finding.kind().name());
        self.text("position", &finding.position());
        self.text("task_uuid", &finding.task().to_string());
        self.level("task_level", finding.level());
        if let Some(last) = finding.last_number() {
            self.number("last_number", last);
        }
        if let Some(note) = finding.details() {
            self.text("note", note);
        }
    }

    /// Prints the line, and begins the next one.
    fn print(&mut self, out: &mut impl Write) -> io::Result<()> {
        self.0.extend_from_slice(b"}\n");
        out.write_all(&self.0)?;
        self.0.clear();
        Ok(())
    }
}
