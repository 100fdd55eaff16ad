//! Reads a log in several ways and tells how long each took.

use std::fs;
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use tasktrail_record::{Glance, Record, Schema};

/// `jq` takes a hundred times as long; its row is measured on so many records, and counted up.
const FEW_RECORDS: usize = 100_000;

pub(crate) fn all(schema: Schema, records: usize, rounds: usize) -> io::Result<()> {
    let folder = std::env::temp_dir().join(format!("tasktrail-reading-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    let all = folder.join("all.json");
    let few = folder.join("few.json");
    super::log::make(&all, schema, records)?;
    super::log::make(&few, schema, records.min(FEW_RECORDS))?;
    let bytes = fs::metadata(&all)?.len();
    println!(
        "{records} records of {schema}, {:.2} GB\n",
        bytes as f64 / 1e9
    );
    println!("| way | CPU, s | elapsed, s | GB for each second of CPU |");
    println!("|---|---:|---:|---:|");

    let tasktrail = env!("CARGO_BIN_EXE_tasktrail");
    let scale = fs::metadata(&few)?.len() as f64 / bytes as f64;
    for (name, command, log, scale) in [
        ("`cat`", "cat", &all, 1.0),
        ("`wc -l`", "wc -l", &all, 1.0),
        (
            "`grep -c task_uuid`",
            "LC_ALL=C grep -c task_uuid",
            &all,
            1.0,
        ),
        ("`rg -c task_uuid`", "rg -c task_uuid", &all, 1.0),
        (
            "`tasktrail audit`",
            &format!("{tasktrail} audit"),
            &all,
            1.0,
        ),
        (
            "`tasktrail dedup`",
            &format!("{tasktrail} dedup"),
            &all,
            1.0,
        ),
        ("`jq .task_uuid`, counted up", "jq .task_uuid", &few, scale),
    ] {
        let best = (0..rounds).filter_map(|_| time(command, log));
        let Some((cpu, elapsed)) = best.reduce(|one, other| match one.0 <= other.0 {
            true => one,
            false => other,
        }) else {
            continue;
        };
        let (cpu, elapsed) = (cpu / scale, elapsed / scale);
        let speed = bytes as f64 / 1e9 / cpu;
        println!("| {name} | {cpu:.2} | {elapsed:.2} | {speed:.2} |");
    }
    per_line(&few)?;
    fs::remove_dir_all(&folder)
}

/// Runs a command of the shell on a log, and gives the seconds of the processor and in all.
fn time(command: &str, log: &Path) -> Option<(f64, f64)> {
    // Some commands do less when they see that nobody reads what they print.
    let script = format!(
        "TIMEFORMAT='%R %U %S'; time {command} {} >/dev/null",
        log.display()
    );
    let output = Command::new("bash")
        .args(["-c", &script])
        .stdin(Stdio::null())
        .output()
        .ok()
        .filter(|output| output.status.success())?;
    let told = String::from_utf8(output.stderr).ok()?;
    let seconds: Vec<f64> = told
        .lines()
        .last()?
        .split(' ')
        .filter_map(|s| s.parse().ok())
        .collect();
    let [elapsed, user, system] = seconds[..] else {
        return None;
    };
    Some((user + system, elapsed))
}

/// Reads lines that are in memory.
fn per_line(log: &Path) -> io::Result<()> {
    let bytes = fs::read(log)?;
    let lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
    let time = |read: &dyn Fn(&[u8]) -> bool| {
        let best = (0..5).map(|_| {
            let start = Instant::now();
            let good = lines.iter().filter(|line| read(line)).count();
            assert_eq!(good, lines.len());
            start.elapsed()
        });
        best.min().unwrap_or_default().as_nanos() / lines.len() as u128
    };
    println!(
        "\nA line of {} bytes: `Glance::parse` {} ns, `Record::parse` {} ns.",
        bytes.len() / lines.len(),
        time(&|line| Glance::parse(line).is_ok()),
        time(&|line| Record::parse(line).is_ok()),
    );
    Ok(())
}
