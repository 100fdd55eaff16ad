//! A real disk stops taking lines and takes them again: each line is there once, whole and in order,
//! or counted and told.
#![cfg(target_os = "linux")]
#![expect(
    clippy::unwrap_used,
    reason = "clippy.toml allows it in tests, but not in what they share"
)]

use std::fs;
use std::process::Command;

use tasktrail_tests::{Folder, on_small_disk, run, without_privileges};

const PROGRAM: &str = env!("CARGO_BIN_EXE_faulty_disk");

/// The account of the program, and what it wrote.
struct Written {
    account: String,
    log: String,
}

fn write(folder: &Folder, way: &str, mut program: Command) -> Written {
    let copy = folder.file("copy");
    program.arg(way).arg(folder.file("disk")).arg(&copy);
    Written {
        account: run(&mut program).stdout,
        log: fs::read_to_string(copy).unwrap(),
    }
}

fn write_on_small_disk(way: &str) -> Option<Written> {
    let folder = Folder::new(env!("CARGO_TARGET_TMPDIR"), way);
    fs::create_dir(folder.file("disk")).unwrap();
    let program = on_small_disk(PROGRAM, &folder.file("disk"), 1024)?;
    Some(write(&folder, way, program))
}

fn write_without_privileges(way: &str) -> Option<Written> {
    let folder = Folder::new(env!("CARGO_TARGET_TMPDIR"), way);
    fs::create_dir(folder.file("disk")).unwrap();
    Some(write(&folder, way, without_privileges(PROGRAM)?))
}

impl Written {
    #[track_caller]
    fn assert_all(&self, lines: u64) {
        let expected: String = (0..lines).map(line).collect();
        assert_eq!(
            self.account,
            format!("{lines} written, 0 lost, 0 waiting\n")
        );
        // Not `assert_eq`, which would print all of it.
        assert!(self.log == expected, "lines are torn, doubled or missing");
    }
}

fn line(number: u64) -> String {
    format!("line {number} end\n")
}

#[test]
fn a_full_disk_that_is_freed_gets_each_line_once_whole_and_in_order() {
    let Some(written) = write_on_small_disk("full") else {
        return;
    };

    written.assert_all(40_000);
}

#[test]
fn a_full_disk_that_is_freed_gets_each_line_once_over_all_files_that_rolled() {
    let Some(written) = write_on_small_disk("full_and_rolling") else {
        return;
    };

    written.assert_all(40_000);
}

#[test]
fn what_is_dropped_for_a_full_disk_is_counted_and_told() {
    let Some(written) = write_on_small_disk("full_and_dropping") else {
        return;
    };

    let (mut next, mut lines, mut told) = (0, 0, 0);
    for found in written.log.split_inclusive('\n') {
        if let Some(notice) = found.strip_prefix("tasktrail-writer: ") {
            let (lost, rest) = notice.split_once(' ').unwrap();
            assert_eq!(rest, format!("lines lost: {lost} memory full\n"));
            told += lost.parse::<u64>().unwrap();
            continue;
        }
        let number = found.split(' ').nth(1).unwrap().parse().unwrap();
        assert_eq!(found, line(number));
        assert!(number >= next, "{found} comes late or twice");
        next = number + 1;
        lines += 1;
    }
    assert!(told > 0);
    assert_eq!(lines + told, 40_000);
    assert_eq!(
        written.account,
        format!("{lines} written, {told} lost, 0 waiting\n")
    );
}

#[test]
fn lines_wait_while_a_read_only_volume_is_in_the_place_of_the_right_one() {
    let Some(written) = write_on_small_disk("read_only_volume") else {
        return;
    };

    written.assert_all(300);
}

#[test]
fn a_file_in_a_read_only_folder_goes_on_past_its_limit_and_rolls_again_later() {
    let Some(written) = write_without_privileges("read_only_folder") else {
        return;
    };

    written.assert_all(300);
}

#[test]
fn lines_wait_while_a_file_that_is_to_be_opened_again_is_read_only() {
    let Some(written) = write_without_privileges("read_only_file") else {
        return;
    };

    written.assert_all(300);
}
