//! What a process takes of the machine's memory.

use std::fs;
use std::io;

/// Gives how much memory this process has in use, in KiB, as Linux counts it.
///
/// ```
/// # if cfg!(target_os = "linux") {
/// assert!(tasktrail_tests::resident_kib()? > 100);
/// # }
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
///
/// If the system does not tell, as others than Linux.
pub fn resident_kib() -> io::Result<u64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let found = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = found.and_then(|rest| rest.trim().strip_suffix(" kB")?.trim().parse().ok());
    kib.ok_or_else(|| io::Error::other("expected a VmRSS in /proc/self/status"))
}
