//! Results go through a pager, in a real terminal.
#![cfg(unix)]
#![expect(
    clippy::unwrap_used,
    reason = "clippy.toml allows it in tests, but not in what they share"
)]

mod run;

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::process::Command;
use std::time::{Duration, Instant};

use run::Folder;
use run::terminal::Terminal;

/// A task of one action, whose name is its number.
fn task(number: usize) -> String {
    let line = |level, status, seconds| {
        format!(
            "{{\"task_uuid\":\"task-{number}\",\"task_level\":[{level}],\
             \"timestamp\":{seconds},\"action_type\":\"act-{number}\",\
             \"action_status\":\"{status}\"}}\n"
        )
    };
    line(1, "started", 1.0) + &line(2, "succeeded", 1.5)
}

fn tasks(count: usize) -> String {
    (1..=count).map(task).collect()
}

/// Makes clear that output went through it, and where it ended.
const MARKER: (&str, &str) = ("TASKTRAIL_PAGER", "sed 's/^/paged: /; $a end of pager'");

/// What less shows when it waits for a key.
const PROMPT: &str = ":\u{1b}[K";

fn has_less() -> bool {
    let has = Command::new("less").arg("--version").output().is_ok();
    if !has {
        run::leave_out("the pager less", "there is no less");
    }
    has
}

#[test]
fn what_people_read_goes_through_the_pager() {
    let folder = Folder::new("paged");
    folder.file("app.log", task(1).replace("[2]", "[3]"));

    for (line, status) in [
        ("tree app.log", 0),
        ("query app.log", 0),
        ("query --fields task_uuid app.log", 0),
        ("stats app.log", 0),
        ("timeline task-1 app.log", 0),
        ("audit app.log", 1),
    ] {
        let mut terminal = Terminal::start(&folder.0, &[MARKER], &format!("tasktrail {line}"));
        let (shown, ended) = terminal.end();

        assert!(shown.starts_with("paged: "), "{line}: {shown}");
        assert!(shown.contains("end of pager"), "{line}: {shown}");
        assert_eq!(ended, status, "{line}: {shown}");
    }
}

#[test]
fn what_other_programs_read_or_comes_as_it_happens_goes_through_no_pager() {
    let folder = Folder::new("not-paged");
    folder.file("app.log", task(1));
    folder.file("config.toml", "pager = \"never\"");

    for line in [
        "tasktrail dedup app.log",
        "tasktrail convert --to ecs app.log",
        "tasktrail tree < app.log",
        "tasktrail tree - < app.log",
        "tasktrail --no-pager tree app.log",
        "tasktrail tree --no-pager app.log",
        "tasktrail tree --pager never app.log",
        "tasktrail tree app.log | cat",
        "TASKTRAIL_CONFIG=config.toml tasktrail tree app.log",
        "TASKTRAIL_PAGER= tasktrail tree app.log",
        "TASKTRAIL_PAGER=cat tasktrail tree app.log",
        "tasktrail audit app.log",
        "tasktrail completions bash",
        "tasktrail man",
        "tasktrail config",
    ] {
        let (shown, status) = Terminal::start(&folder.0, &[MARKER], line).end();

        assert!(!shown.contains("paged:"), "{line}: {shown}");
        assert!(!shown.contains("end of pager"), "{line}: {shown}");
        assert!(!shown.is_empty(), "{line}");
        assert_eq!(status, 0, "{line}: {shown}");
    }
    let line = "TASKTRAIL_CONFIG=config.toml tasktrail tree --pager auto app.log";
    let (shown, _) = Terminal::start(&folder.0, &[MARKER], line).end();
    assert!(shown.starts_with("paged:"), "{shown}");
}

#[test]
fn the_first_pager_that_is_named_is_taken_and_its_arguments_are_as_in_a_shell() {
    let folder = Folder::new("named-pager");
    folder.file("app.log", task(1));
    let second = ("PAGER", "sed 's/^/second: /'");

    for (first, expected) in [(Some(MARKER), "paged: "), (None, "second: ")] {
        let variables: Vec<_> = first.into_iter().chain([second]).collect();
        let mut terminal = Terminal::start(&folder.0, &variables, "tasktrail tree app.log");
        let (shown, _) = terminal.end();

        assert!(shown.starts_with(expected), "{shown}");
    }
}

