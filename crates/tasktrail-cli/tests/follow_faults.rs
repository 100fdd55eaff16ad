//! `tasktrail follow`, with what can go wrong with files, pipes, lines and signals.
#![cfg(unix)]
#![expect(
    clippy::unwrap_used,
    reason = "clippy.toml allows it in tests, but not in what they share"
)]

mod following;
mod run;

use std::fs::{self, File, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::os::unix::fs::symlink;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use following::{Following, action, append, message, next};
use run::Folder;

fn nothing(status: i32) -> (Option<i32>, String, String) {
    (Some(status), String::new(), String::new())
}

#[test]
fn a_line_is_told_by_its_number_or_by_its_byte_where_nobody_counted() {
    let folder = Folder::new("follow-place");
    folder.file("old.log", "0123456\n");
    folder.file("new.log", "");
    let following = Following::start(&folder, &["--lines", "old.log", "new.log"]);

    append(&folder, "old.log", "oops\n");
    append(
        &folder,
        "new.log",
        &("\u{feff}".to_owned() + &message("marked") + "\n\0\0\n"),
    );
    let mut invalid = OpenOptions::new();
    let mut invalid = invalid.append(true).open(folder.0.join("new.log")).unwrap();
    invalid.write_all(b"{\"a\":\"\xff\"}\n").unwrap();
    append(&folder, "new.log", &(message("good") + "\n"));

    following.shows(&message("marked"));
    following.shows(&message("good"));
    let mut told: Vec<String> = (0..3).map(|_| next(&following.err)).collect();
    told.sort_unstable();
    let places: Vec<_> = told
        .iter()
        .filter_map(|told| told.split_once(": "))
        .collect();
    let places: Vec<_> = places.into_iter().map(|(place, _)| place).collect();
    assert_eq!(places, ["new.log:2", "new.log:3", "old.log, at byte 8"]);
    assert_eq!(following.end(), nothing(1));
}

#[test]
fn the_end_by_sigterm_is_that_by_ctrl_c() {
    let folder = Folder::new("follow-term");
    folder.file("a.log", action("t", 1, "started") + "\n" + &message("last"));
    let following = Following::start(&folder, &["--from-start", "--open", "a.log"]);

    following.signal("-TERM");

    let expected = "last\n\
                    └── said/1 1970-01-01 00:00:01Z\n\n\
                    t\n└── sell/1 ⇒ started 1970-01-01 00:00:01Z\n\n";
    assert_eq!(
        following.wait(),
        (Some(0), expected.to_owned(), String::new())
    );
}

#[test]
fn what_is_torn_off_by_a_truncation_is_told() {
    let folder = Folder::new("follow-torn");
    folder.file("a.log", message("whole") + "\n{\"half\":");
    let following = Following::start(&folder, &["--lines", "--from-start", "a.log"]);
    following.shows(&message("whole"));

    File::create(folder.0.join("a.log")).unwrap();

    let told = next(&following.err);
    assert!(told.starts_with("a.log:2: expected a value"), "{told}");
    following.tells("a.log: was truncated; it is read from its start");
    append(&folder, "a.log", "oops\n");
    following.tells("a.log:1: expected a value");
    assert_eq!(following.end(), nothing(1));
}

#[test]
fn what_is_torn_off_by_a_rotation_is_told() {
    let folder = Folder::new("follow-torn-rotation");
    folder.file("a.log", "{\"half\":");
    let following = Following::start(&folder, &["--lines", "--from-start", "a.log"]);

    fs::rename(folder.0.join("a.log"), folder.0.join("a.log.1")).unwrap();
    append(&folder, "a.log", &(message("new") + "\n"));

    following.shows(&message("new"));
    following.tells("a.log:1: expected a value");
    assert_eq!(following.end(), nothing(1));
}

#[test]
fn a_hole_in_a_file_costs_the_line_that_it_is_in() {
    let folder = Folder::new("follow-hole");
    folder.file("a.log", "");
    let following = Following::start(&folder, &["--lines", "a.log"]);

    // As a program writes on that does not append, after somebody truncated its file.
    let mut file = OpenOptions::new();
    let mut file = file.write(true).open(folder.0.join("a.log")).unwrap();
    file.seek(SeekFrom::Start(100_000)).unwrap();
    writeln!(file, "{}\n{}", message("beside"), message("after")).unwrap();

    following.shows(&message("after"));
    following.tells("a.log:1: expected a value, found '\\0' at column 1");
    assert_eq!(following.end(), nothing(1));
}

#[test]
fn a_link_that_leads_elsewhere_is_followed_there() {
    let folder = Folder::new("follow-link");
    folder.file("0.log", message("old") + "\n");
    folder.file("1.log", message("new") + "\n");
    symlink("0.log", folder.0.join("a.log")).unwrap();
    let following = Following::start(&folder, &["--lines", "--from-start", "a.log"]);
    following.shows(&message("old"));

    symlink("1.log", folder.0.join("next")).unwrap();
    fs::rename(folder.0.join("next"), folder.0.join("a.log")).unwrap();

    following.shows(&message("new"));
    assert_eq!(following.end(), nothing(0));
}

#[test]
fn a_file_that_was_removed_is_read_until_another_one_is_made() {
    let folder = Folder::new("follow-removed");
    folder.file("a.log", "");
    let following = Following::start(&folder, &["--lines", "a.log"]);
    let mut old = OpenOptions::new();
    let mut old = old.append(true).open(folder.0.join("a.log")).unwrap();

    fs::remove_file(folder.0.join("a.log")).unwrap();
    following.tells("a.log: is gone; another one is waited for");
    writeln!(old, "{}", message("late")).unwrap();
    following.shows(&message("late"));
    append(&folder, "a.log", &(message("new") + "\n"));

    following.shows(&message("new"));
    assert_eq!(following.end(), nothing(0));
}

#[test]
fn what_can_t_be_followed_is_told_and_the_rest_is_followed() {
    let folder = Folder::new("follow-what");
    folder.file("folder/in.log", "");
    folder.file("a.log.gz", b"\x1f\x8b\x08\0\0\n\n\n");
    folder.file("empty.zst", "");
    folder.file("a.log", "");
    let files = ["--lines", "folder", "a.log.gz", "empty.zst", "a.log"];
    let following = Following::spawn(&folder, &files);

    assert_eq!(
        next(&following.err),
        "folder: can't be opened: it is a folder; expected a file in it"
    );
    following.tells("Ctrl-C ends it");
    following.tells("a.log.gz: is compressed, and is not followed; tasktrail tree reads it");
    fs::write(folder.0.join("empty.zst"), b"\x28\xb5\x2f\xfd\n\n\n").unwrap();
    following.tells("empty.zst: is compressed, and is not followed; tasktrail tree reads it");
    append(&folder, "a.log", &(message("good") + "\n"));
    following.shows(&message("good"));
    assert_eq!(following.end(), nothing(2));
}

#[test]
fn a_file_that_can_be_opened_only_later_is_no_failure_and_begins_where_it_was_to() {
    let folder = Folder::new("follow-later");
    folder.file("folder/a.log", message("old") + "\n");
    folder.file("none", "");
    // Below a file nothing can be opened.
    symlink("none", folder.0.join("link")).unwrap();
    let following = Following::start(&folder, &["--lines", "link/a.log"]);

    symlink("folder", folder.0.join("next")).unwrap();
    fs::rename(folder.0.join("next"), folder.0.join("link")).unwrap();
    // Nobody tells when it is opened, so it is written to until that is seen.
    let first = loop {
        append(&folder, "folder/a.log", &(message("new") + "\n"));
        if let Ok(first) = following.out.try_recv() {
            break first;
        }
    };

    assert_eq!(first, message("new"));
    assert_eq!(following.end().0, Some(0));
}

#[test]
fn the_standard_input_is_read_to_its_end_and_that_ends_it() {
    let folder = Folder::new("follow-stdin");
    let mut following = Following::start(&folder, &["-"]);
    let mut stdin = following.child.stdin.take().unwrap();

    writeln!(stdin, "{}", message("first")).unwrap();
    following.shows("first\n└── said/1 1970-01-01 00:00:01Z\n\n");
    write!(stdin, "oops").unwrap();
    drop(stdin);

    let problem = "<stdin>:2: expected a value, found 'o' at column 1\n";
    assert_eq!(
        following.wait(),
        (Some(1), String::new(), problem.to_owned())
    );
}

#[test]
fn a_named_pipe_is_waited_for_again_and_again_and_holds_up_nobody() {
    let folder = Folder::new("follow-fifo");
    folder.file("a.log", "");
    let pipe = folder.0.join("pipe");
    assert!(
        Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap()
            .success()
    );
    let following = Following::start(&folder, &["--lines", "pipe", "a.log"]);

    append(&folder, "a.log", &(message("beside") + "\n"));
    following.shows(&message("beside"));
    for writer in ["first", "second"] {
        let mut pipe = OpenOptions::new().write(true).open(&pipe).unwrap();
        write!(pipe, "{}\n{}", message(writer), message("unended")).unwrap();
        drop(pipe);
        following.shows(&message(writer));
        following.shows(&message("unended"));
    }

    assert_eq!(following.end(), nothing(0));
}

#[test]
fn what_never_ends_holds_up_neither_others_nor_the_end() {
    let folder = Folder::new("follow-endless");
    folder.file("a.log", "");
    let following = Following::start(&folder, &["--lines", "/dev/zero", "a.log"]);

    append(&folder, "a.log", &(message("beside") + "\n"));

    following.shows(&message("beside"));
    // Whether the end was in sight, at which a line is bad, hangs on who was faster.
    assert!(matches!(following.end().0, Some(0 | 1)));
}

#[test]
fn a_file_that_grows_faster_than_it_is_read_holds_up_nobody() {
    let folder = Folder::new("follow-fast");
    folder.file("fast.log", "");
    folder.file("a.log", "");
    let following = Following::start(&folder, &["--lines", "fast.log", "a.log"]);
    let is_over = AtomicBool::new(false);

    thread::scope(|scope| {
        scope.spawn(|| {
            let mut fast = OpenOptions::new();
            let mut fast = fast.append(true).open(folder.0.join("fast.log")).unwrap();
            // A disk is not filled, whatever goes wrong.
            for _ in 0..200 {
                fast.write_all(&b"\n".repeat(1_000_000)).unwrap();
                if is_over.load(Ordering::Relaxed) {
                    return;
                }
            }
        });
        following.tells("fast.log:1: expected a value");
        append(&folder, "a.log", &(message("beside") + "\n"));
        let shown = following.out.recv_timeout(Duration::from_secs(60));
        is_over.store(true, Ordering::Relaxed);
        assert_eq!(shown, Ok(message("beside")));
    });
}

#[test]
fn whoever_reads_no_more_ends_it() {
    let folder = Folder::new("follow-head");
    folder.file("a.log", "");
    let mut following = Following::start(&folder, &["--lines", "a.log"]);
    following.out = channel().1;

    // What is written first shows the reader that nobody wants it.
    while following.child.try_wait().unwrap().is_none() {
        append(&folder, "a.log", &(message("unwanted") + "\n"));
    }

    assert_eq!(following.wait(), nothing(0));
}
