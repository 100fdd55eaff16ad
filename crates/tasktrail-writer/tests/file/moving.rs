//! Files that somebody moves, deletes or truncates.

use std::fs::{self, File};
use std::io::Write;
use std::time::{Duration, UNIX_EPOCH};

use tasktrail_writer::{LogFile, Period};

use crate::{Clock, DAY, Folder, NOW, with_clock};

#[test]
fn a_file_that_was_moved_away_is_made_anew_after_a_second() {
    let folder = Folder::new();
    let clock = Clock::at(NOW);
    let mut file = with_clock(LogFile::builder(folder.log()), &clock)
        .open()
        .unwrap();
    file.write_all(b"one\n").unwrap();

    fs::rename(folder.log(), folder.0.join("app.log.1")).unwrap();
    file.write_all(b"within the second\n").unwrap();
    clock.set(NOW + 1);
    file.write_all(b"two\n").unwrap();

    assert_eq!(folder.read("app.log.1"), "one\nwithin the second\n");
    assert_eq!(folder.read("app.log"), "two\n");
    assert_eq!(file.handle().counts().reopened(), 1);
}

#[test]
fn a_file_in_the_place_of_the_one_that_was_moved_away_is_appended_to() {
    let folder = Folder::new();
    let clock = Clock::at(NOW);
    let mut file = with_clock(LogFile::builder(folder.log()), &clock)
        .open()
        .unwrap();

    fs::rename(folder.log(), folder.0.join("app.log.1")).unwrap();
    folder.put("app.log", "new\n");
    clock.set(NOW + 1);
    file.write_all(b"line\n").unwrap();

    assert_eq!(folder.read("app.log"), "new\nline\n");
}

#[test]
fn a_file_in_the_place_of_the_one_that_was_moved_away_has_a_period_of_its_own() {
    let folder = Folder::new();
    let clock = Clock::at(NOW);
    let builder = LogFile::builder(folder.log()).roll_every(Period::Day);
    let mut file = with_clock(builder, &clock).open().unwrap();
    file.write_all(b"moved\n").unwrap();

    fs::rename(folder.log(), folder.0.join("app.log.1")).unwrap();
    folder.put("app.log", "yesterday\n");
    let yesterday = UNIX_EPOCH + Duration::from_secs(NOW - DAY);
    let other = File::options().append(true).open(folder.log()).unwrap();
    other.set_modified(yesterday).unwrap();
    file.handle().reopen();
    file.write_all(b"today\n").unwrap();

    assert_eq!(folder.contents(), ["moved\n", "yesterday\n", "today\n"]);
}

#[test]
fn a_file_that_was_deleted_with_its_folder_is_made_anew() {
    let folder = Folder::new();
    let clock = Clock::at(NOW);
    let path = folder.0.join("deep/er/app.log");
    let mut file = with_clock(LogFile::builder(&path), &clock).open().unwrap();

    fs::remove_dir_all(folder.0.join("deep")).unwrap();
    clock.set(NOW + 1);
    file.write_all(b"line\n").unwrap();

    assert_eq!(fs::read(path).unwrap(), b"line\n");
}

#[test]
fn while_the_file_can_not_be_made_anew_writing_fails_and_then_goes_on() {
    let folder = Folder::new();
    let clock = Clock::at(NOW);
    let path = folder.0.join("logs/app.log");
    let mut file = with_clock(LogFile::builder(&path), &clock).open().unwrap();

    fs::remove_dir_all(folder.0.join("logs")).unwrap();
    folder.put("logs", "no folder");
    clock.set(NOW + 1);
    file.write(b"line\n").unwrap_err();
    file.write(b"line\n").unwrap_err();
    fs::remove_file(folder.0.join("logs")).unwrap();
    file.write_all(b"line\n").unwrap();

    assert_eq!(fs::read(path).unwrap(), b"line\n");
}

#[test]
fn reopening_waits_for_the_end_of_a_line() {
    let folder = Folder::new();
    let mut file = LogFile::open(folder.log()).unwrap();
    file.write_all(b"half ").unwrap();

    fs::rename(folder.log(), folder.0.join("app.log.1")).unwrap();
    file.handle().reopen();
    file.write_all(b"a line\n").unwrap();
    file.write_all(b"next\n").unwrap();

    assert_eq!(folder.read("app.log.1"), "half a line\n");
    assert_eq!(folder.read("app.log"), "next\n");
}

#[test]
fn a_file_that_somebody_else_put_there_is_not_rolled_for_ours() {
    let folder = Folder::new();
    let clock = Clock::at(NOW);
    let builder = LogFile::builder(folder.log()).roll_at(8);
    let mut file = with_clock(builder, &clock).open().unwrap();
    file.write_all(b"1234567\n").unwrap();

    fs::rename(folder.log(), folder.0.join("app.log.1")).unwrap();
    file.write_all(b"next\n").unwrap();

    assert_eq!(folder.names(), ["app.log.1", "app.log"]);
    assert_eq!(folder.read("app.log"), "next\n");
}

#[test]
fn the_size_counts_from_zero_when_the_file_was_truncated() {
    let folder = Folder::new();
    let clock = Clock::at(NOW);
    let builder = LogFile::builder(folder.log()).roll_at(8);
    let mut file = with_clock(builder, &clock).open().unwrap();
    file.write_all(b"1234567\n").unwrap();

    folder.put("app.log", "");
    file.write_all(b"next\n").unwrap();

    assert_eq!(folder.names(), ["app.log"]);
    assert_eq!(folder.read("app.log"), "next\n");
}
