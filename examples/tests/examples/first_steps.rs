//! The README's program.

use std::io::Write;
use std::process::{Command, Stdio};

use tasktrail_record::Drawing;

use crate::{example, readme_block, text, without_times};

#[test]
fn the_readmes_program_is_the_example() {
    let example = include_str!("../../first_steps.rs");
    let (_, program) = example.split_once("\n\n").unwrap();

    assert_eq!(readme_block("rust", 0), program);
}

#[test]
fn the_readmes_program_prints_the_readmes_lines_and_tree() {
    let output = example("first_steps").output().unwrap();

    let lines = text(output.stdout);
    let tree = Drawing::new().draw_logs([lines.as_bytes()]).unwrap();
    assert_eq!(
        without_times(&lines),
        without_times(&readme_block("json", 0))
    );
    assert_eq!(
        without_times(tree.trim_end()),
        without_times(readme_block("text", 1).trim_end())
    );
}

#[cfg(unix)]
#[test]
fn the_readmes_program_prints_the_readmes_text_on_a_terminal() {
    let Some(mut command) = on_a_terminal(&example("first_steps")) else {
        return;
    };

    let output = command.env("NO_COLOR", "1").output().unwrap();

    let printed = text(output.stdout).replace("\r\n", "\n");
    assert_eq!(
        without_times_of_text(&printed),
        without_times_of_text(&readme_block("text", 0))
    );
}

/// Runs a program on a terminal of its own, which Python makes; without Python it says so.
#[cfg(unix)]
fn on_a_terminal(program: &Command) -> Option<Command> {
    let python = Command::new("python3").args(["-c", "import pty"]).output();
    if !python.is_ok_and(|output| output.status.success()) {
        let required = std::env::var_os("TASKTRAIL_PEERS").is_some_and(|value| value == "required");
        assert!(
            !required,
            "TASKTRAIL_PEERS=required, but there is no Python"
        );
        // Not by `eprintln`, which the harness hides for tests that pass.
        let _ = writeln!(
            std::io::stderr(),
            "LEFT OUT: a program on a terminal: no Python"
        );
        return None;
    }
    let mut command = Command::new("python3");
    command
        .args(["-c", "import pty, sys; pty.spawn(sys.argv[1:])"])
        .arg(program.get_program())
        .env_remove("RUST_LOG")
        .stdin(Stdio::null());
    Some(command)
}

/// Makes times, the short id of the task and durations of text the same.
#[cfg(unix)]
fn without_times_of_text(text: &str) -> String {
    let mut plain = String::new();
    for line in text.lines() {
        let (head, message) = line.split_at("17:56:56.006Z INFO  1bc8 ".len());
        let status = [" succeeded ", " failed "]
            .into_iter()
            .find_map(|word| message.find(word).map(|at| at + word.len()));
        let message = match status {
            None => message.to_owned(),
            Some(from) => {
                let (before, time) = message.split_at(from);
                let end = time.find("s:").or(time.find("s  ")).unwrap();
                format!("{before}#{}", &time[end..])
            }
        };
        plain.push_str(&format!("#{}#{message}\n", &head[13..20]));
    }
    plain
}

#[test]
fn the_environment_says_what_is_logged() {
    let output = example("first_steps")
        .env("RUST_LOG", "warn")
        .output()
        .unwrap();

    // The spans are INFO, so the one message above is a task of its own.
    let lines = text(output.stdout);
    assert_eq!(lines.lines().count(), 1, "{lines}");
    assert!(lines.starts_with(r#"{"error":"no price for ink","log_level":"ERROR","#));
    assert!(lines.contains(r#""task_level":[1],"#));
}

#[test]
fn directives_that_cant_be_read_are_an_error_that_names_the_variable() {
    let output = example("first_steps")
        .env("RUST_LOG", "shop=loud")
        .output()
        .unwrap();

    assert_eq!(output.status.code(), Some(1));
    assert_eq!(text(output.stdout), "");
    let error = text(output.stderr);
    assert!(
        error.contains("RUST_LOG") && error.contains("shop=loud"),
        "{error}"
    );
}
