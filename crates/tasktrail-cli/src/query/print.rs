//! Prints what was found.

use std::io::{self, Write};

use tasktrail_record::encode;
use tasktrail_record::json::Value;

use super::Format;
use crate::json;
use crate::outcome::Outcome;
use crate::output::Output;
use crate::table::Table;
use crate::text;

/// Prints rows of values in one of the formats.
pub(super) struct Printer {
    format: Format,
    titles: Vec<(String, bool)>,
    out: Output,
    table: Table,
    has_heading: bool,
}

impl Printer {
    pub(super) fn new(out: Output, format: Format, titles: Vec<(String, bool)>) -> Self {
        Self {
            format,
            table: Table::new(titles.clone()),
            titles,
            out,
            has_heading: false,
        }
    }

    pub(super) fn lines(&mut self, lines: &[u8]) -> io::Result<()> {
        self.out.write_all(lines)
    }

    /// Prints a row of values, which are JSON, or empty texts.
    pub(super) fn row(&mut self, row: Vec<String>) -> io::Result<()> {
        match self.format {
            Format::Lines | Format::Count => self.object(&row),
            Format::Csv => {
                let cells: Vec<_> = row.iter().map(|value| plain(value)).collect();
                self.csv(&cells)
            }
            Format::Table => {
                let cells = row.iter().map(|value| plain(value)).collect();
                self.table.add(cells, &mut self.out)
            }
        }
    }

    /// Prints a group: its values, its count, its percentiles if they are asked for.
    pub(super) fn group(
        &mut self,
        mut row: Vec<String>,
        count: u64,
        numbers: Option<Option<Vec<f64>>>,
        is_duration: bool,
    ) -> io::Result<()> {
        let is_table = self.format == Format::Table;
        let number = |number: &f64| match number.is_finite() {
            true if is_table && is_duration => {
                let mut text = Vec::new();
                encode::string(&text::duration(*number, "µ"), &mut text);
                String::from_utf8(text).unwrap_or_default()
            }
            true => shortest(*number),
            false => "null".to_owned(),
        };
        row.push(count.to_string());
        match numbers {
            None => {}
            Some(Some(numbers)) => row.extend(numbers.iter().map(number)),
            Some(None) => row.resize(self.titles.len(), String::new()),
        }
        self.row(row)
    }

    fn object(&mut self, row: &[String]) -> io::Result<()> {
        let mut out = vec![b'{'];
        let titles = self.titles.iter().map(|(title, _)| title);
        let there = titles.zip(row).filter(|(_, value)| !value.is_empty());
        for (place, (title, value)) in there.enumerate() {
            json::push_comma(place, &mut out);
            encode::string(title, &mut out);
            out.push(b':');
            out.extend_from_slice(value.as_bytes());
        }
        out.extend_from_slice(b"}\n");
        self.out.write_all(&out)
    }

    fn csv(&mut self, cells: &[String]) -> io::Result<()> {
        self.heading()?;
        csv_row(cells, &mut self.out)
    }

    fn heading(&mut self) -> io::Result<()> {
        if !self.has_heading {
            self.has_heading = true;
            let titles: Vec<_> = self.titles.iter().map(|(title, _)| title.clone()).collect();
            csv_row(&titles, &mut self.out)?;
        }
        Ok(())
    }

    /// Hands on what can be printed before the end.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    /// Shows what was found so far, if somebody may be waiting for it.
    pub(super) fn show(&mut self) -> io::Result<()> {
        self.out.show()
    }

    /// Prints what is left, unless printing went wrong before.
    pub(super) fn finish(mut self, printed: io::Result<()>, outcome: &mut Outcome) -> bool {
        let printed = printed.and_then(|()| match self.format {
            Format::Csv => self.heading(),
            Format::Table => self.table.finish(&mut self.out),
            Format::Lines | Format::Count => Ok(()),
        });
        self.out.finish(printed, outcome)
    }
}

/// Writes a number with an exponent, where it would have many zeros without.
fn shortest(number: f64) -> String {
    match number.abs() {
        0.0 | 1e-6..1e17 => number.to_string(),
        _ => format!("{number:e}"),
    }
}

fn csv_row(cells: &[String], out: &mut impl Write) -> io::Result<()> {
    // Its own flush would ask the system for each row.
    let mut row = csv::WriterBuilder::new()
        .buffer_capacity(1024)
        .from_writer(Vec::new());
    row.write_record(cells).map_err(io::Error::from)?;
    let row = row
        .into_inner()
        .map_err(|error| io::Error::other(error.to_string()))?;
    out.write_all(&row)
}

/// Gives the text of a value that is JSON.
fn plain(value: &str) -> String {
    // Most are short numbers and texts; one that is no JSON is an empty text.
    json::plain(Value::parse(value).ok().as_ref())
}
