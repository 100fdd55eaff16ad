//! Runs the examples and holds what they print against what the documentation shows.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "clippy.toml allows it in tests, but not in what they share"
)]

mod conversations;
mod first_steps;
mod sell_order;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Gives an example that was built together with this test.
fn example(name: &str) -> Command {
    let tests = std::env::current_exe().unwrap();
    let built = tests.parent().and_then(Path::parent).unwrap();
    let mut command = Command::new(built.join("examples").join(name));
    command.env_remove("RUST_LOG").stdin(Stdio::null());
    command
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

/// Makes ids and times the same, which differ in each run.
fn without_times(text: &str) -> String {
    let digits = |char: char| char.is_ascii_digit() || "abcdef-:.".contains(char);
    let mut plain = String::new();
    let mut rest = text;
    while let Some(start) = rest.find(digits) {
        let (before, from) = rest.split_at(start);
        let end = from.find(|char| !digits(char)).unwrap_or(from.len());
        let (run, after) = from.split_at(end);
        // Shorter ones are words, levels and numbers; a duration of three digits is none of them.
        let is_duration = run.len() >= 5 && run.as_bytes()[run.len() - 4] == b'.';
        plain.push_str(before);
        plain.push_str(if run.len() >= 8 || is_duration {
            "#"
        } else {
            run
        });
        rest = after;
    }
    plain + rest
}

/// Makes the same what else is measured, or chosen by the system.
fn without_measures(text: &str) -> String {
    let mut plain = String::new();
    for line in text.lines() {
        let measure = ["duration_ms: ", "port: "]
            .into_iter()
            .find_map(|key| line.find(key).map(|at| at + key.len()));
        let line = measure.map_or(line.to_owned(), |end| format!("{}#", &line[..end]));
        plain.push_str(&line);
        plain.push('\n');
    }
    plain
}

/// Compares with a file; `TASKTRAIL_GOLDEN=write` makes the file anew, to be read before it is kept.
fn assert_golden(file: &str, found: &str) {
    if std::env::var_os("TASKTRAIL_GOLDEN").is_some_and(|what| what == "write") {
        std::fs::write(golden_path(file), found).unwrap();
    }
    assert_eq!(found, golden(file), "{file}");
}

fn golden(file: &str) -> String {
    std::fs::read_to_string(golden_path(file)).unwrap()
}

fn golden_path(file: &str) -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.join("tests/golden").join(file)
}

fn readme_block(language: &str, nth: usize) -> String {
    let readme = include_str!("../../../README.md");
    let fence = format!("```{language}\n");
    let block = readme.split(&fence).nth(nth + 1).unwrap();
    block.split("```").next().unwrap().to_owned()
}
