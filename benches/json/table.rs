//! The tables, in Markdown.

use crate::arguments::Comparison;
use crate::compare::Measured;
use crate::row::Row;

/// The row that gets a table of its own: as many spans as a request has.
const USUAL: Row = Row::Event { spans: 3 };

pub(crate) fn print(comparison: &Comparison, measured: &Measured) {
    let has = |row: Row| comparison.rows.contains(&row);
    let mut columns = vec![("time", "ns"), ("instructions", "instructions")];
    columns.retain(|(name, _)| comparison.instructions || *name == "time");
    columns.push(("allocations", "allocations"));
    if has(USUAL) {
        let columns = [&*columns, &[("bytes", "bytes of the line")]].concat();
        print_row(comparison, measured, USUAL, "An event in 3 spans", &columns);
    }
    if has(Row::Span) {
        let lines = [("lines", "lines"), ("bytes", "bytes a line")];
        let columns = [&*columns, &lines].concat();
        let title = "A span with an event";
        print_row(comparison, measured, Row::Span, title, &columns);
    }
    print_depths(comparison, measured, "time", "ns of an event, in spans:");
    if comparison.instructions {
        let title = "instructions of an event, in spans:";
        print_depths(comparison, measured, "instructions", title);
    }
}

fn print_row(
    comparison: &Comparison,
    measured: &Measured,
    row: Row,
    title: &str,
    columns: &[(&str, &str)],
) {
    let headings = columns.iter().map(|(_, heading)| (*heading).to_owned());
    print_head(title, headings.collect());
    for contender in &comparison.contenders {
        let cells = columns
            .iter()
            .map(|(name, _)| cell(measured.median(row, *contender, name)));
        print_line(contender.title, cells.collect());
    }
}

/// Prints how the cost grows with the spans around, if there is more than one number of them.
fn print_depths(comparison: &Comparison, measured: &Measured, name: &str, title: &str) {
    let rows = comparison.rows.iter().filter_map(|row| match row {
        Row::Event { spans } => Some((*row, *spans)),
        Row::Span => None,
    });
    let rows: Vec<_> = rows.collect();
    let [(first, fewest), .., (last, most)] = &*rows else {
        return;
    };
    let mut headings: Vec<_> = rows.iter().map(|(_, spans)| spans.to_string()).collect();
    headings.push(format!("{most} : {fewest}"));
    print_head(title, headings);
    for contender in &comparison.contenders {
        let median = |row: &Row| measured.median(*row, *contender, name);
        let mut cells: Vec<_> = rows.iter().map(|(row, _)| cell(median(row))).collect();
        let ratio = median(last).zip(median(first));
        cells.push(ratio.map_or("–".to_owned(), |(last, first)| {
            format!("{:.1}", last / first)
        }));
        print_line(contender.title, cells);
    }
}

fn print_head(title: &str, headings: Vec<String>) {
    println!("\n| {title} | {} |", headings.join(" | "));
    println!("|---|{}", "---:|".repeat(headings.len()));
}

fn print_line(title: &str, cells: Vec<String>) {
    println!("| {title} | {} |", cells.join(" | "));
}

fn cell(number: Option<f64>) -> String {
    let Some(number) = number else {
        return "–".to_owned();
    };
    let digits = format!("{number:.0}");
    let groups: Vec<_> = digits.as_bytes().rchunks(3).rev().collect();
    let groups = groups.iter().map(|group| String::from_utf8_lossy(group));
    groups.collect::<Vec<_>>().join(",")
}
