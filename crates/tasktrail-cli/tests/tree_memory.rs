//! What `tree` does when open tasks don't fit into its memory.
#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod run;

use std::fmt::Write as _;

use run::{Folder, command, run_in, stderr, stdout};

struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % bound
    }
}

/// A log of tasks of which some are not complete, in any order, with what else may be wrong.
fn log(tasks: usize, seed: u64) -> String {
    let mut random = Random(seed);
    let mut lines = Vec::new();
    for task in 0..tasks {
        let mut add = |level: &str, rest: &str| {
            lines.push(format!(
                r#"{{"task_uuid":"task-{task}","task_level":{level},"timestamp":1700000000.5,{rest}}}"#
            ));
        };
        let start = |name: &str| format!(r#""action_type":"{name}","action_status":"started""#);
        let end = |name: &str, status: &str| {
            format!(r#""action_type":"{name}","action_status":"{status}""#)
        };
        let status = if task % 7 == 0 { "failed" } else { "succeeded" };
        add("[1]", &start("order"));
        add("[2]", &format!(r#""message_type":"said","number":{task}"#));
        add("[3,1]", &start("pay"));
        match task % 9 {
            // What is no JSON is no less kept.
            0 => add(
                "[3,2]",
                r#""message_type":"said","total":NaN,"least":-Infinity"#,
            ),
            1 => add("[3,2]", r#""message_type":"said","twice":1,"twice":2"#),
            _ => add("[3,2]", r#""message_type":"said","text":"ÄÖ \u0007 \\ \""#),
        }
        add("[3,3]", &end("pay", status));
        match task % 11 {
            0 => {}
            1 => add("[4]", &end("another", "succeeded")),
            _ => add("[4]", &end("order", status)),
        }
        if task % 13 == 0 {
            add("[2]", r#""message_type":"said again""#);
        }
    }
    for place in (1..lines.len()).rev() {
        lines.swap(place, random.below(place + 1));
    }
    lines.iter().fold(String::new(), |mut log, line| {
        writeln!(log, "{line}").unwrap();
        log
    })
}

/// Gives the drawn trees, sorted.
fn trees(text: &str) -> Vec<&str> {
    let mut trees: Vec<_> = text.split("\n\n").collect();
    trees.sort_unstable();
    trees
}

#[test]
fn what_waits_on_disk_is_drawn_as_it_would_be_from_memory() {
    for seed in 0..3 {
        let folder = Folder::new(&format!("tree-memory-{seed}"));
        folder.file("log", log(600, seed));
        for flags in [
            &[][..],
            &["--failed"],
            &["--where", "number > `300`"],
            &["--select", "message_type == 'said'"],
        ] {
            let drawn = |memory: &str| {
                let arguments = [&["tree", "log", "--memory", memory], flags].concat();
                run_in(&folder.0, &arguments)
            };
            let all = drawn("1G");
            // All wait in the end; a part; so many that their names are too many.
            for memory in ["1", "200K", "20K"] {
                let some = drawn(memory);

                assert!(
                    stdout(&some) != stdout(&all),
                    "nothing was sent away: {memory}"
                );
                assert_eq!(
                    trees(stdout(&some)),
                    trees(stdout(&all)),
                    "{memory} {flags:?}"
                );
                assert_eq!(some.status.code(), all.status.code());
                // What is bad is told by its line, or when it comes back by its task.
                assert_eq!(stderr(&some).is_empty(), stderr(&all).is_empty());
            }
        }
    }
}

#[test]
fn tasks_that_fit_are_drawn_as_they_complete() {
    let folder = Folder::new("tree-memory-order");
    folder.file("log", log(50, 1));

    let roomy = run_in(&folder.0, &["tree", "log"]);
    let enough = run_in(&folder.0, &["tree", "log", "--memory", "2M"]);

    assert_eq!(stdout(&enough), stdout(&roomy));
    assert_eq!(stderr(&enough), stderr(&roomy));
}

#[test]
fn a_folder_that_takes_no_temporary_file_is_told() {
    let folder = Folder::new("tree-memory-disk");
    folder.file("log", log(2_000, 1));

    let missing = folder.0.join("nowhere");
    let output = command(&["tree", "log", "--memory", "1K"])
        .current_dir(&folder.0)
        .env("TMPDIR", &missing)
        .output()
        .unwrap();

    assert_eq!(output.status.code(), Some(2));
    // What is wrong with lines was told before.
    let told = stderr(&output).lines().last().unwrap();
    let start = format!("{}: a temporary file can't be made: ", missing.display());
    let end = "; what --memory does not hold has no other place, so not all tasks are there";
    assert!(told.starts_with(&start) && told.ends_with(end), "{told}");
}

#[cfg(unix)]
#[test]
fn a_disk_that_is_full_is_told_and_what_was_drawn_stays() {
    let folder = Folder::new("tree-memory-full");
    let whole = r#"{"task_uuid":"whole","task_level":[1],"timestamp":1.5,"message_type":"said"}"#;
    folder.file("log", format!("{whole}\n{}", log(2_000, 1)));

    // A file may have 100 blocks of 512 bytes, as if the disk was full behind them.
    let output = std::process::Command::new("sh")
        .args([
            "-c",
            "trap '' XFSZ; ulimit -f 100; exec \"$0\" tree log --memory 1K",
        ])
        .arg(env!("CARGO_BIN_EXE_tasktrail"))
        .env("TMPDIR", &folder.0)
        .current_dir(&folder.0)
        .output()
        .unwrap();

    assert!(stdout(&output).starts_with("whole\n"));
    let told = stderr(&output).lines().last().unwrap();
    let start = format!(
        "{}: a temporary file can't be written: File too large",
        folder.0.display()
    );
    let end = "; what --memory does not hold has no other place, so not all tasks are there";
    assert!(told.starts_with(&start) && told.ends_with(end), "{told}");
    assert_eq!(output.status.code(), Some(2));
}
