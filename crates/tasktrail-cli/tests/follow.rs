//! `tasktrail follow`, run as users run it, on files that are written meanwhile.
#![cfg(unix)]
#![expect(
    clippy::unwrap_used,
    reason = "clippy.toml allows it in tests, but not in what they share"
)]

mod following;
mod run;

use std::fs::{self, File, OpenOptions};
use std::io::Write;

use following::{Following, action, append, message, next};
use run::{Folder, goldens};

#[test]
fn lines_are_shown_from_the_end_or_from_the_start() {
    let folder = Folder::new("follow-begin");
    folder.file("a.log", message("old") + "\n");

    let from_end = Following::start(&folder, &["--lines", "a.log"]);
    let from_start = Following::start(&folder, &["--lines", "--from-start", "a.log"]);
    append(&folder, "a.log", &(message("new") + "\n"));

    from_end.shows(&message("new"));
    from_start.shows(&message("old"));
    from_start.shows(&message("new"));
    assert_eq!(from_end.end(), (Some(0), String::new(), String::new()));
    assert_eq!(from_start.end(), (Some(0), String::new(), String::new()));
}

#[test]
fn a_line_that_had_begun_before_is_left_out_and_one_that_comes_in_parts_is_put_together() {
    let folder = Folder::new("follow-parts");
    folder.file("a.log", "{\"half\":");
    let following = Following::start(&folder, &["--lines", "a.log"]);

    append(&folder, "a.log", "1}\n");
    let whole = message("whole");
    let (one, two) = whole.split_at(20);
    append(&folder, "a.log", &(message("first") + "\n" + one));
    following.shows(&message("first"));
    append(&folder, "a.log", &(two.to_owned() + "\n"));

    following.shows(&whole);
    assert_eq!(following.end(), (Some(0), String::new(), String::new()));
}

#[test]
fn a_tree_is_drawn_when_its_task_is_whole() {
    let folder = Folder::new("follow-tree");
    folder.file("a.log", "");
    folder.file("b.log", "");
    let following = Following::start(&folder, &["a.log", "b.log"]);

    append(&folder, "a.log", &(action("t", 1, "started") + "\n"));
    append(&folder, "b.log", &(message("alone") + "\n"));
    following.shows(
        "alone\n\
         └── said/1 1970-01-01 00:00:01Z\n\
         \n",
    );
    append(&folder, "b.log", &(action("t", 2, "succeeded") + "\n"));

    following.shows(
        "t\n\
         └── sell/1 ⇒ started 1970-01-01 00:00:01Z ⧖ 1.000s\n    \
             └── sell/2 ⇒ succeeded 1970-01-01 00:00:02Z\n\
         \n",
    );
    assert_eq!(following.end(), (Some(0), String::new(), String::new()));
}

#[test]
fn after_a_rotation_the_old_file_is_read_to_its_end_and_then_the_new_one() {
    let folder = Folder::new("follow-rename");
    folder.file("a.log", "");
    let following = Following::start(&folder, &["--lines", "a.log"]);
    let old = folder.0.join("a.log");
    let mut writer = OpenOptions::new().append(true).open(&old).unwrap();

    fs::rename(&old, folder.0.join("a.log.1")).unwrap();
    // As logrotate makes it before the program is told.
    File::create(&old).unwrap();
    writeln!(writer, "{}", message("late")).unwrap();
    following.shows(&message("late"));
    writeln!(writer, "{}", message("last")).unwrap();
    append(&folder, "a.log", &(message("new") + "\n"));

    following.shows(&message("last"));
    following.shows(&message("new"));
    assert_eq!(following.end(), (Some(0), String::new(), String::new()));
}

#[test]
fn a_file_that_was_copied_and_truncated_is_read_from_its_start() {
    let folder = Folder::new("follow-truncate");
    folder.file("a.log", message("a much longer name") + "\n");
    let following = Following::start(&folder, &["--lines", "--from-start", "a.log"]);
    following.shows(&message("a much longer name"));

    fs::copy(folder.0.join("a.log"), folder.0.join("a.log.1")).unwrap();
    File::create(folder.0.join("a.log")).unwrap();
    following.tells("a.log: was truncated; it is read from its start");
    append(&folder, "a.log", &(message("new") + "\n"));

    following.shows(&message("new"));
    assert_eq!(following.end(), (Some(0), String::new(), String::new()));
}

#[test]
fn a_file_that_is_not_there_is_waited_for() {
    let folder = Folder::new("follow-wait");
    let following = Following::spawn(&folder, &["--lines", "a.log"]);
    assert_eq!(next(&following.err), "a.log: is not there yet");
    following.tells("following 1 file; Ctrl-C ends it");

    append(&folder, "a.log", &(message("first") + "\n"));

    // What appears is new from its start.
    following.shows(&message("first"));
    assert_eq!(following.end(), (Some(0), String::new(), String::new()));
}

