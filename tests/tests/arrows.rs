//! The crates depend on each other, and on what is heavy, only as the design says.
//!
//! These are the normal dependencies, and those of build scripts: what a user compiles. What only
//! tests and benches need (dev-dependencies) is free. So are packages outside of `crates/`, on which
//! no crate may depend.
#![expect(
    clippy::unwrap_used,
    reason = "clippy.toml allows it in tests, but not in what they share"
)]

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use tasktrail_tests::run;

/// On which of our crates each may depend.
const ARROWS: &[(&str, &[&str])] = &[
    ("tasktrail-record", &[]),
    ("tasktrail-writer", &[]),
    ("tasktrail", &["tasktrail-record", "tasktrail-writer"]),
    ("tasktrail-http", &["tasktrail", "tasktrail-record"]),
    ("tasktrail-cli", &["tasktrail-record"]),
    ("tasktrail-agent", &["tasktrail-record", "tasktrail-writer"]),
];

/// What `tasktrail-record` and `tasktrail-writer` never depend on.
const KEPT_OUT: &[&str] = &["tokio", "tracing"];

/// The one feature that brings `tracing` to the writer.
const WRITER_FEATURE: &str = "make-writer";

#[test]
fn the_crates_depend_on_each_other_only_as_the_design_says() {
    assert_eq!(offences(&metadata()), [""; 0]);
}

#[test]
fn an_arrow_that_is_not_allowed_is_named() {
    let offending = |package: &str, dependency: Value| {
        let mut metadata = metadata();
        let packages = metadata["packages"].as_array_mut().unwrap();
        let package = packages.iter_mut().find(|found| found["name"] == package);
        let dependencies = &mut package.unwrap()["dependencies"];
        dependencies.as_array_mut().unwrap().push(dependency);
        offences(&metadata)
    };
    let normal = |name: &str| json!({"name": name, "kind": null, "optional": false});

    assert_eq!(
        offending("tasktrail-cli", normal("tasktrail")),
        ["tasktrail-cli -> tasktrail: only tasktrail-record is allowed"]
    );
    assert_eq!(
        offending("tasktrail-record", normal("tracing-core")),
        ["tasktrail-record -> tracing-core: kept out of this crate"]
    );
    assert_eq!(
        offending("tasktrail-writer", normal("tracing-subscriber")),
        ["tasktrail-writer -> tracing-subscriber: kept out of this crate but for make-writer"]
    );
    assert_eq!(
        offending(
            "tasktrail-writer",
            json!({"name": "tokio", "kind": null, "optional": true})
        ),
        ["tasktrail-writer -> tokio: kept out of this crate"]
    );
    assert_eq!(
        offending(
            "tasktrail",
            json!({"name": "tasktrail-tests", "kind": "build", "optional": false})
        ),
        ["tasktrail -> tasktrail-tests: only tasktrail-record, tasktrail-writer is allowed"]
    );
    assert_eq!(
        offending(
            "tasktrail-record",
            json!({"name": "tokio", "kind": "dev", "optional": false})
        ),
        [""; 0]
    );
}

#[test]
fn readers_and_the_bare_writer_compile_neither_tracing_nor_tokio() {
    for arguments in [
        &["--package", "tasktrail-record"][..],
        &["--package", "tasktrail-cli"],
        &["--package", "tasktrail-writer", "--no-default-features"],
    ] {
        let mut cargo = cargo("tree");
        cargo.args([
            "--edges",
            "normal,build",
            "--prefix",
            "none",
            "--format",
            "{p}",
        ]);
        let tree = run(cargo.args(arguments)).stdout;

        let compiled = tree.lines().filter_map(|line| line.split(' ').next());
        let offending: Vec<&str> = compiled.filter(|name| is_kept_out(name)).collect();
        assert_eq!(offending, [""; 0], "compiled by {arguments:?}");
        assert!(tree.starts_with(arguments[1]), "{tree}");
    }
}

/// Gives each arrow that the design does not allow.
fn offences(metadata: &Value) -> Vec<String> {
    let packages = metadata["packages"].as_array().unwrap();
    let ours: Vec<&str> = packages
        .iter()
        .map(|package| text(&package["name"]))
        .collect();
    let crates = packages.iter().filter(|package| is_crate(package));
    crates
        .flat_map(|package| offences_of(package, &ours))
        .collect()
}

fn offences_of(package: &Value, ours: &[&str]) -> Vec<String> {
    let name = text(&package["name"]);
    let Some((_, allowed)) = ARROWS.iter().find(|(known, _)| *known == name) else {
        return vec![format!("{name}: the design has no such crate")];
    };
    let dependencies = package["dependencies"].as_array().unwrap().iter();
    let compiled = dependencies.filter(|dependency| dependency["kind"] != "dev");
    compiled
        .filter_map(|dependency| {
            let other = text(&dependency["name"]);
            let why = match () {
                () if ours.contains(&other) && !allowed.contains(&other) => match *allowed {
                    [] => "none of our crates is allowed".to_owned(),
                    _ => format!("only {} is allowed", allowed.join(", ")),
                },
                () => kept_out(package, dependency)?,
            };
            Some(format!("{name} -> {other}: {why}"))
        })
        .collect()
}

/// Says why a crate may not have a dependency that is not ours; `None` if it may.
fn kept_out(package: &Value, dependency: &Value) -> Option<String> {
    let (name, other) = (text(&package["name"]), text(&dependency["name"]));
    if !["tasktrail-record", "tasktrail-writer"].contains(&name) || !is_kept_out(other) {
        return None;
    }
    if name == "tasktrail-record" || other.starts_with("tokio") {
        return Some("kept out of this crate".to_owned());
    }
    let optional = dependency["optional"] == true;
    let brings = |feature: &Value| {
        let enabled = feature.as_array().into_iter().flatten().map(text);
        enabled
            .into_iter()
            .any(|enabled| enabled == format!("dep:{other}"))
    };
    let features = package["features"].as_object().unwrap();
    let brought_by: Vec<&str> = features
        .iter()
        .filter(|(_, enables)| brings(enables))
        .map(|(feature, _)| feature.as_str())
        .collect();
    match optional && brought_by == [WRITER_FEATURE] {
        true => None,
        false => Some(format!("kept out of this crate but for {WRITER_FEATURE}")),
    }
}

/// Tells whether a package is one of those kept out, or of its family.
fn is_kept_out(name: &str) -> bool {
    KEPT_OUT
        .iter()
        .filter_map(|family| name.strip_prefix(family))
        .any(|rest| rest.is_empty() || rest.starts_with('-'))
}

fn is_crate(package: &Value) -> bool {
    let folder = Path::new(text(&package["manifest_path"])).parent();
    folder
        .and_then(Path::parent)
        .is_some_and(|parent| parent.ends_with("crates"))
}

fn metadata() -> Value {
    let mut cargo = cargo("metadata");
    let metadata = run(cargo.args(["--format-version", "1", "--no-deps"])).stdout;
    serde_json::from_str(&metadata).unwrap()
}

fn cargo(command: &str) -> Command {
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .arg(command)
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    cargo
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}
