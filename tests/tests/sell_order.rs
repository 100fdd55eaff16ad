//! The real Eliot finds every order of `examples/sell_order` complete in the logs of its processes.
#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "clippy.toml allows it in tests, but not in what they share"
)]

use std::collections::{BTreeSet, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tasktrail_tests::{Folder, Peers, nginx, run};

const TARGET: &str = env!("CARGO_TARGET_TMPDIR");
const ORDERS: usize = 20;

#[test]
fn every_order_is_one_complete_task_over_three_processes() {
    let Some(peers) = Peers::find(TARGET) else {
        return;
    };
    let folder = Folder::new(TARGET, "sell_order");

    let logs = sell(folder.path(), &[]);

    assert_eq!(logs.len(), 3, "a log for each process: {logs:?}");
    let tasks = tasks(peers, &logs);
    assert_eq!(tasks.len(), ORDERS);
    for task in &tasks {
        assert_complete(task);
        assert!(!task.contains("=> failed"), "{task}");
        assert_eq!(crossed(task), ["orders", "market"]);
    }
}

#[test]
fn the_tree_spans_nginx_three_services_and_one_in_python_whatever_happens() {
    let (Some(peers), Some(nginx)) = (Peers::find(TARGET), nginx()) else {
        return;
    };
    let python = format!("--python={}", peers.interpreter().display());
    let nginx = format!("--nginx={nginx}");
    for story in STORIES {
        let folder = Folder::new(TARGET, &format!("spans_{}", &story.flag[2..]));

        let logs = sell(folder.path(), &[story.flag, &nginx, &python]);

        let services = ["compliance.log", "gateway.log", "market.log", "orders.log"];
        assert_eq!(logs, services.map(|name| folder.file(name)), "{story:?}");
        let tasks = tasks(peers, &logs);
        assert_eq!(tasks.len(), ORDERS, "{story:?}");
        for task in &tasks {
            assert_complete(task);
            assert_eq!(crossed(task), ["orders", "compliance", "market"]);
        }
        assert_eq!(failures(&tasks), vec![story.failed; story.times].concat());
        assert_no_position_twice(&logs);
        assert_lines_show_nginxs_id(&folder.file("nginx/access.log"), &logs, story.status);
    }
}

/// What happens to the orders, and how it is told.
#[derive(Debug)]
struct Story {
    flag: &'static str,
    /// What nginx answers, or 499 where nobody waits for that.
    status: u16,
    /// The actions that fail, from the outermost on, with what went wrong.
    failed: &'static [&'static str],
    /// In how many of the tasks.
    times: usize,
}

const STORIES: [Story; 5] = [
    Story {
        flag: "--schema=eliot",
        status: 200,
        failed: &[],
        times: 0,
    },
    Story {
        flag: "--fail",
        status: 409,
        failed: &[
            "sell_order: Error",
            "place_order: Error",
            "match_order: Error",
        ],
        times: ORDERS,
    },
    Story {
        flag: "--retry",
        status: 200,
        failed: &["http_call: 503", "http_request: 503", "match_order: Error"],
        times: 1,
    },
    Story {
        flag: "--timeout",
        status: 504,
        failed: &[
            "http_request: 504",
            "sell_order: Error",
            "http_call: 504",
            "http_request: 504",
            "place_order: Error",
            "http_call: cancelled",
            "http_request: cancelled",
            "match_order: cancelled",
        ],
        times: ORDERS,
    },
    Story {
        flag: "--hang-up",
        status: 499,
        failed: &[
            "http_request: cancelled",
            "sell_order: cancelled",
            "http_call: cancelled",
            "http_request: cancelled",
            "place_order: cancelled",
            "http_call: cancelled",
            "http_request: cancelled",
            "match_order: cancelled",
        ],
        times: ORDERS,
    },
];

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
        .args(["--", "--orders", &ORDERS.to_string(), "--dir"])
        .arg(folder)
        .args(flags)
        .env_remove("RUST_LOG");
    run(&mut cargo);
    let entries = fs::read_dir(folder).unwrap();
    let mut logs: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    logs.retain(|path| path.extension().is_some_and(|end| end == "log"));
    logs.sort();
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

/// Gives the actions that failed, with their `exception`, as the tasks tell them.
fn failures(tasks: &[String]) -> Vec<String> {
    let failed = tasks.iter().flat_map(|task| task.lines());
    let failed = failed.filter_map(|line| line.trim().split_once(" => failed "));
    failed
        .map(|(start, end)| {
            let action = start.split(' ').next().unwrap();
            let end: Value = serde_json::from_str(end).unwrap();
            format!("{action}: {}", end["exception"].as_str().unwrap())
        })
        .collect()
}

/// Gives the services other than the gateway that had a part in a task, in the order in which they
/// were asked first.
fn crossed(task: &str) -> Vec<&str> {
    let mut services = Vec::new();
    for line in task.lines() {
        let service = line.split(r#""service":""#).nth(1);
        let service = service.and_then(|rest| rest.split('"').next());
        match service {
            Some(name) if name != "gateway" && !services.contains(&name) => services.push(name),
            _ => {}
        }
    }
    services
}

fn assert_no_position_twice(logs: &[PathBuf]) {
    let mut positions = HashSet::new();
    for line in logs.iter().flat_map(|log| lines(log)) {
        let position = format!("{}@{}", line["task_uuid"], line["task_level"]);
        assert!(positions.insert(position), "twice at one position: {line}");
    }
}

/// Each request in the log of nginx has an id of its own, which is that of all lines of one task,
/// in the log of each service.
fn assert_lines_show_nginxs_id(access: &Path, logs: &[PathBuf], status: u16) {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut expected = BTreeSet::new();
    for request in lines(access) {
        assert_eq!(request["status"], status, "{request}");
        expected.insert(text(&request["correlation_id"]));
    }
    assert_eq!(expected.len(), ORDERS, "{expected:?}");
    let mut tasks = HashSet::new();
    for log in logs {
        let mut found = BTreeSet::new();
        for line in lines(log) {
            let id = text(&line["correlation_id"]);
            tasks.insert((id.clone(), text(&line["task_uuid"])));
            found.insert(id);
        }
        assert_eq!(found, expected, "{}", log.display());
    }
    assert_eq!(tasks.len(), ORDERS, "an id for each task: {tasks:?}");
}

fn lines(log: &Path) -> Vec<Value> {
    let text = fs::read_to_string(log).unwrap();
    let lines = text.lines().map(serde_json::from_str);
    lines.collect::<Result<_, _>>().unwrap()
}
