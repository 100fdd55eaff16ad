//! What is refused before anything is written, and what goes on when rolling fails.

use std::error::Error;
use std::fs;
use std::io::Write;
use std::time::Duration;

use tasktrail_writer::{LogFile, LogFileBuilder};

use crate::{Clock, Folder, NOW, with_clock};

type Rule = fn(LogFileBuilder) -> LogFileBuilder;

#[test]
fn each_wrong_rule_is_refused_and_named() {
    let rules: [(&str, Rule); 6] = [
        ("roll at 1 byte or more, found 0", |file| file.roll_at(0)),
        ("keep 1 file or more, found 0", |file| {
            file.roll_at(1).keep(0)
        }),
        ("keep files for 1 second or longer, found less", |file| {
            file.roll_at(1).keep_for(Duration::ZERO)
        }),
        ("keep 1 byte or more, found 0", |file| {
            file.roll_at(1).keep_bytes(0)
        }),
        ("found neither", |file| file.keep(1)),
        ("found neither", |file| file.keep_bytes(1)),
    ];
    let folder = Folder::new();
    for (end, rule) in rules {
        let error = rule(LogFile::builder(folder.log())).open().unwrap_err();

        let text = error.to_string();
        assert!(text.contains("app.log: expected"), "{text}");
        assert!(text.ends_with(end), "{text}");
        assert!(folder.names().is_empty(), "{text}");
    }
}

#[test]
fn a_path_that_is_no_files_is_refused_and_named() {
    let folder = Folder::new();
    folder.put("file", "");

    let of_folder = LogFile::open(&folder.0).unwrap_err();
    let under_file = LogFile::open(folder.0.join("file/app.log")).unwrap_err();
    let nothing = LogFile::open("").unwrap_err();

    assert!(
        of_folder
            .to_string()
            .ends_with("expected a file, found a folder")
    );
    assert!(of_folder.source().is_some());
    assert!(
        under_file
            .to_string()
            .ends_with("file/app.log: expected its folder to be a folder, found a file")
    );
    assert_eq!(
        nothing.to_string(),
        ": expected a path that ends with the name of a file"
    );
}

#[test]
#[cfg(target_os = "linux")]
fn a_device_can_be_written_to_but_not_rolled() {
    LogFile::open("/dev/null")
        .unwrap()
        .write_all(b"x\n")
        .unwrap();

    let error = LogFile::builder("/dev/null").roll_at(1).open().unwrap_err();

    assert_eq!(
        error.to_string(),
        "/dev/null: expected an ordinary file to roll, found a pipe or a device"
    );
}

#[test]
#[cfg(unix)]
fn a_link_is_kept_and_the_file_behind_it_rolled() {
    let folder = Folder::new();
    fs::create_dir(folder.0.join("real")).unwrap();
    folder.put("real/app.log", "");
    std::os::unix::fs::symlink("real/app.log", folder.log()).unwrap();
    let mut file = LogFile::builder(folder.log()).roll_at(1).open().unwrap();

    file.write_all(b"1\n2\n").unwrap();

    assert_eq!(folder.names(), ["real", "app.log"]);
    assert_eq!(folder.read("app.log"), "2\n");
    assert_eq!(fs::read_dir(folder.0.join("real")).unwrap().count(), 2);
}

#[test]
fn a_relative_path_is_meant_from_the_folder_that_was_current_when_it_was_opened() {
    let folder = Folder::new();
    // All other tests name their files in full.
    let before = std::env::current_dir().unwrap();
    std::env::set_current_dir(&folder.0).unwrap();
    let mut file = LogFile::builder("app.log").roll_at(1).open().unwrap();
    std::env::set_current_dir(before).unwrap();

    file.write_all(b"1\n2\n").unwrap();

    assert_eq!(folder.contents(), ["1\n", "2\n"]);
}

#[test]
fn a_file_that_can_not_be_rolled_goes_on_past_its_limit_until_it_can() {
    let folder = Folder::new();
    let clock = Clock::at(NOW);
    let builder = LogFile::builder(folder.log()).roll_at(4);
    let mut file = with_clock(builder, &clock).open().unwrap();
    // All names that are tried are folders, which are neither ours nor can be replaced.
    for number in 1..=100 {
        let name = format!("app.log.20261122T153241Z-{number:06}");
        fs::create_dir(folder.0.join(name)).unwrap();
    }

    assert_eq!(file.write(b"one\ntwo\nthree\n").unwrap(), 4);
    assert_eq!(file.write(b"two\nthree\n").unwrap(), 10);
    // Within a second it is not tried again.
    file.write_all(b"3.5\n").unwrap();
    assert_eq!(folder.read("app.log"), "one\ntwo\nthree\n3.5\n");
    assert_eq!(file.handle().counts().failed_rolls(), 1);
    let failure = file.handle().last_failure().unwrap();
    assert_eq!(failure.path(), folder.log());
    fs::remove_dir(folder.0.join("app.log.20261122T153241Z-000001")).unwrap();
    clock.set(NOW + 1);
    file.write_all(b"four\n").unwrap();

    assert_eq!(
        folder.read("app.log.20261122T153241Z-000001"),
        "one\ntwo\nthree\n3.5\n"
    );
    assert_eq!(folder.read("app.log"), "four\n");
}
