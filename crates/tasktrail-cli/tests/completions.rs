//! Shells complete command lines, as the real ones do it.
#![cfg(unix)]
#![expect(
    clippy::unwrap_used,
    reason = "clippy.toml allows it in tests, but not in what they share"
)]

mod run;

use std::process::Command;

use run::terminal::Terminal;
use run::{Folder, command, stdout};

/// Writes the script of a shell, and tells whether there is that shell.
fn script(folder: &Folder, shell: &str, file: &str) -> bool {
    let output = command(&["completions", shell]).output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    folder.file(file, stdout(&output));
    let is_there = Command::new(shell).arg("--version").output().is_ok();
    if !is_there {
        run::leave_out(&format!("completions of {shell}"), "there is no such shell");
    }
    is_there
}

fn lines_of(command: &mut Command) -> Vec<String> {
    let output = command.output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    stdout(&output).lines().map(str::to_owned).collect()
}

#[test]
fn bash_completes_commands_options_values_and_files() {
    let folder = Folder::new("bash");
    folder.file("report-of-ann.html", "");
    folder.file("named.log", "");
    if !script(&folder, "bash", "tasktrail.bash") {
        return;
    }
    let complete = |words: &[&str]| {
        let (current, before) = (words[words.len() - 1], words[words.len() - 2]);
        let line = format!(
            "source tasktrail.bash; COMP_WORDS=({}); COMP_CWORD={}; \
             _tasktrail tasktrail '{current}' '{before}'; printf '%s\\n' \"${{COMPREPLY[@]}}\"",
            words.join(" "),
            words.len() - 1
        );
        let mut bash = Command::new("bash");
        lines_of(bash.args(["--norc", "-c", &line]).current_dir(&folder.0))
    };

    assert_eq!(complete(&["tasktrail", "au"]), ["audit"]);
    assert_eq!(complete(&["tasktrail", "query", "--fo"]), ["--format"]);
    assert_eq!(
        complete(&["tasktrail", "query", "--format", "''"]),
        ["lines", "csv", "table", "count"]
    );
    for command in ["convert", "query"] {
        assert_eq!(
            complete(&["tasktrail", command, "--to", "lo"]),
            ["logstash", "logstash-v0", "logback"]
        );
    }

    // At a prompt, and where only bash itself knows that a file is meant.
    let mut terminal = Terminal::start(&folder.0, &[], "bash --norc -i");
    terminal.press("source tasktrail.bash; echo load''ed\n");
    terminal.wait_for("loaded");
    terminal.press("echo tasktrail; tasktrail au\t");
    terminal.wait_for("dit ");
    terminal.press("name\t");
    terminal.wait_for("d.log");
    terminal.press("\u{15}tasktrail report --output rep\t");
    terminal.wait_for("ort-of-ann.html");
    terminal.press("\u{15}exit\n");
    assert_eq!(terminal.end().1, 0);
}

#[test]
fn fish_completes_commands_and_options() {
    let folder = Folder::new("fish");
    if !script(&folder, "fish", "tasktrail.fish") {
        return;
    }
    let complete = |line: &str| {
        let line = format!("source tasktrail.fish; complete -C '{line}'");
        let mut fish = Command::new("fish");
        fish.args(["--no-config", "-c", &line])
            .env("HOME", &folder.0);
        lines_of(fish.current_dir(&folder.0))
    };

    let commands = complete("tasktrail au");
    assert_eq!(commands.len(), 1, "{commands:?}");
    assert!(
        commands[0].starts_with("audit\tProve that logs"),
        "{commands:?}"
    );
    let options = complete("tasktrail query --fo");
    assert_eq!(options.len(), 1, "{options:?}");
    assert!(options[0].starts_with("--format\t"), "{options:?}");
}

#[test]
fn zsh_completes_commands_and_options() {
    let folder = Folder::new("zsh");
    if !script(&folder, "zsh", "_tasktrail") {
        return;
    }

    let mut terminal = Terminal::start(&folder.0, &[], "zsh -f -i");
    terminal.press("fpath=($PWD $fpath); autoload -U compinit; compinit -u -D; echo load''ed\n");
    terminal.wait_for("loaded");
    terminal.press("tasktrail au\t");
    terminal.wait_for("dit");
    terminal.press("\u{15}tasktrail query --fo\t");
    terminal.wait_for("rmat");
    terminal.press("\u{15}exit\n");
    assert_eq!(terminal.end().1, 0);
}

#[test]
fn other_shells_get_a_script_of_all_commands() {
    for shell in ["elvish", "powershell"] {
        let output = command(&["completions", shell]).output().unwrap();

        assert_eq!(output.status.code(), Some(0));
        for word in ["audit", "timeline", "--group-by", "--no-pager"] {
            assert!(stdout(&output).contains(word), "{shell}: {word}");
        }
    }
}
