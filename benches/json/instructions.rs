//! Counts instructions, by callgrind.

use std::env;
use std::process::Command;

use crate::arguments::Task;
use crate::contenders::Contender;
use crate::row::Row;

/// How many times the row is done in the two runs that are compared.
const RUNS: [u64; 2] = [500, 2_500];

/// Gives the number of instructions that one more of a row takes: the difference of two runs, so
/// that what a run costs besides falls away. It repeats, but for one in a thousand that the clock
/// decides: how many digits a time has, and how often a second begins.
pub(crate) fn count(row: Row, contender: Contender) -> Result<f64, String> {
    let [few, many] = RUNS.map(|events| {
        run(&Task {
            row,
            contender,
            events,
        })
    });
    Ok((many? - few?) / (RUNS[1] - RUNS[0]) as f64)
}

fn run(task: &Task) -> Result<f64, String> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(env::current_exe().unwrap())
        .args(task.words("--repeat"))
        .output()
        .map_err(|error| format!("expected to run valgrind, found {error}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    let collected = said.lines().find_map(|line| line.split_once("Collected :"));
    let number = collected.and_then(|(_, number)| number.trim().parse().ok());
    number.ok_or_else(|| format!("expected a number of instructions, found {said}"))
}

/// Names what decides the numbers besides our own code.
pub(crate) fn made_with() -> String {
    let said = |program: &str, argument: &str| {
        let output = Command::new(program).arg(argument).output();
        let text = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
        text.unwrap_or_else(|_| format!("an unknown {program}"))
    };
    let rustc = env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    // The C library copies memory.
    let parts = [
        said(&rustc, "--version"),
        said("getconf", "GNU_LIBC_VERSION"),
        said("valgrind", "--version"),
    ];
    parts.join(", ")
}
