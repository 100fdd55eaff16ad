//! Starts workers that then have nothing to do, and looks at what they cost: `at_rest`.
//!
//! It fails if they take much memory, or if anything wakes any of their threads.
#![expect(clippy::print_stdout, reason = "it tells what it measured")]

#[cfg(not(target_os = "linux"))]
fn main() {}

#[cfg(target_os = "linux")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    on_linux::run()
}

#[cfg(target_os = "linux")]
mod on_linux {
    use std::collections::BTreeMap;
    use std::error::Error;
    use std::fs;
    use std::thread;
    use std::time::{Duration, Instant};

    use tasktrail_tests::resident_kib;
    use tasktrail_writer::{AfterSignal, Builder, SIGTERM, flush_on_signals};

    const WORKERS: usize = 16;
    const KIB_FOR_EACH: u64 = 1024;
    const LONG: Duration = Duration::from_secs(60);

    pub(crate) fn run() -> Result<(), Box<dyn Error>> {
        flush_on_signals([SIGTERM], LONG, AfterSignal::Terminate)?;
        let before = resident_kib()?;

        let mut workers = Vec::new();
        for _ in 0..WORKERS {
            let worker = Builder::new(std::io::sink()).start()?;
            worker.writer().write_line(b"a line\n");
            worker.flush(LONG)?;
            workers.push(worker);
        }
        wait_for_rest()?;
        let after = resident_kib()?;

        let each = after.saturating_sub(before) / u64::try_from(WORKERS)?;
        println!("{each} KiB for each of {WORKERS} workers at rest");
        if each >= KIB_FOR_EACH {
            return Err(format!("expected less than {KIB_FOR_EACH} KiB for each").into());
        }
        Ok(())
    }

    /// Waits until no thread of ours has been woken for a second.
    fn wait_for_rest() -> Result<(), Box<dyn Error>> {
        let begin = Instant::now();
        let mut woken = times_woken()?;
        loop {
            thread::park_timeout(Duration::from_secs(1));
            let now = times_woken()?;
            // A thread has no name before it has begun.
            if now == woken && now.len() == WORKERS + 1 {
                return Ok(());
            }
            if begin.elapsed() > LONG {
                return Err(format!("expected rest, found {woken:?} and then {now:?}").into());
            }
            woken = now;
        }
    }

    /// How often each thread of the writer went to sleep, which is how often it was woken.
    fn times_woken() -> Result<BTreeMap<String, String>, Box<dyn Error>> {
        let mut woken = BTreeMap::new();
        for entry in fs::read_dir("/proc/self/task")? {
            let path = entry?.path();
            if !fs::read_to_string(path.join("comm"))?.starts_with("tasktrail") {
                continue;
            }
            let status = fs::read_to_string(path.join("status"))?;
            let switches = status.lines().filter(|line| line.contains("ctxt_switches"));
            let switches: Vec<_> = switches.collect();
            woken.insert(path.display().to_string(), switches.join(" "));
        }
        Ok(woken)
    }
}
