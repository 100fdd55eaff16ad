//! Programs leave in all ways with lines in memory: each line is written once and whole, or counted.
#![cfg(unix)]
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "clippy.toml allows it in tests, but not in what they share"
)]

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use tasktrail_tests::Folder;

const LINES: u64 = 10_000;

/// What the signal of `abort` is called in numbers.
const ABORTED: i32 = 6;

const ALL_WRITTEN: &str = "10000 written, 0 lost, 0 waiting\n";

struct Left {
    output: Output,
    /// How many lines each thread left in the file, from its first one on.
    lines: Vec<u64>,
    time: Duration,
}

fn leave(way: &str) -> Left {
    let folder = Folder::new(env!("CARGO_TARGET_TMPDIR"), way);
    let log = folder.file("lines.log");

    let begin = Instant::now();
    let mut program = Command::new(env!("CARGO_BIN_EXE_leaving"));
    let output = program.arg(way).arg(&log).output().unwrap();

    Left {
        output,
        time: begin.elapsed(),
        lines: whole_lines(&fs::read_to_string(&log).unwrap()),
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

impl Left {
    fn account(&self) -> &str {
        std::str::from_utf8(&self.output.stdout).unwrap()
    }

    #[track_caller]
    fn assert_all_written(&self, code: i32) {
        assert_eq!(self.output.status.code(), Some(code), "{:?}", self.output);
        assert_eq!(self.account(), ALL_WRITTEN);
        assert_eq!(self.lines, [LINES, 0, 0, 0]);
    }

    #[track_caller]
    fn assert_aborted_with(&self, lines: u64) {
        let signal = self.output.status.signal();
        assert_eq!(signal, Some(ABORTED), "{:?}", self.output);
        assert_eq!(self.lines, [lines, 0, 0, 0]);
    }
}

#[test]
fn an_exit_writes_what_is_in_memory() {
    leave("exit").assert_all_written(3);
}

#[test]
fn an_exit_in_another_thread_writes_what_is_in_memory() {
    leave("exit_in_a_thread").assert_all_written(3);
}

#[test]
fn an_exit_while_other_threads_log_leaves_whole_lines_without_gaps() {
    let left = leave("exit_while_others_log");

    assert_eq!(left.output.status.code(), Some(3));
    let in_file: u64 = left.lines.iter().sum();
    let account = left.account();
    assert!(
        account.starts_with(&format!("{in_file} written, ")),
        "{account}"
    );
    assert!(account.ends_with(", 0 waiting\n"), "{account}");
}

#[test]
fn an_exit_waits_no_longer_than_its_deadline_for_a_destination_that_hangs() {
    let left = leave("exit_with_a_hanging_destination");

    assert_eq!(left.output.status.code(), Some(3));
    assert_eq!(left.account(), "0 written, 10000 lost, 0 waiting\n");
    assert!(left.time < Duration::from_secs(60));
}

#[test]
fn an_exit_finishes_all_workers_at_the_same_time() {
    leave("exit_beside_a_hanging_destination").assert_all_written(3);
}

#[test]
#[cfg(target_os = "linux")]
fn an_exit_does_not_wait_for_a_destination_that_has_failed_for_good() {
    let left = leave("exit_with_a_full_disk");

    assert_eq!(left.output.status.code(), Some(3));
    assert_eq!(left.account(), "0 written, 10000 lost, 0 waiting\n");
    assert!(left.time < Duration::from_secs(60));
}

#[test]
fn an_exit_loses_the_lines_if_that_was_chosen() {
    let left = leave("exit_and_lose");

    assert_eq!(left.output.status.code(), Some(3));
    assert_eq!(left.account(), "0 written, 0 lost, 10000 waiting\n");
}

#[test]
fn an_exit_in_the_destination_waits_for_nobody() {
    let left = leave("exit_in_the_destination");

    assert_eq!(left.output.status.code(), Some(3));
    assert_eq!(left.account(), "0 written, 0 lost, 10000 waiting\n");
    assert!(left.time < Duration::from_secs(60));
}

#[test]
fn an_exit_after_the_end_changes_nothing() {
    leave("exit_after_the_end").assert_all_written(3);
}

#[test]
fn a_return_from_main_writes_what_is_in_memory_of_a_worker_in_a_static() {
    leave("static").assert_all_written(0);
}

#[test]
fn a_return_from_main_writes_what_is_in_memory_of_a_worker_that_was_leaked() {
    leave("leaked").assert_all_written(0);
}

#[test]
fn a_panic_in_main_writes_what_is_in_memory() {
    leave("panic_in_main").assert_all_written(101);
    leave("panic_in_main_and_leaked").assert_all_written(101);
}

#[test]
fn a_panic_writes_what_is_in_memory_before_a_hook_aborts_the_program() {
    leave("panic_in_a_thread_and_a_later_hook_aborts").assert_aborted_with(LINES);
    leave("panic_in_a_thread_and_an_earlier_hook_aborts").assert_aborted_with(LINES);
}

#[test]
fn what_an_earlier_hook_logs_of_the_panic_is_written_too() {
    leave("panic_that_an_earlier_hook_logs").assert_aborted_with(LINES + 1);
}

#[test]
fn a_panic_during_a_panic_writes_what_is_in_memory() {
    leave("panic_while_panicking").assert_aborted_with(LINES);
}

#[test]
fn a_panic_waits_no_longer_than_its_bound_for_a_destination_that_hangs() {
    let left = leave("panic_with_a_hanging_destination");

    left.assert_aborted_with(0);
    assert!(left.time < Duration::from_secs(60));
}

#[test]
fn a_destination_that_panics_does_not_wait_for_itself() {
    leave("panic_in_the_destination").assert_all_written(3);
}

#[test]
fn a_worker_that_is_started_in_a_panic_leaves_the_hooks_alone() {
    leave("start_in_a_panic").assert_all_written(3);
}
