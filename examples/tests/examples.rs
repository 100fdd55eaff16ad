//! Runs the examples and holds what they print against what the documentation shows.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "clippy.toml allows it in tests, but not in what they share"
)]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tasktrail_record::Drawing;

/// Gives an example that was built together with this test.
fn example(name: &str) -> Command {
    let tests = std::env::current_exe().unwrap();
    let built = tests.parent().and_then(Path::parent).unwrap();
    let mut command = Command::new(built.join("examples").join(name));
    command.env_remove("RUST_LOG").stdin(Stdio::null());
    command
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

/// Makes ids and times the same, which differ in each run.
fn without_times(text: &str) -> String {
    let digits = |char: char| char.is_ascii_digit() || "abcdef-:.".contains(char);
    let mut plain = String::new();
    let mut rest = text;
    while let Some(start) = rest.find(digits) {
        let (before, from) = rest.split_at(start);
        let end = from.find(|char| !digits(char)).unwrap_or(from.len());
        let (run, after) = from.split_at(end);
        // Shorter ones are words, levels and numbers; a duration of three digits is none of them.
        let is_duration = run.len() == 5 && run.as_bytes()[1] == b'.';
        plain.push_str(before);
        plain.push_str(if run.len() >= 8 || is_duration {
            "#"
        } else {
            run
        });
        rest = after;
    }
    plain + rest
}

/// Compares with a file; `TASKTRAIL_GOLDEN=write` makes the file anew, to be read before it is kept.
fn assert_golden(file: &str, found: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests")
        .join(file);
    if std::env::var_os("TASKTRAIL_GOLDEN").is_some_and(|what| what == "write") {
        std::fs::write(&path, found).unwrap();
    }
    assert_eq!(found, std::fs::read_to_string(path).unwrap());
}

fn readme_block(language: &str, nth: usize) -> String {
    let readme = include_str!("../../README.md");
    let fence = format!("```{language}\n");
    let block = readme.split(&fence).nth(nth + 1).unwrap();
    block.split("```").next().unwrap().to_owned()
}

/// A folder that goes with the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = std::fs::remove_dir_all(&path);
        Self(path)
    }

    fn logs(&self) -> Vec<Vec<u8>> {
        ["gateway", "orders", "market"]
            .map(|name| std::fs::read(self.0.join(format!("{name}.log"))).unwrap())
            .into()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn sell_order(folder: &Folder, arguments: &[&str]) -> Output {
    let mut command = example("sell_order");
    command.args(arguments).arg("--dir").arg(&folder.0);
    command.output().unwrap()
}

#[test]
fn the_readmes_program_is_the_example() {
    let example = include_str!("../first_steps.rs");
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

#[test]
fn sell_order_prints_one_tree_over_three_processes() {
    let folder = Folder::new("one_order");

    let output = sell_order(&folder, &[]);

    assert!(output.status.success(), "{}", text(output.stderr));
    let printed = text(output.stdout);
    let end = format!("The logs are in {}\n", folder.0.display());
    let tree = printed.strip_suffix(&end).unwrap();
    assert_golden("sell_order.txt", &without_ports(&without_times(tree)));
}

#[test]
fn a_refusal_is_a_failure_from_the_market_up_to_the_gateway() {
    for schema in ["eliot", "logstash"] {
        let folder = Folder::new(&format!("refused_{schema}"));

        let output = sell_order(&folder, &["--fail", "--schema", schema]);

        assert!(output.status.success(), "{}", text(output.stderr));
        let printed = text(output.stdout);
        let failed: Vec<_> = printed
            .lines()
            .filter(|line| line.contains(" ⇒ failed "))
            .map(|line| line.trim_start_matches(['│', ' ', '└', '├', '─']))
            .map(|line| line.split('/').next().unwrap())
            .collect();
        assert_eq!(
            failed,
            [
                "match_order",
                "eliot:remote_task",
                "http_request",
                "place_order",
                "eliot:remote_task",
                "http_request",
                "sell_order"
            ]
        );
    }
}

#[test]
fn many_orders_at_once_are_as_many_complete_tasks() {
    for schema in ["eliot", "logstash"] {
        let folder = Folder::new(&format!("many_{schema}"));

        let output = sell_order(&folder, &["--orders", "50", "--schema", schema]);

        assert!(output.status.success(), "{}", text(output.stderr));
        let mut trees = tasktrail_record::Trees::new();
        let mut complete = 0;
        for log in folder.logs() {
            for record in tasktrail_record::Records::new(&log[..]) {
                complete += usize::from(trees.add(record.unwrap()).unwrap().is_some());
            }
        }
        assert_eq!((complete, trees.finish().count()), (50, 0));
    }
}

#[test]
fn sell_order_says_what_is_wrong_with_the_run() {
    let file = Folder::new("a_file");
    std::fs::create_dir_all(file.0.parent().unwrap()).unwrap();
    let mut in_the_way = std::fs::File::create(&file.0).unwrap();
    in_the_way.write_all(b"no folder").unwrap();

    let blocked = Folder::new("a_folder_for_a_log");
    let log = blocked.0.join("market.log");
    std::fs::create_dir_all(&log).unwrap();

    let no_folder = sell_order(&file, &[]);
    let no_log = sell_order(&blocked, &[]);
    let no_schema = example("sell_order")
        .args(["--schema", "xml"])
        .output()
        .unwrap();

    let _ = std::fs::remove_file(&file.0);
    assert_eq!(no_folder.status.code(), Some(1));
    let error = text(no_folder.stderr);
    let expected = format!("sell_order: can't make the folder {}: ", file.0.display());
    assert!(error.starts_with(&expected), "{error}");
    assert_eq!(error.lines().count(), 1, "{error}");

    assert_eq!(no_log.status.code(), Some(1));
    let error = text(no_log.stderr);
    assert!(error.contains(log.to_str().unwrap()), "{error}");
    assert!(
        error.contains("sell_order: market could not start: "),
        "{error}"
    );

    assert_eq!(no_schema.status.code(), Some(2));
}

fn without_ports(text: &str) -> String {
    let mut parts = text.split("http://#");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        plain.push_str("http://HOST");
        plain.push_str(part.trim_start_matches(|char: char| char.is_ascii_digit()));
    }
    plain
}
