//! Which messages and which tasks `tasktrail tree` draws.
#![expect(
    clippy::unwrap_used,
    reason = "clippy.toml allows it in tests, but not in what they share"
)]

use std::process::{Command, Output, Stdio};

use std::io::Write;

fn run(log: &str, arguments: &[&str]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_tasktrail"))
        .env("TASKTRAIL_CONFIG", "")
        .arg("tree")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command line that is wrong ends the program before it reads.
    let _ = child.stdin.take().unwrap().write_all(log.as_bytes());
    child.wait_with_output().unwrap()
}

/// Gives the names of the tasks that are drawn, in their order.
#[track_caller]
fn tasks(log: &str, arguments: &[&str]) -> Vec<String> {
    let output = run(log, arguments);
    assert_eq!(
        String::from_utf8(output.stderr).unwrap(),
        "",
        "{arguments:?}"
    );
    assert_eq!(output.status.code(), Some(0));
    let drawn = String::from_utf8(output.stdout).unwrap();
    let trees = drawn.split_terminator("\n\n");
    trees
        .map(|tree| tree.lines().next().unwrap_or_default().to_owned())
        .collect()
}

fn line(task: &str, level: &str, seconds: f64, rest: &str) -> String {
    format!(
        "{{\"task_uuid\":\"{task}\",\"task_level\":[{level}],\"timestamp\":{seconds},{rest}}}\n"
    )
}

fn action(task: &str, levels: [&str; 2], seconds: [f64; 2], status: &str) -> String {
    let name = r#""action_type":"a","action_status""#;
    line(task, levels[0], seconds[0], &format!("{name}:\"started\""))
        + &line(task, levels[1], seconds[1], &format!("{name}:\"{status}\""))
}

