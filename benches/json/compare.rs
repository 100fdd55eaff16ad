//! All rows with all contenders, in rounds.

use std::collections::HashMap;
use std::env;
use std::process::Command;

use crate::arguments::{Comparison, Task};
use crate::contenders::Contender;
use crate::instructions;
use crate::row::Row;
use crate::table;

/// What was measured of a row with a contender, round after round.
#[derive(Default)]
pub(crate) struct Measured(HashMap<(String, &'static str, String), Vec<f64>>);

impl Measured {
    fn add(&mut self, row: Row, contender: Contender, name: &str, number: f64) {
        let place = (row.key(), contender.key, name.to_owned());
        self.0.entry(place).or_default().push(number);
    }

    pub(crate) fn median(&self, row: Row, contender: Contender, name: &str) -> Option<f64> {
        let place = (row.key(), contender.key, name.to_owned());
        let mut numbers = self.0.get(&place)?.clone();
        numbers.sort_by(f64::total_cmp);
        numbers.get(numbers.len() / 2).copied()
    }
}

pub(crate) fn compare(comparison: &Comparison) {
    let mut measured = Measured::default();
    for round in 0..comparison.rounds {
        eprintln!("round {} of {}", round + 1, comparison.rounds);
        for row in &comparison.rows {
            let mut contenders = comparison.contenders.clone();
            // Nobody is always the first, or always after the same one.
            let turn = round % contenders.len().max(1);
            contenders.rotate_left(turn);
            for contender in contenders {
                run(comparison, *row, contender, &mut measured);
            }
        }
    }
    if comparison.instructions {
        eprintln!("instructions");
        for row in &comparison.rows {
            for contender in &comparison.contenders {
                let number = instructions::count(*row, *contender).unwrap();
                measured.add(*row, *contender, "instructions", number);
            }
        }
    }
    table::print(comparison, &measured);
}

fn run(comparison: &Comparison, row: Row, contender: Contender, measured: &mut Measured) {
    let task = Task {
        row,
        contender,
        events: comparison.events,
    };
    let output = Command::new(env::current_exe().unwrap())
        .args(task.words("--measure"))
        .output()
        .unwrap();
    let problem = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{} failed: {problem}",
        contender.key
    );
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let (name, number) = line.split_once(' ').unwrap();
        measured.add(row, contender, name, number.parse().unwrap());
    }
}