#[test]
fn behind_a_pager_colours_and_width_are_those_of_the_terminal() {
    let folder = Folder::new("paged-look");
    folder.file("app.log", task(1));
    let draw = |line: &str, variables: &[(&str, &str)]| {
        let (shown, status) = Terminal::start(&folder.0, variables, line).end();
        assert_eq!(status, 0, "{shown}");
        shown
    };

    let paged = draw("tasktrail tree app.log", &[("PAGER", "sed p")]);
    let direct = draw("tasktrail --no-pager tree app.log", &[]);

    let twice: String = direct
        .lines()
        .flat_map(|line| [line, "\n"].repeat(2))
        .collect();
    assert_eq!(paged, twice);
    assert!(direct.contains("\u{1b}["), "{direct}");
    let plain = draw("NO_COLOR=1 tasktrail tree app.log", &[("PAGER", "sed ''")]);
    assert!(!plain.contains('\u{1b}'), "{plain}");
    assert!(plain.contains("█"), "{plain}");
    let widest = plain.lines().map(|line| line.chars().count()).max();
    assert_eq!(widest, Some(60), "{plain}");
}

#[test]
fn no_color_holds_for_all_that_is_drawn_and_colours_can_be_forced() {
    let folder = Folder::new("no-color");
    folder.file("app.log", task(1));

    for line in [
        "tree app.log",
        "timeline task-1 app.log",
        "stats app.log",
        "query app.log",
        "query --format table app.log",
        "audit app.log",
    ] {
        let variables = [("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1"), ("PAGER", "")];
        let mut terminal = Terminal::start(&folder.0, &variables, &format!("tasktrail {line}"));
        let (shown, _) = terminal.end();

        assert!(!shown.contains('\u{1b}'), "{line}: {shown}");
    }
    for (force, are_there) in [("1", true), ("0", false), ("", false)] {
        let variables = [("CLICOLOR_FORCE", force)];
        let line = "tasktrail tree app.log | cat";
        let (shown, _) = Terminal::start(&folder.0, &variables, line).end();

        assert_eq!(shown.contains('\u{1b}'), are_there, "{force:?}: {shown}");
    }
}

#[test]
fn without_the_pager_that_is_named_all_is_printed() {
    let folder = Folder::new("no-such-pager");
    folder.file("app.log", task(1));

    for (pager, why) in [
        (
            "no-such-pager -x",
            "PAGER: \"no-such-pager -x\" can't be started: ",
        ),
        ("less 'x", "PAGER: expected a command: "),
    ] {
        let mut terminal =
            Terminal::start(&folder.0, &[("PAGER", pager)], "tasktrail tree app.log");
        let (shown, status) = terminal.end();

        assert!(shown.starts_with(why), "{shown}");
        assert!(shown.contains("act-1"), "{shown}");
        assert_eq!(status, 0);
    }
    // Of one that nobody named nothing is told.
    let line = "PATH=$(dirname $(command -v tasktrail)) tasktrail query --no-config app.log";
    let (shown, status) = Terminal::start(&folder.0, &[], line).end();
    assert_eq!(shown, task(1));
    assert_eq!(status, 0);
    let line = "TERM=dumb tasktrail query app.log";
    let (shown, _) = Terminal::start(&folder.0, &[], line).end();
    assert_eq!(shown, task(1));
}

#[test]
fn what_is_told_while_a_pager_is_there_is_shown_after_it() {
    let folder = Folder::new("told-after");
    folder.file("app.log", task(1) + "no record\n" + &task(2));

    let mut terminal = Terminal::start(&folder.0, &[MARKER], "tasktrail tree app.log");
    let (shown, status) = terminal.end();

    let (paged, told) = shown.split_once("end of pager\n").unwrap();
    assert!(
        paged.contains("act-2") && !paged.contains("app.log:3"),
        "{shown}"
    );
    assert!(told.starts_with("app.log:3: "), "{shown}");
    assert_eq!(status, 1);
}

#[test]
fn what_is_told_after_the_pager_does_not_steer_the_terminal() {
    let folder = Folder::new("told-plainly");
    folder.file("app\u{1b}[2J.log", task(1) + "no record\n");

    let mut terminal = Terminal::start(&folder.0, &[MARKER], "tasktrail query *.log");
    let (shown, status) = terminal.end();

    assert!(
        shown.contains("end of pager\napp␛[2J.log:3: expected"),
        "{shown:?}"
    );
    assert_eq!(status, 1);
}

/// Makes a named pipe, and gives the end that is written to. It stays open without a reader.
fn pipe(folder: &Folder) -> File {
    let pipe = folder.0.join("pipe");
    let made = Command::new("mkfifo").arg(&pipe).status().unwrap();
    assert!(made.success());
    let mut both = OpenOptions::new();
    both.read(true).write(true).open(&pipe).unwrap()
}

