//! Time on the processor, memory, and what is in the middle of many numbers.

use std::fs;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

/// What the workers took that have ended.
static WORKERS: AtomicU64 = AtomicU64::new(0);

/// User and system time of the calling thread in nanoseconds, where Linux says it.
pub(crate) fn thread_time() -> Option<u64> {
    // The number is brought up to date when the thread leaves its processor.
    thread::park_timeout(Duration::from_micros(1));
    let words = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    words.split_whitespace().next()?.parse().ok()
}

/// Adds up what the calling thread took, if a writer has started it.
pub(crate) fn note_end_of_worker() {
    let is_main = thread::current().name() == Some("main");
    if !is_main && let Some(time) = thread_time() {
        WORKERS.fetch_add(time, Ordering::Relaxed);
    }
}

pub(crate) fn time_of_workers() -> u64 {
    WORKERS.load(Ordering::Relaxed)
}

/// The memory of this process that is in use, in KiB, where Linux says it.
pub(crate) fn memory() -> Option<f64> {
    let rollup = fs::read_to_string("/proc/self/smaps_rollup").ok()?;
    let line = rollup.lines().find(|line| line.starts_with("Rss:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

/// The value below which that part of the values lies.
pub(crate) fn percentile(values: &mut [u32], part: f64) -> f64 {
    let place = ((values.len() as f64 * part) as usize).min(values.len() - 1);
    f64::from(*values.select_nth_unstable(place).1)
}

pub(crate) fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
