//! Surroundings in which programs meet real faults.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::required::FAULTS;

/// Mounts a disk in memory on a folder and becomes a program.
const MOUNT: &str = r#"mount -t tmpfs -o "size=$1" tmpfs "$2" && shift 2 && exec "$@""#;

/// The ways to have mounts that nobody else sees: as root, and as anybody.
const NAMESPACES: [&[&str]; 2] = [&["--mount"], &["--user", "--map-root-user", "--mount"]];

/// Starts a program that finds a disk of so many KiB in memory on a folder; nobody else sees it.
///
/// Gives `None` where that can't be had, and says so on the standard error: the test is then to be
/// left out.
///
/// # Panics
///
/// If it can't be had and the environment variable `TASKTRAIL_FAULTS` is `required`.
pub fn on_small_disk(program: &str, folder: &Path, kib: u32) -> Option<Command> {
    let command = |namespaces: &[&str], program: &str| {
        let mut command = Command::new("unshare");
        command.args(namespaces).args(["sh", "-c", MOUNT, "sh"]);
        command.arg(format!("{kib}k")).args([folder]).arg(program);
        command
    };
    let found = NAMESPACES
        .into_iter()
        .find(|namespaces| works(&mut command(namespaces, "true")));
    if found.is_none() {
        let reason = "neither root nor a user namespace may mount a disk in memory here";
        FAULTS.leave_out("a test on a disk of its own", reason);
    }
    Some(command(found?, program))
}

/// Starts a program that permissions hold for, also if the test itself is run by root.
///
/// Gives `None` where that can't be had, and says so on the standard error: the test is then to be
/// left out.
///
/// # Panics
///
/// If it can't be had and the environment variable `TASKTRAIL_FAULTS` is `required`.
pub fn without_privileges(program: &str) -> Option<Command> {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let privileges = status.lines().find_map(|line| line.strip_prefix("CapEff:"));
    if privileges.is_some_and(|set| set.trim().trim_matches('0').is_empty()) {
        return Some(Command::new(program));
    }
    let command = |program: &str| {
        let mut command = Command::new("setpriv");
        command.args(["--bounding-set=-all", "--inh-caps=-all"]);
        command.arg(program);
        command
    };
    if !works(&mut command("true")) {
        FAULTS.leave_out("a test without privileges", "setpriv can't drop them here");
        return None;
    }
    Some(command(program))
}

fn works(command: &mut Command) -> bool {
    let command = command.stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}
