//! The real Eliot finds every order of `examples/sell_order` complete in the logs of its three
//! processes.
#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "clippy.toml allows it in tests, but not in what they share"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tasktrail_tests::{Folder, Peers, run};

const TARGET: &str = env!("CARGO_TARGET_TMPDIR");
const ORDERS: usize = 20;

#[test]
fn every_order_is_one_complete_task_over_three_processes() {
    let Some(peers) = Peers::find(TARGET) else {
        return;
    };
    let folder = Folder::new(TARGET, "sell_order");

    let logs = sell(folder.path(), &[]);

    let tasks = tasks(peers, &logs);
    assert_eq!(tasks.len(), ORDERS);
    for task in &tasks {
        assert_complete(task);
        assert!(!task.contains("=> failed"), "{task}");
        // Of three logs, no two hold the task by themselves: it went on twice at least.
        assert!(task.matches("eliot:remote_task").count() >= 2, "{task}");
    }
}

#[test]
fn a_refusal_of_the_market_is_seen_up_to_the_gateway() {
    let Some(peers) = Peers::find(TARGET) else {
        return;
    };
    let folder = Folder::new(TARGET, "sell_order_fail");

    let logs = sell(folder.path(), &["--fail"]);

    let tasks = tasks(peers, &logs);
    assert_eq!(tasks.len(), ORDERS);
    for task in &tasks {
        assert_complete(task);
        assert_failed_from_the_market_up(task);
    }
}

#[test]
fn without_the_log_of_one_process_no_order_is_complete() {
    let Some(peers) = Peers::find(TARGET) else {
        return;
    };
    let folder = Folder::new(TARGET, "sell_order_missing");

    let logs = sell(folder.path(), &[]);

    for missing in 0..logs.len() {
        let mut rest = logs.clone();
        let missing = rest.remove(missing);
        let tasks = tasks(peers, &rest);
        assert_eq!(tasks.len(), ORDERS, "without {}", missing.display());
        for task in &tasks {
            assert!(
                task.starts_with("incomplete\n"),
                "without {}: {task}",
                missing.display()
            );
        }
    }
}

/// Runs the example as a user does, and gives its logs, one for each process.
fn sell(folder: &Path, flags: &[&str]) -> Vec<PathBuf> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .args(["run", "--quiet", "--example", "sell_order"])
        // Where the tests were built, what the example needs is built already.
        .arg("--target-dir")
        .args(Path::new(TARGET).parent())
        .args(["--", "--schema", "eliot", "--orders", &ORDERS.to_string(), "--dir"])
        .arg(folder)
        .args(flags)
        .env_remove("RUST_LOG");
    run(&mut cargo);
    let mut logs: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    logs.sort();
    assert_eq!(logs.len(), 3, "a log for each process: {logs:?}");
    logs
}

/// Gives the drawing of each task: a line that says whether it is complete, then the task.
fn tasks(peers: &Peers, logs: &[PathBuf]) -> Vec<String> {
    let logs: Vec<&dyn AsRef<_>> = logs.iter().map(|log| log as _).collect();
    let drawn = peers.python("tasks.py", &logs).stdout;
    let mut tasks: Vec<String> = Vec::new();
    for line in drawn.lines() {
        match line.strip_prefix("task ") {
            Some(completeness) => tasks.push(format!("{completeness}\n")),
            None => tasks.last_mut().unwrap().push_str(&format!("{line}\n")),
        }
    }
    tasks
}

fn assert_complete(task: &str) {
    assert!(task.starts_with("complete\n"), "{task}");
    assert!(!task.contains("(numbers:"), "{task}");
}

/// The innermost action that failed is the market's; so have all actions around it, up to the
/// gateway's, which is the root.
fn assert_failed_from_the_market_up(task: &str) {
    let lines: Vec<&str> = task.lines().skip(1).collect();
    let depth = |line: &str| line.len() - line.trim_start().len();
    let deepest = (0..lines.len())
        .filter(|&at| lines[at].contains("=> failed"))
        .max_by_key(|&at| depth(lines[at]))
        .unwrap_or_else(|| panic!("nothing failed: {task}"));
    let mut inner = depth(lines[deepest]);
    // The processes of the gateway, of the orders and of the market.
    let mut crossed = usize::from(lines[deepest].contains("eliot:remote_task"));
    for line in lines[..deepest].iter().rev() {
        if depth(line) < inner {
            inner = depth(line);
            assert!(
                line.contains("=> failed"),
                "{line:?} did not fail in {task}"
            );
            crossed += usize::from(line.contains("eliot:remote_task"));
        }
    }
    assert_eq!(inner, 0, "{task}");
    assert!(
        crossed >= 2,
        "the failure crossed {crossed} processes: {task}"
    );
}
