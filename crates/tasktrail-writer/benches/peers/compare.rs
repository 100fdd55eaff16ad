//! All rows with all writers, in rounds, and the tables of their medians.

use std::collections::HashMap;
use std::env;
use std::process::Command;

use crate::arguments::{Comparison, Task};
use crate::cost::median;
use crate::row::Row;
use crate::writers::Kind;

/// The lines of the row whose destination is slow.
const SLOW_LINES: u32 = 3_000;

/// What was measured of a row with a writer, round after round.
type Measured = HashMap<(&'static str, &'static str, String), Vec<f64>>;

pub(crate) fn compare(comparison: &Comparison) {
    let mut measured = Measured::new();
    for round in 0..comparison.rounds {
        eprintln!("round {} of {}", round + 1, comparison.rounds);
        for row in &comparison.rows {
            let mut writers = writers_of(comparison, *row);
            // Nobody is always the first, or always after the same one.
            let turn = round % writers.len().max(1);
            writers.rotate_left(turn);
            for writer in writers {
                run(comparison, *row, writer, &mut measured);
            }
        }
    }
    for row in &comparison.rows {
        print(comparison, *row, &measured);
    }
}

fn writers_of(comparison: &Comparison, row: Row) -> Vec<Kind> {
    let writers = comparison.writers.iter().copied();
    let writers = writers.filter(|writer| match row {
        Row::Lossy => writer.can_drop(),
        Row::Slow | Row::Memory => *writer != Kind::Nothing,
        Row::Burst(_) | Row::Paced => true,
    });
    writers.collect()
}

fn run(comparison: &Comparison, row: Row, writer: Kind, measured: &mut Measured) {
    let task = Task {
        row,
        writer,
        lines: match row {
            Row::Slow => comparison.lines.min(SLOW_LINES),
            Row::Paced => (comparison.lines / 10).max(1),
            _ => comparison.lines,
        },
        capacity: comparison.capacity,
    };
    let output = Command::new(env::current_exe().unwrap())
        .args(task.words())
        .output()
        .unwrap();
    let problem = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{} failed: {problem}",
        writer.key()
    );
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let (name, number) = line.split_once(' ').unwrap();
        let place = (row.key(), writer.key(), name.to_owned());
        let numbers = measured.entry(place).or_default();
        numbers.push(number.parse().unwrap());
    }
}

fn print(comparison: &Comparison, row: Row, measured: &Measured) {
    let headings = row.columns().iter().map(|(_, heading)| *heading);
    let headings: Vec<_> = [row.title()].into_iter().chain(headings).collect();
    println!("\n| {} |", headings.join(" | "));
    println!("|---|{}", "---:|".repeat(row.columns().len()));
    for writer in writers_of(comparison, row) {
        let cells = row.columns().iter().map(|(name, _)| {
            let place = (row.key(), writer.key(), (*name).to_owned());
            let numbers = measured.get(&place).cloned().unwrap_or_default();
            cell(name, numbers, comparison.spread)
        });
        println!(
            "| {} | {} |",
            writer.title(),
            cells.collect::<Vec<_>>().join(" | ")
        );
    }
}

fn cell(name: &str, mut numbers: Vec<f64>, spread: bool) -> String {
    if numbers.is_empty() {
        return "–".to_owned();
    }
    let median = median(&mut numbers);
    if name == "right" {
        // In every round, or it is not so.
        let always = numbers.iter().all(|number| *number == 1.0);
        return if always { "yes" } else { "**no**" }.to_owned();
    }
    let least_and_most = (numbers[0], numbers[numbers.len() - 1]);
    match least_and_most {
        (least, most) if spread => {
            format!(
                "{} ({}–{})",
                thousands(median),
                thousands(least),
                thousands(most)
            )
        }
        _ => thousands(median),
    }
}

fn thousands(number: f64) -> String {
    let digits = format!("{:.0}", number.abs());
    let groups: Vec<_> = digits.as_bytes().rchunks(3).rev().collect();
    let groups = groups.iter().map(|group| String::from_utf8_lossy(group));
    let sign = if number < -0.5 { "-" } else { "" };
    format!("{sign}{}", groups.collect::<Vec<_>>().join(","))
}
