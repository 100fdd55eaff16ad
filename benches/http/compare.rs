//! All contenders, in rounds, and the table.

use std::collections::HashMap;
use std::env;
use std::process::Command;

use crate::arguments::Comparison;
use crate::contenders::Contender;

/// How many requests are sent in the two runs whose instructions are compared.
const RUNS: [u64; 2] = [500, 2_500];

/// What was measured, round after round.
#[derive(Default)]
struct Measured(HashMap<(&'static str, String), Vec<f64>>);

impl Measured {
    fn add(&mut self, contender: Contender, name: &str, number: f64) {
        let place = (contender.key, name.to_owned());
        self.0.entry(place).or_default().push(number);
    }

    fn median(&self, contender: Contender, name: &str) -> Option<f64> {
        let mut numbers = self.0.get(&(contender.key, name.to_owned()))?.clone();
        numbers.sort_by(f64::total_cmp);
        numbers.get(numbers.len() / 2).copied()
    }
}

pub(crate) fn compare(comparison: &Comparison) {
    let mut measured = Measured::default();
    for round in 0..comparison.rounds {
        eprintln!("round {} of {}", round + 1, comparison.rounds);
        let mut contenders = comparison.contenders.clone();
        // Nobody is always the first, or always after the same one.
        let turn = round % contenders.len().max(1);
        contenders.rotate_left(turn);
        for contender in contenders {
            let requests = comparison.requests;
            let output = run(
                env::current_exe().unwrap(),
                "--measure",
                contender,
                requests,
            );
            for line in output.lines() {
                let (name, number) = line.split_once(' ').unwrap();
                measured.add(contender, name, number.parse().unwrap());
            }
        }
    }
    if comparison.instructions {
        eprintln!("instructions");
        for contender in &comparison.contenders {
            measured.add(*contender, "instructions", instructions(*contender));
        }
    }
    print(comparison, &measured);
}

/// Gives the number of instructions that one more request takes: the difference of two runs.
fn instructions(contender: Contender) -> f64 {
    let [few, many] = RUNS.map(|requests| {
        let said = run("valgrind".into(), "--repeat", contender, requests);
        let collected = said.lines().find_map(|line| line.split_once("Collected :"));
        let (_, number) = collected.unwrap();
        number.trim().parse::<f64>().unwrap()
    });
    (many - few) / (RUNS[1] - RUNS[0]) as f64
}

/// Runs this program with a contender, under valgrind if that is the program, and gives what it said.
fn run(program: std::path::PathBuf, what: &str, contender: Contender, requests: u64) -> String {
    let is_valgrind = program.ends_with("valgrind");
    let mut command = Command::new(program);
    if is_valgrind {
        command
            .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
            .arg(env::current_exe().unwrap());
    }
    let requests = requests.to_string();
    let words = ["--contenders", contender.key, "--requests", &requests, what];
    let output = command.args(words).output().unwrap();
    let [said, problem] =
        [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
    assert!(
        output.status.success(),
        "{} failed: {problem}",
        contender.key
    );
    if is_valgrind { problem } else { said }
}

/// Prints what each costs over the first.
fn print(comparison: &Comparison, measured: &Measured) {
    let columns = ["time", "instructions", "allocations", "lines"];
    println!("\n| A request | ns | instructions | allocations | lines |");
    println!("|---|---:|---:|---:|---:|");
    let mut contenders = comparison.contenders.iter();
    let Some(first) = contenders.next() else {
        return;
    };
    let line = |contender: Contender, sign: &str, less: &dyn Fn(&str) -> f64| {
        let cells = columns.map(|name| match measured.median(contender, name) {
            Some(number) => format!("{sign}{:.0}", number - less(name)),
            None => "–".to_owned(),
        });
        println!("| {} | {} |", contender.title, cells.join(" | "));
    };
    line(*first, "", &|_| 0.0);
    for contender in contenders {
        line(*contender, "+", &|name| {
            measured.median(*first, name).unwrap_or_default()
        });
    }
}
