//! What the front door writes to a terminal, and to all else.
//!
//! Each case is this very program, started anew: on a pseudo-terminal, which Python makes, or on a
//! pipe. Without Python the cases on a terminal are left out, and that is said.
#![cfg(unix)]
#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "clippy.toml allows it in tests, but not in what they share"
)]

use std::io::Write;
use std::process::{Command, Stdio};

use tasktrail::{JsonLayer, TaskLayer, When};
use tracing::{info, info_span};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;

/// Runs a program on a terminal of its own, and copies to standard output what it writes there.
const ON_A_TERMINAL: &str = "\
import os, pty, sys
sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))
";

/// Logs a span and a message in it, mostly through the front door, as the environment says; it is no test of its own.
#[test]
fn program() {
    let Ok(case) = std::env::var("TASKTRAIL_CASE") else {
        return;
    };
    let layer = JsonLayer::text().field("mark", "here");
    match case.as_str() {
        "layer" => return log_to(layer),
        "layer on standard error" => return log_to(layer.with_writer(std::io::stderr)),
        _ => {}
    }
    let setup = tasktrail::eliot();
    let folder = env!("CARGO_TARGET_TMPDIR");
    let setup = match case.as_str() {
        "default" => setup,
        "text: never" => setup.text(When::Never),
        "text: always" => setup.text(When::Always),
        "text and color: always" => setup.text(When::Always).color(When::Always),
        "color: never" => setup.color(When::Never),
        "file" => setup.file(format!("{folder}/terminal.log")),
        "writer" => setup.writer(tasktrail::writer::stdout().unwrap()),
        "text in a file" => setup
            .text(When::Always)
            .file(format!("{folder}/terminal.txt")),
        other => panic!("no case {other:?}"),
    };
    let worker = setup.field("mark", "here").start().unwrap();
    log();
    assert_eq!(worker.finish().lost(), 0);
}

fn log_to<W>(layer: JsonLayer<W>)
where
    W: for<'writer> MakeWriter<'writer> + Send + Sync + 'static,
{
    let subscriber = tracing_subscriber::registry()
        .with(TaskLayer::new())
        .with(layer);
    tracing::subscriber::with_default(subscriber, log);
}

fn log() {
    info_span!("order").in_scope(|| info!(target: "shop", "sold"));
}

/// Gives the lines of a case, which all have its mark.
fn lines(command: &mut Command, case: &str, environment: &[(&str, &str)]) -> Vec<String> {
    let output = command
        .args(["program", "--exact", "--nocapture"])
        .env_remove("RUST_LOG")
        .env_remove("NO_COLOR")
        .env("TASKTRAIL_CASE", case)
        // With one thread the harness begins a line before the program does.
        .env("RUST_TEST_THREADS", "2")
        .envs(environment.iter().copied())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}");
    // A terminal turns each line feed into a return and a line feed.
    let text = text.replace("\r\n", "\n");
    let lines = text.lines().filter(|line| line.contains("mark"));
    lines.map(str::to_owned).collect()
}

fn on_a_pipe(case: &str) -> Vec<String> {
    lines(&mut Command::new(itself()), case, &[])
}

