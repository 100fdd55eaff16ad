//! Prints what was found out about actions.

use std::io::{self, Write};
use std::iter;

use tasktrail_record::encode;

use super::Row;
use crate::table::Table;
use crate::text;

/// Prints a row with a bar for each type of action.
pub(super) fn table(rows: &[Row], is_ascii: bool, out: &mut impl Write) -> io::Result<()> {
    const TITLES: [&str; 10] = [
        "action",
        "count",
        "failed",
        "cancelled",
        "no end",
        "p50",
        "p90",
        "p99",
        "max",
        "total",
    ];
    let titles = TITLES.iter().enumerate();
    let titles = titles.map(|(place, title)| ((*title).to_owned(), place > 0));
    let bars = [(String::new(), false), (String::new(), true)];
    let mut table = Table::new(titles.chain(bars));
    let micro = if is_ascii { "u" } else { "µ" };
    let all = whole(rows);
    for row in rows {
        let actions = &row.actions;
        let counts = [
            actions.count,
            actions.failed,
            actions.cancelled,
            actions.without_end,
        ];
        let mut cells = vec![row.action_type.clone()];
        cells.extend(counts.map(|count| text::count(usize::try_from(count).unwrap_or(usize::MAX))));
        match &row.times {
            Some(times) => {
                let times = times.iter().chain([&row.total]);
                cells.extend(times.map(|seconds| text::duration(*seconds, micro)));
                let part = part(row.total, all);
                cells.push(bar(part, is_ascii));
                cells.push(format!("{:.0} %", part * 100.0));
            }
            None => cells.resize(TITLES.len() + 2, String::new()),
        }
        table.add(cells, out)?;
    }
    table.finish(out)
}

/// Gives the time that all actions took together.
fn whole(rows: &[Row]) -> f64 {
    rows.iter().map(|row| row.total.max(0.0)).sum()
}

fn part(total: f64, whole: f64) -> f64 {
    match total > 0.0 && whole > 0.0 && whole.is_finite() {
        true => total / whole,
        false => 0.0,
    }
}

/// How many columns the bar of the whole time has.
const COLUMNS: usize = 20;

fn bar(part: f64, is_ascii: bool) -> String {
    let (full, parts) = match is_ascii {
        true => ('#', ""),
        false => ('█', "▏▎▍▌▋▊▉"),
    };
    let steps = parts.chars().count() + 1;
    // `part` is at most 1.
    let length = (part * (COLUMNS * steps) as f64).round() as usize;
    // What took any time is seen.
    let length = length.max(usize::from(part > 0.0));
    let rest = (length % steps).checked_sub(1);
    let rest = rest.and_then(|rest| parts.chars().nth(rest));
    iter::repeat_n(full, length / steps).chain(rest).collect()
}

/// Prints an object of JSON for each type of action.
pub(super) fn json(rows: &[Row], out: &mut impl Write) -> io::Result<()> {
    let all = whole(rows);
    for row in rows {
        let mut line = b"{\"action_type\":".to_vec();
        encode::string(&row.action_type, &mut line);
        let actions = &row.actions;
        for (name, count) in [
            ("count", actions.count),
            ("failed", actions.failed),
            ("cancelled", actions.cancelled),
            ("without_end", actions.without_end),
            ("measured", actions.seconds.count()),
        ] {
            line.extend_from_slice(format!(",\"{name}\":{count}").as_bytes());
        }
        if let Some(times) = &row.times {
            let numbers = times.iter().copied();
            let numbers = numbers.chain([row.total, part(row.total, all)]);
            for (name, number) in ["p50", "p90", "p99", "max", "total", "share"]
                .iter()
                .zip(numbers)
            {
                line.extend_from_slice(format!(",\"{name}\":").as_bytes());
                encode::float(number, &mut line);
            }
        }
        line.extend_from_slice(b"}\n");
        out.write_all(&line)?;
    }
    Ok(())
}
