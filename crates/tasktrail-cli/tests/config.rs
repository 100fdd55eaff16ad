//! The configuration holds defaults of options.
#![expect(
    clippy::unwrap_used,
    reason = "clippy.toml allows it in tests, but not in what they share"
)]

mod run;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU32, Ordering};

use run::{Folder, assert_outcome, command, stderr, stdout};

const LINE: &str = "{\"task_uuid\":\"t\",\"task_level\":[1],\"timestamp\":1.5,\"message_type\":\"m\",\"text\":\"a long one\"}\n";

/// Runs with a configuration, in a folder with a log.
fn run_with(config: &str, arguments: &[&str]) -> Output {
    static RUNS: AtomicU32 = AtomicU32::new(0);
    let run = RUNS.fetch_add(1, Ordering::Relaxed);
    let folder = Folder::new(&format!("config-{run}"));
    folder.file("config.toml", config);
    folder.file("app.log", LINE);
    let mut command = command(arguments);
    command.env("TASKTRAIL_CONFIG", "config.toml");
    command.current_dir(&folder.0).output().unwrap()
}

#[track_caller]
fn shows(config: &str, arguments: &[&str], expected: &str) {
    assert_outcome(&run_with(config, arguments), 0, expected, "");
}

#[test]
fn an_option_is_as_the_file_says_unless_the_command_line_says_otherwise() {
    let fields = "[query]\nfields = [\"text\", \"timestamp\"]\nformat = \"csv\"";

    shows(
        fields,
        &["query", "app.log"],
        "text,timestamp\na long one,1.5\n",
    );
    shows(
        fields,
        &["query", "--fields", "text", "app.log"],
        "text\na long one\n",
    );
    shows(
        fields,
        &["query", "--format", "lines", "app.log"],
        "{\"text\":\"a long one\",\"timestamp\":1.5}\n",
    );
    shows(fields, &["--no-config", "query", "app.log"], LINE);
    shows(fields, &["query", "app.log", "--no-config"], LINE);
    // One that must be there may be there.
    let converted = run_with("[convert]\nto = \"eliot\"", &["convert", "app.log"]);
    assert_outcome(&converted, 0, LINE, "1 line written, 0 converted\n");
    // Of other commands nothing holds.
    let others = "[stats]\nascii = true\n[follow]\nlines = true";
    shows(others, &["query", "app.log"], LINE);
}

#[test]
fn a_number_and_a_list_of_one_are_taken_too() {
    // Times are cut too, as eliot-tree does it.
    let limited = "t\n└── m/1 1…\n    └── text: a…\n\n";

    shows("[tree]\nfield-limit = 1", &["tree", "app.log"], limited);
    shows("[tree]\nfield-limit = 0x1", &["tree", "app.log"], limited);
    shows("[tree]\nfield-limit = \"1\"", &["tree", "app.log"], limited);
    shows(
        "[query]\nfields = \"text\"",
        &["query", "app.log"],
        "text\na long one\n",
    );
    shows(
        "[query]\nuntil = 1970-01-01",
        &["query", "--count", "app.log"],
        "0\n",
    );
}

#[test]
fn a_flag_that_the_file_switches_on_can_be_switched_off() {
    let failed = "[query]\nfailed = true";

    shows(failed, &["query", "app.log"], "");
    shows(failed, &["query", "--failed=false", "app.log"], LINE);
    shows(failed, &["query", "--failed=true", "app.log"], "");
    // Alone it takes no value: the log is a log.
    shows(failed, &["query", "--failed", "app.log"], "");
    shows("[query]\nfailed = false", &["query", "app.log"], LINE);
    shows(
        "[query]\nfailed = false",
        &["query", "--failed", "app.log"],
        "",
    );
}

#[test]
fn what_does_not_go_with_the_command_line_counts_no_more() {
    let table = "[query]\nformat = \"table\"\nfields = \"text\"";
    let count = "[query]\ncount = true";

    shows(table, &["query", "--count", "app.log"], "1\n");
    shows(
        table,
        &["query", "--group-by", "message_type", "app.log"],
        "message_type  count\nm                 1\n",
    );
    shows(count, &["query", "app.log"], "1\n");
    shows(count, &["query", "--format", "lines", "app.log"], LINE);
    shows(
        count,
        &["query", "--fields", "text", "app.log"],
        "text\na long one\n",
    );
    let message = |level| LINE.replace("[1]", &format!("[{level}]"));
    let start = LINE.replace(
        "\"message_type\":\"m\"",
        "\"action_type\":\"a\",\"action_status\":\"started\"",
    );
    let many: String = std::iter::once(start)
        .chain((2..=10).map(message))
        .collect();
    let folder = Folder::new("config-siblings");
    folder.file("config.toml", "[tree]\nall = true");
    folder.file("app.log", many);
    let drawn = command(&["tree", "--layout", "trail", "--siblings", "2", "app.log"])
        .env("TASKTRAIL_CONFIG", "config.toml")
        .current_dir(&folder.0)
        .output()
        .unwrap();
    assert!(stdout(&drawn).contains("7 more m"), "{}", stdout(&drawn));
}

