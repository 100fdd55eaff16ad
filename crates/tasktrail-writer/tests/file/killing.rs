//! Programs that are killed while they write, roll and compress.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

#[cfg(feature = "compress")]
use tasktrail_writer::Compress;
use tasktrail_writer::{LogFile, LogFileBuilder};

use crate::{Folder, LONG};

const KILLS: usize = 20;

fn builder(path: &Path) -> LogFileBuilder {
    let builder = LogFile::builder(path).roll_at(64);
    #[cfg(feature = "compress")]
    let builder = builder.compress(Compress::Gzip);
    builder
}

/// Numbered lines without end, each told on stdout once it is written; run by the test below.
#[test]
fn child() {
    let Ok(path) = std::env::var("TASKTRAIL_KILLED_LOG") else {
        return;
    };
    let first: usize = std::env::var("TASKTRAIL_KILLED_FROM")
        .unwrap()
        .parse()
        .unwrap();
    let mut file = builder(Path::new(&path)).open().unwrap();
    let mut told = std::io::stdout();
    for number in first.. {
        file.write_all(format!("line {number}\n").as_bytes())
            .unwrap();
        told.write_all(b"written\n").unwrap();
    }
}

/// Runs the child until it has told so many lines, and kills it.
fn run_and_kill(path: &Path, from: usize, lines: usize) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "killing::child", "--nocapture"])
        .env("TASKTRAIL_KILLED_LOG", path)
        .env("TASKTRAIL_KILLED_FROM", from.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let told = BufReader::new(child.stdout.take().unwrap());
    let written = told.lines().filter(|line| {
        let line = line.as_ref().unwrap();
        line.ends_with("written")
    });
    assert_eq!(written.take(lines).count(), lines);
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_killed_program_leaves_each_line_once_over_all_files() {
    let folder = Folder::new();
    let mut from = 0;
    for kill in 0..KILLS {
        let lines = 10 + kill * 7;

        run_and_kill(&folder.log(), from, lines);

        let file = builder(&folder.log()).open().unwrap();
        assert!(file.handle().settle(LONG));
        let all = folder.contents().concat();
        let count = all.lines().count();
        let expected: String = (0..count)
            .map(|number| format!("line {number}\n"))
            .collect();
        assert_eq!(all, expected);
        assert!(count >= from + lines);
        from = count;
    }
}