/// Four tasks: all is well; an inner action failed; a message; and one that never ended, whose
/// inner action took 3 seconds.
fn log() -> String {
    let name = r#""action_type":"a","action_status":"started""#;
    [
        action("well", ["1", "2"], [0.0, 0.2], "succeeded"),
        line("inner", "1", 1.0, name),
        action("inner", ["2,1", "2,2"], [1.0, 1.1], "failed"),
        line("inner", "3", 1.25, &name.replace("started", "succeeded")),
        line("said", "1", 2.0, r#""message_type":"m","path":"/x","n":0"#),
        line("open", "1", 3.0, &format!("{name},\"path\":\"/x/y\"")),
        action("open", ["2,1", "2,2"], [3.0, 6.0], "succeeded"),
    ]
    .concat()
}

#[test]
fn failed_takes_tasks_in_which_an_action_failed() {
    assert_eq!(tasks(&log(), &[]), ["well", "inner", "said", "open"]);
    assert_eq!(tasks(&log(), &["--failed"]), ["inner"]);
}

#[test]
fn slower_takes_tasks_that_took_longer() {
    for (limit, expected) in [
        ("0s", &["well", "inner", "open"][..]),
        ("199ms", &["well", "inner", "open"]),
        ("200ms", &["inner", "open"]),
        ("200000us", &["inner", "open"]),
        ("250ms", &["open"]),
        // From its first to its last message, as it has no end.
        ("2s 999ms", &["open"]),
        ("3s", &[]),
        ("1m 1s", &[]),
    ] {
        assert_eq!(tasks(&log(), &["--slower", limit]), expected, "{limit}");
    }
}

#[test]
fn where_takes_tasks_with_such_a_message() {
    for (expressions, expected) in [
        (&["path"][..], &["said", "open"][..]),
        (&["path == '/x/y'"], &["open"]),
        (&["action_status == 'failed'"], &["inner"]),
        (&["task_level == `[2, 2]`"], &["inner", "open"]),
        (&["n"], &[]),
        (&["n == `0`"], &["said"]),
        // Each for a message, not all for one.
        (&["path", "task_level == `[2, 2]`"], &["open"]),
        (&["path", "action_status == 'failed'"], &[]),
    ] {
        let flags: Vec<&str> = expressions.iter().flat_map(|e| ["--where", e]).collect();

        assert_eq!(tasks(&log(), &flags), expected, "{expressions:?}");
    }
}

#[test]
fn an_id_is_found_in_capitals_and_without_hyphens_and_no_record_without_a_task_is() {
    let message = r#""message_type":"m""#;
    let id = "192f76ea-915e-4131-95dc-da28c6bcdbb5";
    let log = [
        line(id, "1", 0.0, message),
        line("T", "1", 0.0, message),
        "{\"@timestamp\":\"2026-11-22T04:39:32Z\",\"@version\":1,\"message\":\"T 192f76ea\"}\n"
            .into(),
    ]
    .concat();
    for (wanted, expected) in [
        (id, &[id][..]),
        ("192F76EA-915E-4131-95DC-DA28C6BCDBB5", &[id]),
        ("192f76ea915e413195dcda28c6bcdbb5", &[id]),
        ("192f76ea-915e-4131-95dc-da28c6bc", &[]),
        ("T", &["T"]),
        ("t", &[]),
    ] {
        assert_eq!(tasks(&log, &["-u", wanted]), expected, "{wanted}");
    }
}

#[test]
fn a_chosen_task_is_drawn_whole() {
    let chosen = run(&log(), &["--where", "action_status == 'failed'"]);
    let by_name = run(&log(), &["-u", "inner"]);

    assert_eq!(chosen.stdout, by_name.stdout);
    assert_eq!(String::from_utf8(chosen.stdout).unwrap().lines().count(), 6);
}

#[test]
fn all_choices_must_hold() {
    assert_eq!(tasks(&log(), &["--failed", "--slower", "200ms"]), ["inner"]);
    assert!(tasks(&log(), &["--failed", "--slower", "1s"]).is_empty());
    assert!(tasks(&log(), &["--failed", "--where", "path"]).is_empty());
    assert_eq!(
        tasks(&log(), &["--slower", "1s", "--where", "path"]),
        ["open"]
    );
    // Messages are left out first: the others are all there is.
    assert!(
        tasks(
            &log(),
            &["--failed", "--select", "action_status != 'failed'"]
        )
        .is_empty()
    );
    let end = &["--end", "1970-01-01T00:00:02Z"];
    assert_eq!(tasks(&log(), end), ["well", "inner"]);
    assert_eq!(
        tasks(&log(), &["--start", "1970-01-01T00:00:02Z"]),
        ["said", "open"]
    );
}

#[test]
fn a_message_outside_of_actions_is_chosen_for_itself() {
    let name = r#""action_type":"a","action_status":"started""#;
    let log = [
        line("t", "1", 0.0, &format!("{name},\"x\":1")),
        line("t", "1", 0.0, r#""message_type":"alone""#),
        line("t", "2", 0.5, &name.replace("started", "succeeded")),
    ]
    .concat();

    // The message has the name of the task, and not its `x`.
    assert_eq!(tasks(&log, &[]).len(), 2);
    for (expression, name) in [("x", "a/1"), ("message_type", "alone/1")] {
        let output = run(&log, &["--where", expression]);
        let drawn = String::from_utf8(output.stdout).unwrap();
        assert!(drawn.starts_with(&format!("t\n└── {name} ")), "{drawn}");
        assert_eq!(drawn.matches("\n\n").count(), 1, "{drawn}");
    }
}

#[test]
fn a_message_that_an_expression_does_not_suit_is_none_and_counted() {
    let output = run(&log(), &["--where", "starts_with(path, '/x')"]);

    // Of the 10 messages two have a path.
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(
        stderr.starts_with(
            "--where \"starts_with(path, '/x')\": taken as false for 8 messages, first because: "
        ),
        "{stderr}"
    );
    assert_eq!(stderr.lines().count(), 1);
    assert_eq!(output.status.code(), Some(0));
    let drawn = String::from_utf8(output.stdout).unwrap();
    assert!(
        drawn.starts_with("said\n") && drawn.contains("\nopen\n"),
        "{drawn}"
    );
    assert!(tasks(&log(), &["--where", "path && starts_with(path, '/x')"]).len() == 2);
}

#[test]
fn messages_without_a_time_are_of_no_moment() {
    let log = "{\"task_uuid\":\"t\",\"task_level\":[1],\"message_type\":\"m\"}\n";

    assert_eq!(tasks(log, &[]), ["t"]);
    assert!(tasks(log, &["--start", "1970"]).is_empty());
    assert!(tasks(log, &["--end", "2026"]).is_empty());
}

#[test]
fn what_can_not_be_read_on_the_command_line_is_told() {
    for (arguments, told) in [
        (
            ["--start", "noon"],
            "expected a date such as 2023-11-14T22:13:20Z, found \"noon\"",
        ),
        (["--end", "2023-02-30"], "expected a date"),
        (["--slower", "fast"], "expected number"),
        (["--select", "a =="], "Parse error"),
        (["--where", "lenght(@)"], "undefined function lenght"),
        (["--theme", "blue"], "[possible values: auto, dark, light]"),
    ] {
        let output = run("", &arguments);

        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(stderr.contains(told), "{stderr}");
    }
}

#[test]
fn a_config_that_is_no_good_is_told() {
    let file = std::env::temp_dir().join(format!("tasktrail-config-{}", std::process::id()));
    let path = file.to_str().unwrap();
    for (content, told) in [
        ("[]", "expected a JSON object"),
        ("{\"ascii\":1}", "expected ascii to be true or false"),
        (
            "{\"color\":\"blue\"}",
            "expected color to be \"always\", \"auto\", \"never\"",
        ),
        (
            "{\"field_limit\":-1}",
            "expected field_limit to be a number, 0 or greater",
        ),
        (
            "{\"theme_override\":{}}",
            "expected no setting \"theme_override\"",
        ),
        (
            "{",
            "expected a key in double quotes, found the end of the line at column 2",
        ),
    ] {
        std::fs::write(&file, content).unwrap();

        let output = run("", &["--config", path]);

        assert_eq!(output.status.code(), Some(2), "{content}");
        assert_eq!(
            String::from_utf8(output.stderr).unwrap(),
            format!("{path}: {told}\n")
        );
    }
    for overrides in [
        "[]",
        r#"{"leaf": ["red"]}"#,
        r#"{"root": "red"}"#,
        r#"{"root": []}"#,
        r#"{"root": ["reddish"]}"#,
        r#"{"root": ["256"]}"#,
        r#"{"root": ["01"]}"#,
        r#"{"root": [1.0]}"#,
        r##"{"root": ["#f00"]}"##,
        r#"{"root": [true]}"#,
        r#"{"root": ["red", "blue", ["fat"]]}"#,
        r#"{"root": ["red", "blue", ["bold"], 1]}"#,
    ] {
        std::fs::write(&file, format!("{{\"theme_overrides\":{overrides}}}")).unwrap();

        let output = run("", &["--config", path]);

        assert_eq!(output.status.code(), Some(2), "{overrides}");
        let told = String::from_utf8(output.stderr).unwrap();
        let expected = format!("{path}: expected theme_overrides to give parts of a tree, such as");
        assert!(told.starts_with(&expected), "{told}");
        assert_eq!(told.lines().count(), 1, "{told}");
    }
    std::fs::remove_file(&file).unwrap();
    assert_eq!(run("", &["--config", path]).status.code(), Some(2));
}
