//! The real `eliot-tree` prints the same, with each of its flags.
#![expect(
    clippy::unwrap_used,
    reason = "clippy.toml allows it in tests, but not in what they share"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tasktrail_tests::{Peers, run};

const TARGET: &str = env!("CARGO_TARGET_TMPDIR");

fn goldens() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/conformance/eliot")
}

/// Gives all logs that `eliot-tree` can read.
fn logs() -> Vec<PathBuf> {
    let mut logs = Vec::new();
    for folder in [goldens(), goldens().join("render")] {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            let is_bad = name.starts_with("bad_") || name.starts_with("odd_");
            if name.ends_with(".log") && !is_bad && name != "buffered.log" {
                logs.push(path);
            }
        }
    }
    logs.sort();
    assert_eq!(logs.len(), 21);
    logs
}

/// Compares what is printed of all logs with some flags, and gives how many lines that are; `None`
/// where there is no `eliot-tree`.
fn lines(flags: &[&str]) -> Option<usize> {
    lines_where(&[], flags)
}

fn lines_where(environment: &[(&str, &str)], flags: &[&str]) -> Option<usize> {
    let peers = Peers::find(TARGET)?;
    let logs = logs();
    let mut arguments: Vec<&dyn AsRef<_>> = Vec::new();
    arguments.extend(flags.iter().map(|flag| flag as &dyn AsRef<_>));
    arguments.extend(logs.iter().map(|log| log as &dyn AsRef<_>));
    let printed = peers.eliot_tree_where(environment, &arguments);

    let ours = run(Command::new(env!("CARGO_BIN_EXE_tasktrail"))
        .args(["tree"])
        .args(flags)
        .env("TASKTRAIL_CONFIG", "")
        .args(&logs)
        .env_remove("COLORFGBG")
        .env_remove("TZ")
        .envs(environment.iter().copied()));

    assert_eq!(printed.stderr, "", "{environment:?} {flags:?}");
    assert_eq!(ours.stderr, "", "{environment:?} {flags:?}");
    for (ours, theirs) in trees(&ours.stdout).iter().zip(trees(&printed.stdout)) {
        assert_eq!(*ours, theirs, "{environment:?} {flags:?}");
    }
    assert_eq!(ours.stdout.len(), printed.stdout.len(), "{flags:?}");
    Some(printed.stdout.lines().count())
}

/// Compares what is printed with each of some sets of flags, at least so many lines.
#[track_caller]
fn assert_same(cases: &[(&[&str], usize)]) {
    for (flags, at_least) in cases {
        let lines = lines(flags);
        assert!(
            lines.is_none_or(|lines| lines >= *at_least),
            "{lines:?} {flags:?}"
        );
    }
}

#[track_caller]
fn assert_same_where(environment: (&str, &str), flags: &[&str]) {
    let lines = lines_where(&[environment], flags);
    assert!(
        lines.is_none_or(|lines| lines >= ALL),
        "{lines:?} {flags:?}"
    );
}

/// How many lines are printed at least if nothing is left out.
const ALL: usize = 2_000;

/// Gives the drawings in the order of their texts: of incomplete tasks, `eliot-tree` takes any
/// first.
fn trees(drawn: &str) -> Vec<&str> {
    let mut trees: Vec<&str> = drawn.split("\n\n").collect();
    trees.sort_unstable();
    trees
}

#[test]
fn each_flag_that_changes_the_look() {
    assert_same(&[
        (&[], ALL),
        (&["--raw"], ALL),
        (&["--raw", "-l", "5"], ALL),
        (&["--ascii"], ALL),
        (&["-l", "0"], ALL),
        (&["--field-limit", "1"], ALL),
        (&["--ascii", "--field-limit=7"], ALL),
        (&["--color", "always"], ALL),
        (&["--color=always", "--theme", "light"], ALL),
        (&["--color=always", "--theme", "dark"], ALL),
        (&["--color", "always", "--no-color-tree"], ALL),
        (
            &["--color", "never", "--theme", "light", "--no-color-tree"],
            ALL,
        ),
        (&["--color", "auto"], ALL),
        (&["-i", "s", "--ignore-task-key", "l"], ALL),
        (&["-i", "action_type"], ALL),
        (&["-i", "message_type", "-i", "timestamp"], ALL),
    ]);
}

#[test]
fn local_timezone() {
    // Names of zones, with daylight saving time and without, and rules that need no file.
    for zone in [
        "America/New_York",
        "Asia/Kolkata",
        "EST5EDT,M3.2.0,M11.1.0",
        "UTC",
    ] {
        assert_same_where(("TZ", zone), &["--local-timezone"]);
    }
    assert_same_where(("TZ", "Asia/Kolkata"), &["--local-timezone", "--raw"]);
}

#[test]
fn the_background_that_a_terminal_tells() {
    for colors in ["0;15", "15;default;0", "7;8", "0;7", "0;9", "default", ""] {
        assert_same_where(("COLORFGBG", colors), &["--color", "always"]);
    }
    assert_same_where(("COLORFGBG", "0;15"), &["--color=always", "--theme=dark"]);
}

