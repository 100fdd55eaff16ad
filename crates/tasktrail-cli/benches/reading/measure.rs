//! Reads a log in several ways and tells how long each took.

use std::io;
use std::time::Instant;

use tasktrail_record::{Glance, Record, Schema};

pub(crate) fn all(schema: Schema, records: usize, rounds: usize) -> io::Result<()> {
    let path = std::env::temp_dir().join("tasktrail-reading.json");
    crate::log::make(&path, schema, records)?;
    let bytes = std::fs::read(&path)?;
    let lines: Vec<&[u8]> = bytes
        .split(|b| *b == b'\n')
        .filter(|l| !l.is_empty())
        .collect();
    for _ in 0..rounds {
        let start = Instant::now();
        let good = lines.iter().filter(|l| Glance::parse(l).is_ok()).count();
        let t = start.elapsed().as_secs_f64();
        println!(
            "glance {good} {:.0} ns/line {:.2} GB/s",
            t * 1e9 / lines.len() as f64,
            bytes.len() as f64 / t / 1e9
        );
    }
    let start = Instant::now();
    let good = lines
        .iter()
        .take(100_000)
        .filter(|l| Record::parse(l).is_ok())
        .count();
    let t = start.elapsed().as_secs_f64();
    println!(
        "record {good} {:.0} ns/line; bytes/line {}",
        t * 1e9 / good as f64,
        bytes.len() / lines.len()
    );
    Ok(())
}