#[test]
fn help_shows_the_default_that_holds() {
    let help = run_with("[tree]\ncolor = \"never\"\nraw = true", &["tree", "-h"]);

    let line = |name: &str| {
        let mut lines = stdout(&help).lines();
        lines.find(|line| line.contains(name)).unwrap().to_owned()
    };
    assert!(
        line("--color").contains("[default: never]"),
        "{}",
        line("--color")
    );
    assert!(
        !line("--color").contains("[default: auto]"),
        "{}",
        line("--color")
    );
    assert!(
        line("--raw").contains("[default: true]"),
        "{}",
        line("--raw")
    );
}

#[test]
fn a_wrong_configuration_is_told_before_anything_is_read() {
    for (config, expected) in [
        (
            "[tree]\n\ncolor = \"red\"",
            "3: [tree] color: expected \"always\", \"auto\" or \"never\", found \"red\"",
        ),
        (
            "[stats]\nsince = 3",
            "2: [stats] expected action, memory, by, json, ascii or longest-line, found since",
        ),
        (
            "[audit]\nmemory = \"much\"",
            "2: [audit] memory: expected a number of bytes such as 1000, 64K, 64MiB or 1G, found \"much\"",
        ),
        (
            "[audit]\nmemory = 1.5",
            "2: [audit] memory: expected a number of bytes such as 1000, 64K, 64MiB or 1G, found 1.5",
        ),
        (
            "[tree]\nsiblings = \"many\"",
            "2: [tree] siblings: expected NUMBER (invalid digit found in string), found \"many\"",
        ),
        (
            "[tree]\nfailed = \"yes\"",
            "2: [tree] failed: expected true or false, found \"yes\"",
        ),
        (
            "[tree]\ncolor = [\"auto\"]",
            "2: [tree] color: expected a text or a number, found [\"auto\"]",
        ),
        (
            "[tree]\nselect = [true]",
            "2: [tree] select: expected a list of texts, found [true]",
        ),
        (
            "[convert]\nto = \"xml\"",
            "2: [convert] to: expected \"eliot\", \"logstash\", \"logstash-v0\", \"logback\", \"ecs\", \"gelf\", \"bunyan\", \"google-cloud\", \"opentelemetry\" or \"tracing\", found \"xml\"",
        ),
        (
            "[query]\nformat = \"csv\"\ncount = true",
            "3: [query] count doesn't go with format",
        ),
        (
            "pager = \"more\"",
            "1: pager: expected \"auto\" or \"never\", found \"more\"",
        ),
        (
            "color = \"never\"",
            "1: expected pager, or a table, found color",
        ),
        (
            "[timeline]\ntask = \"x\"",
            "2: [timeline] expected events, all, siblings, local-timezone, ascii or color, found task",
        ),
        ("[tree]\nraw = true\nraw = true", "3: duplicate key"),
        ("[tree", "1: unclosed table, expected `]`"),
    ] {
        let output = run_with(config, &["tree", "no-such.log"]);

        assert_outcome(&output, 2, "", &format!("config.toml:{expected}\n"));
    }
    let output = run_with("[trees]", &["tree", "no-such.log"]);
    let told = stderr(&output);
    assert!(
        told.starts_with("config.toml:1: expected a table [tree], [audit], "),
        "{told}"
    );
    assert!(told.ends_with(", found [trees]\n"), "{told}");
}

#[test]
fn help_and_completions_are_there_whatever_the_file_says() {
    for arguments in [
        &["--help"][..],
        &["tree", "--help"],
        &["completions", "bash"],
        &["man"],
        &["--no-config", "query", "app.log"],
    ] {
        assert_eq!(
            run_with("[", arguments).status.code(),
            Some(0),
            "{arguments:?}"
        );
    }
    // `--to` may stand in the part that can't be read.
    let output = run_with("[", &["convert", "app.log"]);
    assert!(
        stderr(&output).starts_with("config.toml:1: "),
        "{}",
        stderr(&output)
    );
}

/// Tells where the configuration is looked for.
fn path(set: impl FnOnce(&mut Command)) -> (String, Option<i32>) {
    let mut command = command(&["config"]);
    command
        .env_remove("TASKTRAIL_CONFIG")
        .env_remove("XDG_CONFIG_HOME");
    set(&mut command);
    let output = command.output().unwrap();
    let first = stdout(&output).lines().next().unwrap_or_default();
    (first.to_owned() + stderr(&output), output.status.code())
}

