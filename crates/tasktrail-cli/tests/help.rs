//! What the help texts show works.
#![cfg(unix)]
#![expect(
    clippy::unwrap_used,
    reason = "clippy.toml allows it in tests, but not in what they share"
)]

mod run;

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use run::{Folder, goldens, run_in, stderr, stdout};

/// The help of each command, and that of all first.
fn helps() -> Vec<(String, String)> {
    let help = |arguments: &[&str]| {
        let output = run_in(&goldens(), arguments);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}");
        stdout(&output).to_owned()
    };
    let all = help(&["--help"]);
    let (_, commands) = all.split_once("\nCommands:\n").unwrap();
    let (commands, _) = commands.split_once("\n\n").unwrap();
    let names = commands
        .lines()
        .map(|line| line.split_whitespace().next().unwrap());
    let names = names.filter(|name| *name != "help");
    let helps = names.map(|name| (name.to_owned(), help(&[name, "--help"])));
    [(String::new(), all.clone())]
        .into_iter()
        .chain(helps)
        .collect()
}

/// Logs with the names that examples use.
fn logs(folder: &Folder) {
    let trail = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/trail");
    let hosts = fs::read_to_string(trail.join("two_hosts.log")).unwrap();
    let line = |level, seconds: f64, rest| {
        format!(
            "{{\"task_uuid\":\"192f76ea-915e-4131-95dc-da28c6bcdbb5\",\"task_level\":{level},\
             \"timestamp\":{seconds},\"action_type\":\"http\",\"customer\":\"ann\",{rest}}}\n"
        )
    };
    let app = line("[1]", 1.0, "\"action_status\":\"started\"")
        + &line("[2]", 2.0, "\"action_status\":\"failed\",\"reason\":\"no\"");
    folder.file("client.log", hosts);
    folder.file("server.log", "");
    folder.file("logs/app.log", &app);
    folder.file("app.log", app);
    let nc = folder.file("bin/nc", "#!/bin/sh\nexec cat >/dev/null\n");
    fs::set_permissions(nc, fs::Permissions::from_mode(0o755)).unwrap();
}

fn shell(folder: &Folder, line: &str) -> Command {
    let bin = Path::new(env!("CARGO_BIN_EXE_tasktrail")).parent().unwrap();
    let path = std::env::var("PATH").unwrap();
    let own = folder.0.join("bin");
    let mut shell = Command::new("sh");
    shell
        .args(["-c", line])
        .current_dir(&folder.0)
        .env(
            "PATH",
            format!("{}:{}:{path}", own.display(), bin.display()),
        )
        .env("HOME", &folder.0)
        .env("TASKTRAIL_CONFIG", "")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    shell
}

#[test]
fn each_example_of_each_help_works() {
    let folder = Folder::new("examples");
    logs(&folder);
    let mut ran = 0;
    for (name, help) in helps() {
        let examples = help.lines().filter_map(|line| match name.as_str() {
            "" => line.strip_prefix("  tasktrail ")?.split("  ").next(),
            _ => line.strip_prefix("  $ tasktrail "),
        });
        let examples: Vec<_> = examples.collect();
        assert!(!examples.is_empty(), "{name} has no example");
        for example in examples {
            if example.starts_with("follow") {
                follow(&folder, example);
            } else {
                let output = shell(&folder, &format!("tasktrail {example}"))
                    .output()
                    .unwrap();
                let status = output.status.code();
                assert_eq!(status, Some(0), "{example}: {}", stderr(&output));
            }
            ran += 1;
        }
    }
    assert!(ran > 25, "{ran}");
}

/// Follows until the files were opened, and ends it.
fn follow(folder: &Folder, example: &str) {
    let mut child = shell(folder, &format!("exec tasktrail {example}"))
        .spawn()
        .unwrap();
    let mut told = BufReader::new(child.stderr.take().unwrap()).lines();
    assert!(
        told.any(|line| line.unwrap().contains("Ctrl-C ends it")),
        "{example}"
    );
    let id = child.id().to_string();
    let killed = Command::new("kill").args(["-INT", &id]).status().unwrap();
    assert!(killed.success());
    assert_eq!(
        child.wait_with_output().unwrap().status.code(),
        Some(0),
        "{example}"
    );
}

#[test]
fn each_help_tells_the_exit_status_and_the_options_of_all_commands() {
    for (name, help) in helps() {
        for part in [
            "\nExit status:\n",
            "\nAll commands:\n",
            "--pager",
            "--no-pager",
            "--no-config",
        ] {
            assert!(help.contains(part), "{name} has no {part:?}");
        }
    }
}

#[test]
fn the_command_alone_says_with_what_to_begin() {
    let output = run_in(&goldens(), &[]);

    // On the standard error: nothing was done.
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("\nBegin with:\n  tasktrail tree app.log "));
}