#[test]
fn each_flag_that_leaves_messages_out() {
    assert_same(&[
        (&["-u", "edge-1"], 50),
        (&["--task-uuid", "edge-2"], 3),
        (&["-u", "no-such-task"], 0),
        (&["--select", "action_type"], 1_000),
        (&["--select", "action_status == 'failed'"], 20),
        (&["--select", "action_status == `failed`"], 20),
        (&["--select", "action_status != `\"started\"`"], 1_000),
        (&["--select", "exception || message_type"], 100),
        (&["--select", "i"], 3),
        (&["--select", "n"], 3),
        (&["--select", "d.a.z[1] == 'x'"], 3),
        (&["--select", "contains(keys(@), 'reason')"], 20),
        (&["--select", "length(task_level) > `1`"], 1_000),
        (&["--select", "timestamp > `1700000003`"], 100),
        (
            &[
                "--select",
                "action_type",
                "--select",
                "timestamp > `1700000003`",
            ],
            100,
        ),
        (&["--select", "big > `1` && inf > `1`"], 3),
        (&["--start", "2023-11-14T22:13:23Z"], 1_000),
        (&["--end", "2023-11-14T22:13:23"], 3),
        (
            &[
                "--start",
                "2023-11-14 22:13:23.25",
                "--end",
                "2023-11-14T23Z",
            ],
            3,
        ),
        (
            &["--start", "2023-11-15T03:43:23+05:30", "--end=2023-11-15"],
            3,
        ),
        (&["--start", "20231114T221323,2500", "--end", "2026"], 3),
        (&["--start", "2023-11", "-u", "edge-1"], 3),
    ]);
}

#[test]
fn config() {
    let file = Path::new(TARGET).join(format!("config-{}.json", std::process::id()));
    let content = r#"{"ascii": true, "field_limit": 9, "human_readable": false, "color": "always",
        "theme_name": "light", "colorize_tree": false, "ignored_fields": ["s", "\u0142 \""]}"#;
    fs::write(&file, content).unwrap();
    let path = file.to_str().unwrap();
    assert_same(&[
        (&["--config", path], ALL),
        (&["--config", path, "-i", "message_type", "-l", "50"], ALL),
        (&["--config", path, "--color", "never", "--theme=dark"], ALL),
    ]);
    for flags in [
        &["--show-default-config"][..],
        &["--show-default-config", "--config", path, "--ascii"],
        &["--show-current-config"],
        &["--show-current-config", "--config", path],
        &[
            "--show-current-config",
            "--config",
            path,
            "-l0",
            "-i",
            "l",
            "--theme",
            "dark",
        ],
        &[
            "--show-current-config",
            "--raw",
            "--local-timezone",
            "--no-color-tree",
            "--ascii",
        ],
    ] {
        let Some(peers) = Peers::find(TARGET) else {
            return;
        };
        let arguments: Vec<_> = flags.iter().map(|flag| flag as &dyn AsRef<_>).collect();
        let printed = peers.eliot_tree(&arguments);
        let ours = run(Command::new(env!("CARGO_BIN_EXE_tasktrail"))
            .arg("tree")
            .args(flags)
            .env("TASKTRAIL_CONFIG", ""));

        assert_eq!(ours, printed, "{flags:?}");
    }
    fs::remove_file(file).unwrap();
}

#[test]
fn the_colours_of_parts_that_a_config_sets() {
    let file = Path::new(TARGET).join(format!("colours-{}.json", std::process::id()));
    let path = file.to_str().unwrap();
    let all = r#"{"root": ["green", null, ["bold"]], "parent": ["9"], "task_level": [null, 12],
        "status_success": ["plum_4", "tan"], "status_failure": ["black", "red", ["blink", "underlined"]],
        "timestamp": ["light_goldenrod_2c"], "prop_key": [null, null, ["res_bold"]], "prop_value": [200, 3],
        "duration": ["white"], "tree_failed": [5], "tree_color0": [6], "tree_color1": [7],
        "tree_color2": [8, 9, ["hidden", 28]]}"#;
    let odd = r##"{"root": ["#0000ff", "#d75f00", []], "parent": ["#000033", "#EEEEEE"],
        "prop_key": ["Orange_1", "grey_93", ["italic", 9, "59"]], "task_level": ["misty_rose1", "purple_1b"],
        "prop_value": ["0", "255", null], "error": [null], "timestamp": ["grey_0", "cornsilk_1"]}"##;
    for overrides in ["{}", all, odd] {
        fs::write(&file, format!("{{\"theme_overrides\": {overrides}}}")).unwrap();
        assert_same(&[
            (&["--config", path, "--color", "always"], ALL),
            (&["--config", path, "--color=always", "--theme=light"], ALL),
            (
                &["--config", path, "--color=always", "--no-color-tree"],
                ALL,
            ),
            (&["--config", path], ALL),
        ]);
        let Some(peers) = Peers::find(TARGET) else {
            return;
        };
        let flags = ["--show-current-config", "--config", path];
        let printed = peers.eliot_tree(&flags.each_ref().map(|flag| flag as &dyn AsRef<_>));
        let ours = run(Command::new(env!("CARGO_BIN_EXE_tasktrail"))
            .arg("tree")
            .args(flags));
        assert_eq!(ours, printed, "{overrides}");
    }
    fs::remove_file(file).unwrap();
}