#[test]
fn the_file_is_where_the_environment_says() {
    let folder = Folder::new("config-path");
    let home = folder.0.to_str().unwrap();
    let in_home = folder.file(".config/tasktrail/config.toml", "");
    let in_xdg = folder.file("xdg/tasktrail/config.toml", "");
    let named = folder.file("named.toml", "");
    let xdg = format!("{home}/xdg");
    let told = |path: &str| (format!("# {path}"), Some(0));

    let of = |xdg: Option<&str>, named: Option<&str>| {
        path(|command| {
            command.env("HOME", home);
            xdg.map(|xdg| command.env("XDG_CONFIG_HOME", xdg));
            named.map(|named| command.env("TASKTRAIL_CONFIG", named));
        })
    };
    assert_eq!(of(None, None), told(&in_home));
    assert_eq!(of(Some("relative"), None), told(&in_home));
    assert_eq!(of(Some(&xdg), None), told(&in_xdg));
    assert_eq!(of(Some(&xdg), Some(&named)), told(&named));
    let (none, status) = of(Some(&xdg), Some(""));
    assert_eq!(
        (none.as_str(), status),
        ("# No configuration is read.", Some(0))
    );
    // One that need not be there, and one that was named.
    let (told, status) = of(Some("/no/such"), None);
    assert_eq!(
        told,
        "# /no/such/tasktrail/config.toml is not there: the defaults hold."
    );
    assert_eq!(status, Some(0));
    let (told, status) = of(None, Some("/no/such.toml"));
    assert!(told.starts_with("/no/such.toml: can't be read: "), "{told}");
    assert_eq!(status, Some(2));
}

#[test]
fn the_command_config_prints_a_file_that_says_the_same() {
    let config = "pager = \"never\"\n[tree]\ncolor = \"always\"\nselect = [\n  \"a\",\n  \"b\",\n]\n[query]\nfailed = true";

    let first = run_with(config, &["config"]);
    let second = run_with(stdout(&first), &["config"]);

    assert_outcome(&second, 0, stdout(&first), "");
    for line in [
        "pager = \"never\"",
        "color = \"always\"",
        "failed = true",
        "# siblings = \"20\"",
    ] {
        assert!(stdout(&first).lines().any(|shown| shown == line), "{line}");
    }
}

#[test]
fn the_defaults_that_the_command_config_prints_are_the_defaults() {
    let defaults = run_with("", &["config"]);
    let is_default = |line: &&str| line.contains(" = \"") || line.ends_with(" = false");
    let uncomment = |line: &str| match line.strip_prefix("# ") {
        Some(rest) if is_default(&line) => format!("{rest}\n"),
        _ => format!("{line}\n"),
    };

    let said: String = stdout(&defaults).lines().map(uncomment).collect();

    assert!(said.lines().filter(is_default).count() > 30, "{said}");
    for arguments in [
        &["query", "app.log"][..],
        &["tree", "app.log"],
        &["tree", "--layout", "trail", "app.log"],
        &["tree", "--show-current-config"],
        &["stats", "app.log"],
        &["dedup", "app.log"],
        &["audit", "app.log"],
    ] {
        let with = run_with(&said, arguments);
        let without = run_with("", arguments);
        assert_outcome(&with, 0, stdout(&without), stderr(&without));
    }
}

#[test]
fn a_file_of_eliot_tree_counts_less() {
    let folder = Folder::new("two-configs");
    folder.file("eliot.json", "{\"field_limit\": 1, \"ascii\": true}");
    folder.file(
        "config.toml",
        "[tree]\nfield-limit = 6\nconfig = \"eliot.json\"",
    );
    folder.file("app.log", LINE);

    let output = command(&["tree", "app.log"])
        .env("TASKTRAIL_CONFIG", "config.toml")
        .current_dir(&folder.0)
        .output()
        .unwrap();

    let expected = "t\n+-- m/1 1970-0…\n    +-- text: a long…\n\n";
    assert_outcome(&output, 0, expected, "");
}

#[test]
fn the_example_of_the_page_is_a_configuration() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(here.join("../../docs/command.md")).unwrap();
    let (_, example) = page.split_once("```toml\n").unwrap();
    let (example, _) = example.split_once("```").unwrap();

    let output = run_with(example, &["config"]);

    assert_eq!(stderr(&output), "");
    for line in example.lines() {
        assert!(stdout(&output).lines().any(|said| said == line), "{line}");
    }
}