#[test]
fn what_is_told_stands_on_a_line_of_its_own_although_there_is_a_progress_bar() {
    let folder = Folder::new("told-beside-bar");
    let mut pipe = pipe(&folder);

    let mut terminal = Terminal::start(&folder.0, &[], "tasktrail stats pipe");
    let is_there = (0..60).any(|_| {
        pipe.write_all(task(1).as_bytes()).unwrap();
        terminal.shows("B/s", Duration::from_secs(1))
    });
    assert!(is_there);
    pipe.write_all(b"no record\n").unwrap();
    let shown = terminal.wait_for("pipe:");

    assert!(shown.ends_with("\r\u{1b}[2Kpipe:"), "{shown:?}");
}

#[test]
fn a_progress_bar_makes_way_for_results() {
    let folder = Folder::new("bar-makes-way");
    let mut pipe = pipe(&folder);

    let mut terminal = Terminal::start(&folder.0, &[], "tasktrail dedup pipe");
    let start = Instant::now();
    let mut number = 0;
    // A bar comes after a second.
    while start.elapsed() < Duration::from_millis(1500) {
        number += 1;
        pipe.write_all(task(number).as_bytes()).unwrap();
        let shown = terminal.wait_for("succeeded\"}\r\n");

        assert!(!shown.contains("B/s"), "{shown:?}");
    }
}

#[test]
fn less_shows_a_short_result_and_is_gone() {
    if !has_less() {
        return;
    }
    let folder = Folder::new("short");
    folder.file("app.log", task(1));

    let mut terminal = Terminal::start(&folder.0, &[], "tasktrail query app.log");
    let (shown, status) = terminal.end();

    for line in task(1).lines() {
        // The terminal has 60 columns.
        assert!(shown.contains(&line[..50]), "{shown}");
    }
    assert_eq!(status, 0);
}

#[test]
fn less_can_be_left_early_which_is_no_error() {
    if !has_less() {
        return;
    }
    let folder = Folder::new("left-early");
    folder.file("app.log", tasks(5000));

    let mut terminal = Terminal::start(&folder.0, &[], "tasktrail tree app.log");
    terminal.wait_for("act-1");
    terminal.wait_for(PROMPT);
    terminal.press("q");
    let (shown, status) = terminal.end();

    assert!(!shown.contains("act-5000"), "{shown}");
    assert!(!shown.contains("can't be written"), "{shown}");
    assert_eq!(status, 0);
}

#[test]
fn ctrl_c_in_less_ends_neither_less_nor_the_command() {
    if !has_less() {
        return;
    }
    let folder = Folder::new("ctrl-c");
    // More than a pipe holds: the command is still writing.
    folder.file("app.log", tasks(5000));

    let mut terminal = Terminal::start(&folder.0, &[], "tasktrail tree app.log");
    terminal.wait_for("act-1");
    terminal.wait_for(PROMPT);
    terminal.press("\u{3}");
    // less may throw away what is typed while it takes note of Ctrl-C.
    terminal.press_until("G", "act-5000");
    terminal.press("q");
    let (_, status) = terminal.end();

    assert_eq!(status, 0);
}

#[test]
fn ctrl_c_that_ends_the_pager_ends_the_command() {
    let folder = Folder::new("ctrl-c-ends");
    folder.file("app.log", tasks(5000));

    let pager = ("PAGER", "sh -c 'echo ready; exec sleep 1000'");
    let mut terminal = Terminal::start(&folder.0, &[pager], "tasktrail tree app.log");
    terminal.wait_for("ready");
    terminal.press("\u{3}");
    let (_, status) = terminal.end();

    assert_eq!(status, 130);
}

#[test]
fn a_command_that_reads_on_is_ended_when_its_pager_is_left() {
    reads_on("pipe", 0);
}

#[test]
fn a_command_that_is_ended_with_its_pager_has_the_status_of_what_was_told() {
    reads_on("bad.log pipe", 1);
    reads_on("bad.log none.log pipe", 2);
}

/// Leaves the pager of a command that reads a pipe which nobody closes.
#[track_caller]
fn reads_on(logs: &str, expected: i32) {
    let folder = Folder::new(&format!("reads-on-{expected}"));
    folder.file("bad.log", "no record\n");
    let mut writer = pipe(&folder);

    let pager = ("PAGER", "sed -n '/act-1/{p;q}'");
    let line = format!("tasktrail tree {logs}");
    let mut terminal = Terminal::start(&folder.0, &[pager], &line);
    writer.write_all(task(1).as_bytes()).unwrap();
    terminal.wait_for("act-1");
    let (_, status) = terminal.end();

    assert_eq!(status, expected);
    drop(writer);
}