#[test]
fn what_is_open_is_drawn_at_the_end_if_that_is_asked_for() {
    let folder = Folder::new("follow-open");
    folder.file(
        "a.log",
        format!("{}\n{}\n", action("t", 1, "started"), message("seen")),
    );
    for (arguments, expected) in [
        (
            &["--from-start", "--open", "a.log"][..],
            "t\n└── sell/1 ⇒ started 1970-01-01 00:00:01Z\n\n",
        ),
        (&["--from-start", "a.log"], ""),
    ] {
        let following = Following::start(&folder, arguments);
        following.shows("seen\n└── said/1 1970-01-01 00:00:01Z\n\n");

        let (status, out, _) = following.end();

        assert_eq!((status, out.as_str()), (Some(0), expected));
    }
}

#[test]
fn filters_choose_tasks_and_the_lines_of_tasks() {
    let folder = Folder::new("follow-filters");
    let task = |task: &str, status| {
        format!(
            "{}\n{}\n",
            action(task, 1, "started"),
            action(task, 2, status)
        )
    };
    let log = task("good", "succeeded") + &task("bad", "failed");
    folder.file("a.log", "");
    let trees = Following::start(&folder, &["--failed", "a.log"]);
    let lines = Following::start(&folder, &["--failed", "--lines", "a.log"]);
    let chosen = Following::start(
        &folder,
        &["--where", "task_uuid == 'bad'", "--lines", "a.log"],
    );
    let slower = Following::start(&folder, &["--slower", "1s", "--lines", "a.log"]);
    let end = Following::start(
        &folder,
        &["--lines", "--select", "action_status == 'failed'", "a.log"],
    );

    append(&folder, "a.log", &log);

    assert_eq!(next(&trees.out), "bad");
    lines.shows(&task("bad", "failed"));
    chosen.shows(&task("bad", "failed"));
    end.shows(&action("bad", 2, "failed"));
    // Both took just a second.
    append(
        &folder,
        "a.log",
        &format!(
            "{}\n{}\n",
            action("slow", 1, "started"),
            action("slow", 3, "failed").replace("[3]", "[2]")
        ),
    );
    slower.shows(&action("slow", 1, "started"));
}

#[test]
fn bad_lines_are_told_and_the_others_are_drawn() {
    let folder = Folder::new("follow-bad");
    folder.file("a.log", "");
    let following = Following::start(&folder, &["--lines", "--longest-line", "200", "a.log"]);

    append(&folder, "a.log", "oops\n");
    append(
        &folder,
        "a.log",
        &("x".repeat(201) + "\n" + &message("good") + "\n"),
    );

    following.shows(&message("good"));
    assert_eq!(
        next(&following.err),
        "a.log:1: expected a value, found 'o' at column 1"
    );
    assert_eq!(
        next(&following.err),
        "a.log:2: expected a line of at most 200 bytes, found 201 bytes"
    );
    assert_eq!(following.end(), (Some(1), String::new(), String::new()));
}

#[test]
fn no_line_of_a_log_file_that_rolls_is_missed() {
    let folder = Folder::new("follow-roll");
    folder.file("a.log", "");
    let following = Following::start(&folder, &["--lines", "a.log"]);
    let mut file = tasktrail_writer::LogFile::builder(folder.0.join("a.log"))
        .roll_at(1000)
        .open()
        .unwrap();

    for number in 0..40 {
        let line = message(&format!("task-{number:03}"));
        writeln!(file, "{line}").unwrap();
        // Whoever rolls twice between two looks outruns any reader that goes by the name.
        following.shows(&line);
    }

    assert!(fs::read_dir(&folder.0).unwrap().count() > 3);
    assert_eq!(following.end(), (Some(0), String::new(), String::new()));
}

#[test]
fn the_example_of_the_page_is_what_the_command_draws() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/follow.md");
    let page = fs::read_to_string(page).unwrap();
    let (_, example) = page.split_once("```console\n$ tasktrail follow ").unwrap();
    let (example, _) = example.split_once("```").unwrap();
    let (arguments, expected) = example.split_once('\n').unwrap();
    let folder = Folder::new("follow-page");
    for name in ["client.log", "server.log"] {
        let log = fs::read(goldens().join(format!("cross_process_{name}"))).unwrap();
        folder.file(name, log);
    }

    let following = Following::start(&folder, &arguments.split(' ').collect::<Vec<_>>());

    following.shows(expected);
    assert_eq!(following.end(), (Some(0), String::new(), String::new()));
}
