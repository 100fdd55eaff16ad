//! `tasktrail follow`: which tasks and messages it shows, and how long it keeps them.
#![cfg(unix)]
#![expect(
    clippy::unwrap_used,
    reason = "clippy.toml allows it in tests, but not in what they share"
)]

mod following;
mod run;

use std::fs;
use std::io::Write;

use following::{Following, action, append, message, next};
use run::{Folder, run_in, stdout};

#[test]
fn a_task_of_which_messages_are_chosen_is_drawn_when_all_of_it_was_read() {
    let folder = Folder::new("follow-select");
    let said = message("t").replace("[1]", "[2]");
    let other = said.replace("said", "unwanted").replace("[2]", "[3]");
    // The task that may be whole comes first, in which `tree` draws it, too.
    let log = [
        action("u", 1, "started"),
        action("u", 2, "succeeded"),
        action("t", 1, "started"),
        said,
        other,
        action("t", 4, "succeeded"),
        String::new(),
    ]
    .join("\n");
    folder.file("whole.log", &log);
    folder.file("a.log", "");
    for choice in [
        &["--select", "message_type == 'said'"][..],
        // The end of the task comes after it.
        &["--end", "1970-01-01T00:00:04Z"],
        &["--start", "1970-01-01T00:00:04Z"],
        &[
            "--select",
            "message_type == 'said'",
            "--where",
            "message_type == 'said'",
        ],
        &[
            "--select",
            "message_type == 'said'",
            "--where",
            "message_type == 'unwanted'",
        ],
        &["--select", "action_status == 'succeeded'", "--failed"],
    ] {
        let tree = run_in(&folder.0, &[&["tree", "whole.log"], choice].concat());
        let following = Following::start(&folder, &[&["a.log"], choice].concat());

        append(&folder, "a.log", &log);
        append(&folder, "a.log", "oops\n");

        following.shows(stdout(&tree));
        following.tells("a.log");
        assert_eq!(
            following.end(),
            (Some(1), String::new(), String::new()),
            "{choice:?}"
        );
    }
}

#[test]
fn of_one_task_only_its_lines_are_printed() {
    let folder = Folder::new("follow-one-task");
    folder.file("a.log", "");
    let following = Following::start(&folder, &["--lines", "-u", "t", "a.log"]);
    let of_none = r#"{"@timestamp":"2026-11-22T04:39:32Z","@version":1,"message":"no task"}"#;
    let lines = [of_none, &message("u"), &message("t"), ""].join("\n");

    append(&folder, "a.log", &lines);

    following.shows(&message("t"));
    assert_eq!(following.end(), (Some(0), String::new(), String::new()));
}

#[test]
fn a_message_alone_leaves_the_lines_of_an_open_task_of_its_name() {
    let folder = Folder::new("follow-alone");
    folder.file("a.log", "");
    let following = Following::start(
        &folder,
        &["--lines", "--where", "task_uuid == 't'", "a.log"],
    );
    let lines = [
        action("t", 1, "started"),
        message("t"),
        action("t", 2, "succeeded"),
    ];

    append(&folder, "a.log", &(lines.join("\n") + "\n"));

    following.shows(&lines[1]);
    following.shows(&lines[0]);
    following.shows(&lines[2]);
    assert_eq!(following.end(), (Some(0), String::new(), String::new()));
}

#[test]
fn beyond_the_memory_the_task_without_news_for_longest_is_shown_and_forgotten() {
    let folder = Folder::new("follow-memory");
    let long = |task: &str, number: u64| {
        let pad = format!(",\"pad\":\"{}\"}}", "x".repeat(30_000));
        message(task)
            .replace("[1]", &format!("[{number}]"))
            .replace('}', &pad)
    };
    let [a2, b2, a3, c2, b3, c3] = [("a", 2), ("b", 2), ("a", 3), ("c", 2), ("b", 3), ("c", 3)]
        .map(|(task, number)| long(task, number) + "\n");
    let last = message("last") + "\n";
    folder.file("a.log", "");
    let open = ["--open", "a.log"];
    // A record of 30,000 bytes takes a little more, and with its line twice that.
    let trees = Following::start(&folder, &[&["--memory", "100000"], &open[..]].concat());
    let where_said = [
        "--lines",
        "--where",
        "message_type == 'said'",
        "--memory",
        "200000",
    ];
    let lines = Following::start(&folder, &[&where_said, &open[..]].concat());

    append(
        &folder,
        "a.log",
        &[&a2, &b2, &a3, &c2, &b3, &c3, &last]
            .map(String::as_str)
            .concat(),
    );

    // `c` is the fourth record, and one too many: of `a` and `b` the latter has had no news since the
    // second. Then it starts again, and `a` has had none since the third.
    let shown = [vec![&b2], vec![&a2, &a3], vec![&last]];
    let left = [vec![&c2, &c3], vec![&b3]];
    let drawn = |lines: &Vec<&String>| {
        folder.file(
            "task.log",
            lines.iter().map(|line| line.as_str()).collect::<String>(),
        );
        stdout(&run_in(&folder.0, &["tree", "task.log"])).to_owned()
    };
    shown.iter().for_each(|task| trees.shows(&drawn(task)));
    shown.iter().flatten().for_each(|line| lines.shows(line));
    let told = |memory| {
        let were = |was| {
            format!(
                "open tasks took more than --memory {memory}: {was} shown as far as chosen, and forgotten\n"
            )
        };
        were("1 was") + &were("2 were")
    };
    let left_trees: String = left.iter().map(drawn).collect();
    let left_lines: String = left.iter().flatten().map(|line| line.as_str()).collect();
    assert_eq!(trees.end(), (Some(0), left_trees, told("100000")));
    assert_eq!(lines.end(), (Some(0), left_lines, told("200000")));
}

#[test]
#[cfg(target_os = "linux")]
fn a_process_that_follows_open_tasks_for_ever_stays_within_its_memory() {
    let folder = Folder::new("follow-rss");
    let file = fs::File::create(folder.0.join("a.log")).unwrap();
    let mut file = std::io::BufWriter::new(file);
    for task in 0..100_000 {
        let line = message(&format!("task-{task}")).replace("[1]", "[2]");
        writeln!(
            file,
            "{}",
            line.replace(
                '}',
                ",\"customer\":\"ann\",\"total\":12.5,\"items\":[1,2,3]}"
            )
        )
        .unwrap();
    }
    writeln!(file, "{}", message("done")).unwrap();
    file.flush().unwrap();
    let peak = |arguments: &[&str]| {
        let arguments = [&["--from-start", "-l", "1", "a.log"], arguments].concat();
        let following = Following::start(&folder, &arguments);
        while next(&following.out) != "done" {}
        let status = format!("/proc/{}/status", following.child.id());
        let status = fs::read_to_string(status).unwrap();
        let peak = status
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:"))
            .unwrap();
        let kibibytes: u64 = peak.trim().trim_end_matches(" kB").parse().unwrap();
        let (status, _, told) = following.end();
        assert_eq!(status, Some(0));
        (kibibytes / 1024, told)
    };

    let (bounded, told) = peak(&["--memory", "8M"]);
    let (all, nothing) = peak(&["--memory", "1G"]);

    assert!(told.contains("and forgotten"), "{told}");
    assert_eq!(nothing, "");
    assert!(bounded < 40, "{bounded} MiB");
    assert!(all > 3 * bounded, "{all} MiB, {bounded} MiB");
}
