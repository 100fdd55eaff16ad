//! nginx, as the machine has it.

use std::process::Command;

use crate::required::PEERS;

/// Finds nginx, which Debian keeps where only root looks for programs.
///
/// Gives `None` where it can't be had, and says so on the standard error: the test is then to be
/// left out.
///
/// # Panics
///
/// If it can't be had and the environment variable `TASKTRAIL_PEERS` is `required`.
pub fn nginx() -> Option<&'static str> {
    let found = ["nginx", "/usr/sbin/nginx"].into_iter().find(|program| {
        let version = Command::new(program).arg("-v").output();
        version.is_ok_and(|output| output.status.success())
    });
    if found.is_none() {
        PEERS.leave_out("a test behind nginx", "nginx can't be started");
    }
    found
}
