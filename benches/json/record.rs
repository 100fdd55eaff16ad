//! Compares the instructions of ours with those that were recorded.

use std::fs;
use std::path::PathBuf;

use crate::contenders::Contender;
use crate::instructions::{count, made_with};
use crate::row::Row;

/// How much a count may differ from the recorded one.
const TOLERANCE: f64 = 0.03;

const HEAD: &str = "# Instructions of one event, or of one span with an event, by callgrind.
# Made by `cargo bench -p tasktrail-benches --bench json --no-default-features -- --record`.";

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("instructions.txt")
}

pub(crate) fn record() -> Result<(), String> {
    let mut text = format!("{HEAD}\n{}\n", made_with());
    for (contender, row) in counted() {
        let line = format!(
            "{} {} {:.0}",
            contender.key,
            row.key(),
            count(row, contender)?
        );
        println!("{line}");
        text.push_str(&line);
        text.push('\n');
    }
    fs::write(path(), text).map_err(|error| format!("{}: {error}", path().display()))
}

pub(crate) fn check() -> Result<(), String> {
    let recorded = fs::read_to_string(path());
    let recorded = recorded.map_err(|error| format!("{}: {error}", path().display()))?;
    let made_with = made_with();
    let is_comparable = recorded.lines().any(|line| line == made_with);
    let (mut grown, mut fallen) = (0, 0);
    for (contender, row) in counted() {
        let name = format!("{} {} ", contender.key, row.key());
        let before = recorded.lines().find_map(|line| line.strip_prefix(&name));
        let before: f64 = before
            .and_then(|number| number.parse().ok())
            .ok_or_else(|| format!("expected a recorded number of {name}, found none"))?;
        let now = count(row, contender)?;
        let change = now / before - 1.0;
        println!(
            "{name}{now:.0}, recorded {before:.0}: {:+.1} %",
            change * 100.0
        );
        grown += usize::from(change > TOLERANCE);
        fallen += usize::from(change < -TOLERANCE);
    }
    let again = "record them anew: cargo bench -p tasktrail-benches --bench json --no-default-features -- --record";
    if !is_comparable {
        println!("counted with {made_with}, recorded with others: {again}");
        return Ok(());
    }
    if fallen > 0 {
        println!("{fallen} fell by more than 3 %: {again}");
    }
    match grown {
        0 => Ok(()),
        _ => Err(format!(
            "{grown} grew by more than 3 %: make it cheaper, or say in the commit what it is for and {again}"
        )),
    }
}

fn counted() -> impl Iterator<Item = (Contender, Row)> {
    let ours = Contender::ours().into_iter();
    ours.flat_map(|contender| Row::all().into_iter().map(move |row| (contender, row)))
}