/// Gives `None` without Python.
fn on_a_terminal(case: &str, environment: &[(&str, &str)]) -> Option<Vec<String>> {
    let python = ["python3", "python"].into_iter().find(|python| {
        let found = Command::new(python).args(["-c", "import pty"]).output();
        found.is_ok_and(|output| output.status.success())
    });
    let Some(python) = python else {
        let required = std::env::var_os("TASKTRAIL_PEERS").is_some_and(|value| value == "required");
        assert!(
            !required,
            "TASKTRAIL_PEERS=required, but there is no Python"
        );
        // Not by `eprintln`, which the harness hides for tests that pass.
        let _ = writeln!(
            std::io::stderr(),
            "LEFT OUT: {case} on a terminal: no Python"
        );
        return None;
    };
    let mut command = Command::new(python);
    command.args(["-c", ON_A_TERMINAL]);
    // By a shell, which leads the standard error elsewhere if that is asked for.
    command.args(["sh", "-c", r#""$0" "$@" 2>"${STDERR:-/dev/tty}""#]);
    Some(lines(command.arg(itself()), case, environment))
}

fn itself() -> std::path::PathBuf {
    std::env::current_exe().unwrap()
}

/// Says what lines are: JSON, or text in colours or without. All are the same.
fn form(lines: &[String]) -> &'static str {
    assert_eq!(lines.len(), 3, "{lines:#?}");
    let form = |line: &String| {
        let has_colors = line.contains("\x1b[2mmark=\x1b[0mhere") && line.starts_with("\x1b[2m");
        if line.contains(r#""mark":"here""#) && line.starts_with('{') && !line.contains('\x1b') {
            "JSON"
        } else if has_colors {
            "text in colours"
        } else if line.contains(" mark=here") && !line.contains('\x1b') {
            "text"
        } else {
            panic!("{line:?}");
        }
    };
    let forms: Vec<_> = lines.iter().map(form).collect();
    assert!(forms.iter().all(|form| *form == forms[0]), "{lines:#?}");
    forms[0]
}

#[test]
fn lines_on_a_pipe_are_json_unless_the_program_wants_text() {
    for (case, expected) in [
        ("default", "JSON"),
        ("text: never", "JSON"),
        ("writer", "JSON"),
        ("text: always", "text"),
        ("layer", "text"),
        ("color: never", "JSON"),
        ("text and color: always", "text in colours"),
    ] {
        assert_eq!(form(&on_a_pipe(case)), expected, "{case}");
    }
}

#[test]
fn lines_on_a_terminal_are_text_unless_the_program_wants_json() {
    for (case, expected) in [
        ("default", "text in colours"),
        ("text: never", "JSON"),
        ("writer", "JSON"),
        ("text: always", "text in colours"),
        ("layer", "text in colours"),
        ("layer on standard error", "text in colours"),
        ("color: never", "text"),
    ] {
        if let Some(lines) = on_a_terminal(case, &[]) {
            assert_eq!(form(&lines), expected, "{case}");
        }
    }
}

#[test]
fn no_color_in_the_environment_takes_the_colours_but_those_that_the_program_wants_always() {
    for (case, no_color, expected) in [
        ("default", "1", "text"),
        ("default", "", "text in colours"),
        ("text and color: always", "1", "text in colours"),
    ] {
        if let Some(lines) = on_a_terminal(case, &[("NO_COLOR", no_color)]) {
            assert_eq!(form(&lines), expected, "{case} {no_color:?}");
        }
    }
}

#[test]
fn lines_in_a_file_are_json_though_there_is_a_terminal_and_text_there_has_no_colours() {
    for (case, file, expected) in [
        ("file", "terminal.log", "JSON"),
        ("text in a file", "terminal.txt", "text"),
    ] {
        let path = format!("{}/{file}", env!("CARGO_TARGET_TMPDIR"));
        let _ = std::fs::remove_file(&path);

        let Some(on_the_terminal) = on_a_terminal(case, &[]) else {
            return;
        };

        assert_eq!(on_the_terminal, [""; 0]);
        assert_eq!(form(&marked_lines(&path)), expected);
    }
}

#[test]
fn a_standard_error_that_is_led_into_a_file_gets_no_colours_though_there_is_a_terminal() {
    let path = format!("{}/standard_error.txt", env!("CARGO_TARGET_TMPDIR"));

    let lines = on_a_terminal("layer on standard error", &[("STDERR", &path)]);

    if let Some(lines) = lines {
        assert_eq!(lines, [""; 0]);
        assert_eq!(form(&marked_lines(&path)), "text");
    }
}

fn marked_lines(path: &str) -> Vec<String> {
    let text = std::fs::read_to_string(path).unwrap();
    let lines = text.lines().filter(|line| line.contains("mark"));
    lines.map(str::to_owned).collect()
}
