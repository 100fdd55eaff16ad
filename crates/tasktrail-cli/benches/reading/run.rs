//! Runs commands, and tells how long each took.

use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Instant;

/// What a command took.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Took {
    /// The time of the processor, in the program and in the system, of all threads.
    pub(crate) cpu: f64,
    pub(crate) elapsed: f64,
}

impl Took {
    /// Gives the least of two runs, of each time by itself.
    pub(crate) fn least(self, other: Self) -> Self {
        Self {
            cpu: self.cpu.min(other.cpu),
            elapsed: self.elapsed.min(other.elapsed),
        }
    }
}

/// What a command is to print, so that none is fast because it did less.
#[derive(Debug)]
pub(crate) enum Prints {
    /// So many lines.
    Lines(u64),
    /// A last line that begins with this number.
    Number(u64),
    /// A last line with this in it.
    Text(String),
    /// One line or more.
    Something,
}

/// Runs a script of the shell.
///
/// # Errors
///
/// If a command of it is not installed or fails, or does not print what it is to print; the error
/// says so.
pub(crate) fn run(script: &str, prints: &Prints) -> Result<Took, String> {
    // What the shell tells is the time of the commands alone: some do less when they see that
    // nobody reads what they print, so it is read here.
    let script = format!("set -o pipefail; TIMEFORMAT='%R %U %S'; time {{ {script}; }}");
    let mut child = Command::new("bash")
        .args(["-c", &script])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("bash can't be started: {error}"))?;
    let told = child.stderr.take();
    // Both at once: who has much to tell would wait for ever.
    let (printed, told) = thread::scope(|scope| {
        let told = scope.spawn(|| {
            let mut all = Vec::new();
            told.map_or(Ok(0), |mut told| told.read_to_end(&mut all))?;
            Ok(String::from_utf8_lossy(&all).into_owned())
        });
        (Printed::read(&mut child), told.join().unwrap())
    });
    let text = |error: io::Error| error.to_string();
    let (printed, told) = (printed.map_err(text)?, told.map_err(text)?);
    let status = child.wait().map_err(text)?;
    let mut told = told.trim_end().lines().rev();
    let times = told.next().unwrap_or_default();
    let told = told.next().unwrap_or_default();
    match status.code() {
        // 1 is told by those that found something, or nothing.
        Some(0 | 1) => {}
        Some(127) => return Err("it is not installed".to_owned()),
        _ => return Err(format!("it failed, {status}: {told}")),
    }
    printed.check(prints)?;
    let times: Vec<f64> = times.split(' ').filter_map(|s| s.parse().ok()).collect();
    match times[..] {
        [elapsed, user, system] => Ok(Took {
            cpu: user + system,
            elapsed,
        }),
        _ => Err(format!("the shell told no times: {told}")),
    }
}

/// What a command printed.
#[derive(Debug, Default)]
struct Printed {
    lines: u64,
    /// The end of it, 256 bytes at most.
    end: Vec<u8>,
}

impl Printed {
    fn read(child: &mut Child) -> io::Result<Self> {
        let mut printed = Self::default();
        let mut buffer = vec![0; 64 * 1024];
        let Some(mut from) = child.stdout.take() else {
            return Ok(printed);
        };
        loop {
            let read = from.read(&mut buffer)?;
            if read == 0 {
                return Ok(printed);
            }
            let bytes = &buffer[..read];
            printed.lines += memchr::memchr_iter(b'\n', bytes).count() as u64;
            printed.end.extend(bytes);
            let over = printed.end.len().saturating_sub(256);
            printed.end.drain(..over);
        }
    }

    fn check(&self, prints: &Prints) -> Result<(), String> {
        let end = String::from_utf8_lossy(&self.end);
        let last = end.lines().last().unwrap_or_default();
        let is_good = match prints {
            Prints::Lines(lines) => self.lines == *lines,
            Prints::Number(number) => {
                let first = last.split_whitespace().next();
                first.and_then(|first| first.parse().ok()) == Some(*number)
            }
            Prints::Text(text) => last.contains(text),
            Prints::Something => self.lines > 0,
        };
        match is_good {
            true => Ok(()),
            false => Err(format!(
                "expected {prints:?}, and it printed {} lines, the last {last:?}",
                self.lines
            )),
        }
    }
}

/// Starts a command of a program, and gives how many seconds it took until all of its first line was
/// there; then it is ended.
pub(crate) fn first_line(program: &str, command: &str, log: &Path) -> io::Result<f64> {
    let start = Instant::now();
    let mut child = Command::new(program)
        .arg(command)
        .arg(log)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let mut line = Vec::new();
    if let Some(printed) = &mut child.stdout {
        BufReader::new(printed).read_until(b'\n', &mut line)?;
    }
    let took = start.elapsed();
    // It may have ended by itself.
    let _ = child.kill();
    child.wait()?;
    match line.last() {
        Some(b'\n') => Ok(took.as_secs_f64()),
        _ => Err(io::Error::other("it printed no line")),
    }
}

/// Takes a file out of the system's cache.
///
/// # Errors
///
/// If it can't be done here: it needs the `dd` of GNU, and a file on a disk. The error says so.
pub(crate) fn cool(log: &Path) -> Result<(), String> {
    let script = r#"dd of="$0" oflag=nocache conv=notrunc,fdatasync count=0 status=none
        kept=$(fincore --bytes --noheadings --output RES "$0") || exit 0
        test "$kept" -le 16777216 || { echo "$kept bytes of it stayed there" >&2; exit 1; }"#;
    let output = Command::new("bash")
        .args(["-e", "-c", script])
        .arg(log)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("bash can't be started: {error}"))?;
    match output.status.success() {
        true => Ok(()),
        false => Err(format!(
            "the file can't be taken out of the cache: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        )),
    }
}
