//! Reads a log in several ways and tells how long each took.

use std::path::{Path, PathBuf};
use std::time::Instant;
use std::{fmt, fs, io};

use tasktrail_record::{Glance, Record, Schema};

use super::contents::{Contents, a_task_near_the_end_of, copy_lines};
use super::run::{Took, cool, first_line, run};
use super::ways::{Way, versions};

/// Some take a hundred times as long: these read only so many records.
const FEW_RECORDS: usize = 100_000;

/// What is to be measured.
#[derive(Debug)]
pub(crate) struct Options {
    /// A log that is there; none is made then.
    pub(crate) log: Option<PathBuf>,
    pub(crate) records: usize,
    pub(crate) schema: Schema,
    pub(crate) rounds: usize,
    /// What the names of the rows contain.
    pub(crate) rows: String,
}

pub(crate) fn all(options: &Options) -> io::Result<()> {
    let folder = Folder::make()?;
    let path = match &options.log {
        Some(path) => path.clone(),
        None => {
            let path = folder.0.join("all.json");
            super::log::make(&path, options.schema, options.records)?;
            path
        }
    };
    let few_path = folder.0.join("few.json");
    copy_lines(&path, &few_path, FEW_RECORDS)?;
    let task = a_task_near_the_end_of(&path)?;
    let all = Contents::of(&path, &task)?;
    let few = Contents::of(&few_path, &task)?;

    table(&all, Cache::Warm, all.whole(), options);
    table(&all, Cache::Cold, all.one_task(), options);
    table(&few, Cache::Warm, few.one_action(), options);
    table(&few, Cache::Warm, few.drawings(), options);
    first_tree(&path, options.rounds);
    per_line(&few_path)?;
    println!("\n{}.", versions());
    Ok(())
}

/// A folder that is gone with this.
struct Folder(PathBuf);

impl Folder {
    fn make() -> io::Result<Self> {
        let name = format!("tasktrail-reading-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left there is the system's to remove.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Whether the system has the log in memory before it is read.
#[derive(Debug, Clone, Copy)]
enum Cache {
    Warm,
    Cold,
}

impl Cache {
    fn prepare(self, log: &Path) -> Result<(), String> {
        match self {
            Self::Warm => Ok(()),
            Self::Cold => cool(log),
        }
    }
}

impl fmt::Display for Cache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Warm => "in the cache",
            Self::Cold => "not in the cache",
        })
    }
}

/// Measures how some commands read one log. They take turns, so that what else the machine does
/// meets all of them.
fn table(log: &Contents<'_>, cache: Cache, ways: Vec<Way>, options: &Options) {
    let wanted = ways
        .into_iter()
        .filter(|way| way.name.contains(&options.rows));
    let mut rows: Vec<(Way, Option<Result<Took, String>>)> =
        wanted.map(|way| (way, None)).collect();
    if rows.is_empty() {
        return;
    }
    for _ in 0..options.rounds {
        for (way, best) in &mut rows {
            let run = || {
                cache.prepare(log.path)?;
                run(&way.script, &way.prints)
            };
            *best = Some(match best.take() {
                None => run(),
                // What can't be run once is not tried again.
                Some(Err(reason)) => Err(reason),
                Some(Ok(best)) => run().map(|took| took.least(best)),
            });
        }
    }
    let gigabytes = log.bytes as f64 / 1e9;
    println!(
        "\n| {} records, {gigabytes:.2} GB, {cache} | CPU, s | elapsed, s | GB for each second of CPU | GB/s |",
        log.records
    );
    println!("|---|---:|---:|---:|---:|");
    let mut left_out = String::new();
    for (Way { name, .. }, took) in rows {
        match took {
            Some(Ok(Took { cpu, elapsed })) => println!(
                "| {name} | {} | {} | {} | {} |",
                figure(cpu),
                figure(elapsed),
                figure(gigabytes / cpu),
                figure(gigabytes / elapsed)
            ),
            Some(Err(reason)) => left_out += &format!("\nLeft out: {name}: {reason}"),
            None => {}
        }
    }
    if !left_out.is_empty() {
        println!("{left_out}");
    }
}

fn figure(number: f64) -> String {
    match number < 0.1 {
        true => format!("{number:.3}"),
        false => format!("{number:.2}"),
    }
}

/// Tells how long it takes until something is there to be read by people.
fn first_tree(log: &Path, rounds: usize) {
    for cache in [Cache::Warm, Cache::Cold] {
        let times = (0..rounds.max(5)).map(|_| {
            cache.prepare(log)?;
            first_line(env!("CARGO_BIN_EXE_tasktrail"), "tree", log)
                .map_err(|error| error.to_string())
        });
        match times.collect::<Result<Vec<f64>, String>>() {
            Ok(mut times) => {
                times.sort_by(f64::total_cmp);
                println!(
                    "\nFirst tree, the log {cache}: {:.1} ms, at worst {:.1} ms.",
                    times[times.len() / 2] * 1e3,
                    times[times.len() - 1] * 1e3
                );
            }
            Err(reason) => println!("\nLeft out: first tree, the log {cache}: {reason}"),
        }
    }
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
