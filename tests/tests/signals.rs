//! Programs are sent signals with lines in memory: each line is written once and whole, and the
//! program ends as whoever sent the signal expects.
#![cfg(unix)]
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "clippy.toml allows it in tests, but not in what they share"
)]

use std::fs;
use std::io::{BufRead, BufReader, Lines, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tasktrail_tests::{Folder, run};
use tasktrail_writer::{SIGHUP, SIGINT, SIGTERM};

const LINES: u64 = 10_000;

const LONG: Duration = Duration::from_secs(60);

/// A program that waits for a signal.
struct Waiting {
    program: Child,
    said: Lines<BufReader<ChildStdout>>,
    folder: Folder,
}

impl Waiting {
    fn start(way: &str) -> Self {
        let folder = Folder::new(env!("CARGO_TARGET_TMPDIR"), way);
        let mut program = Command::new(env!("CARGO_BIN_EXE_signalled"))
            .arg(way)
            .arg(folder.file("lines.log"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let said = BufReader::new(program.stdout.take().unwrap()).lines();
        let mut waiting = Self {
            program,
            said,
            folder,
        };
        waiting.wait_for("ready");
        waiting
    }

    #[track_caller]
    fn wait_for(&mut self, words: &str) {
        assert_eq!(self.said.next().unwrap().unwrap(), words);
    }

    fn send(&self, signal: i32) {
        let kill = format!("kill -{signal} {}", self.program.id());
        run(Command::new("sh").args(["-c", &kill]));
    }

    #[track_caller]
    fn end(&mut self) -> ExitStatus {
        wait_until(|| self.program.try_wait().unwrap())
    }

    fn log(&self) -> PathBuf {
        self.folder.file("lines.log")
    }

    /// How many lines each thread left in the file, from its first one on.
    fn lines(&self) -> Vec<u64> {
        whole_lines(&fs::read_to_string(self.log()).unwrap())
    }
}

/// Waits for what a program does, which tells nobody of it.
#[track_caller]
fn wait_until<T>(mut done: impl FnMut() -> Option<T>) -> T {
    let begin = Instant::now();
    loop {
        if let Some(done) = done() {
            return done;
        }
        assert!(begin.elapsed() < LONG, "the program does nothing");
        thread::yield_now();
    }
}

/// A test that fails leaves no program behind.
impl Drop for Waiting {
    fn drop(&mut self) {
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

/// Finds that no line is torn, that none is there twice, and that none is missing before another.
fn whole_lines(text: &str) -> Vec<u64> {
    let mut next = vec![0; 4];
    for line in text.split_inclusive('\n') {
        let words: Vec<_> = line.split(' ').collect();
        let ["thread", thread, "line", number, "end\n"] = words[..] else {
            panic!("torn: {line:?}");
        };
        let next: &mut u64 = &mut next[thread.parse::<usize>().unwrap()];
        assert_eq!(number.parse::<u64>().unwrap(), *next, "{line:?}");
        *next += 1;
    }
    next
}

#[test]
fn a_signal_writes_what_is_in_memory_and_ends_the_program_by_itself() {
    for signal in [SIGTERM, SIGINT] {
        let mut waiting = Waiting::start("terminate");
        assert_eq!(waiting.lines(), [0; 4]);

        waiting.send(signal);

        assert_eq!(waiting.end().signal(), Some(signal));
        assert_eq!(waiting.lines(), [LINES, 0, 0, 0]);
    }
}

#[test]
fn a_signal_while_other_threads_log_leaves_whole_lines_without_gaps() {
    let mut waiting = Waiting::start("terminate_while_others_log");

    waiting.send(SIGTERM);

    assert_eq!(waiting.end().signal(), Some(SIGTERM));
    let lines = waiting.lines();
    assert_eq!(lines[0], LINES);
    assert!(lines.iter().sum::<u64>() >= 10 * LINES, "{lines:?}");
}

#[test]
fn a_second_signal_ends_the_program_at_once() {
    for second in [SIGINT, SIGTERM] {
        let mut waiting = Waiting::start("terminate_a_hanging_destination");

        waiting.send(SIGINT);
        waiting.wait_for("hanging");
        waiting.send(second);

        assert_eq!(waiting.end().signal(), Some(second));
    }
}

#[test]
fn a_signal_waits_no_longer_than_its_deadline_for_a_destination_that_hangs() {
    let mut waiting = Waiting::start("terminate_a_hanging_destination_in_time");

    waiting.send(SIGTERM);

    assert_eq!(waiting.end().signal(), Some(SIGTERM));
    assert_eq!(waiting.lines(), [LINES, 0, 0, 0]);
}

#[test]
fn nothing_is_done_for_a_program_that_did_not_ask_for_it() {
    let mut waiting = Waiting::start("terminate_without_the_feature");

    waiting.send(SIGTERM);

    assert_eq!(waiting.end().signal(), Some(SIGTERM));
    assert_eq!(waiting.lines(), [0; 4]);
}

#[test]
fn a_handler_of_the_programs_own_logs_its_last_line_and_exits_as_it_likes() {
    let mut waiting = Waiting::start("own_handler");

    waiting.send(SIGTERM);

    waiting.wait_for("10001 written, 0 lost");
    assert_eq!(waiting.end().code(), Some(0));
    assert_eq!(waiting.lines(), [LINES + 1, 0, 0, 0]);
}

#[test]
fn a_signal_writes_what_is_in_memory_and_the_program_goes_on() {
    let mut waiting = Waiting::start("own_handler_goes_on");

    for _ in 0..3 {
        waiting.send(SIGINT);
        // Not `lines`: they are torn while they are written.
        wait_until(|| {
            let written = fs::read_to_string(waiting.log()).unwrap();
            (written.ends_with('\n') && written.lines().count() == 10_000).then_some(())
        });
    }

    assert_eq!(waiting.lines(), [LINES, 0, 0, 0]);
    assert_eq!(waiting.program.try_wait().unwrap(), None);
}

#[test]
fn a_hangup_opens_the_file_again() {
    let mut waiting = Waiting::start("reopen");
    let log = waiting.log();
    let moved = waiting.folder.file("lines.log.1");

    fs::rename(&log, &moved).unwrap();
    waiting.send(SIGHUP);
    writeln!(waiting.program.stdin.as_ref().unwrap(), "log").unwrap();
    waiting.wait_for("written");

    assert_eq!(fs::read_to_string(moved).unwrap(), "line 0\n");
    assert_eq!(fs::read_to_string(log).unwrap(), "line 1\n");
    drop(waiting.program.stdin.take());
    assert_eq!(waiting.end().code(), Some(0));
}
