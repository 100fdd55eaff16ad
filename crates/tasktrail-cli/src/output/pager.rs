//! A pager, which shows results page by page.

use std::env;
use std::io::{self, IsTerminal, Write};
use std::process::{self, Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use clap::ValueEnum;
use signal_hook::consts::SIGINT;

use crate::outcome::worst_status;
use crate::tell::{keep, tell, tell_kept};

/// When results go through a pager.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Paging {
    /// If the standard output is a terminal and no log comes from the standard input
    Auto,
    Never,
}

/// How a pager was left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Left {
    ByItself,
    /// Ctrl-C ended it, as it does those that don't expect it.
    Interrupted,
}

/// A pager that runs. Dropped, it is waited for, so that nobody else takes the terminal meanwhile.
#[derive(Debug)]
pub(super) struct Pager {
    /// `None` when all was printed.
    stdin: Option<ChildStdin>,
    writing: Arc<Writing>,
    /// `None` when it was waited for.
    watcher: Option<JoinHandle<Left>>,
}

/// Whether the command is still at work.
#[derive(Debug)]
struct Writing {
    is_going_on: Mutex<bool>,
    ended: Condvar,
}

impl Pager {
    /// Starts the one that the environment names, or else `less`.
    ///
    /// Gives none if none is wanted or none can be started; one that was named and can't be is
    /// told.
    pub(super) fn start() -> Option<Self> {
        let mut child = spawn()?;
        let stdin = child.stdin.take();
        // It stops what a pager does, and doesn't end the pager. If it ended this command, the
        // pager and the shell would both read from the terminal.
        let _ = signal_hook::flag::register(SIGINT, Arc::new(AtomicBool::new(false)));
        if io::stderr().is_terminal() {
            keep();
        }
        let writing = Arc::new(Writing {
            is_going_on: Mutex::new(true),
            ended: Condvar::new(),
        });
        let watched = Arc::clone(&writing);
        Some(Self {
            stdin,
            writing,
            watcher: Some(thread::spawn(move || watch(child, &watched))),
        })
    }

    /// Lets the pager know that nothing follows, and waits until it was left.
    pub(super) fn wait(mut self) -> Left {
        self.end()
    }

    fn end(&mut self) -> Left {
        let Some(watcher) = self.watcher.take() else {
            return Left::ByItself;
        };
        *lock(&self.writing.is_going_on) = false;
        self.writing.ended.notify_all();
        self.stdin = None;
        let left = watcher.join().unwrap_or(Left::ByItself);
        tell_kept();
        left
    }
}

impl Drop for Pager {
    fn drop(&mut self) {
        self.end();
    }
}

impl Write for Pager {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.stdin {
            Some(stdin) => stdin.write(bytes),
            None => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Starts the first pager that is named, with what is to be printed as its standard input.
fn spawn() -> Option<Child> {
    const NAMES: [&str; 2] = ["TASKTRAIL_PAGER", "PAGER"];
    let mut names = NAMES.into_iter();
    let named = names.find_map(|name| Some((name, env::var(name).ok()?)));
    let terminal = env::var("TERM").unwrap_or_default();
    let Some((name, command)) = named else {
        // A terminal that can only print lines can't page either.
        let can_page = !cfg!(unix) || !matches!(terminal.as_str(), "" | "dumb");
        return can_page.then(|| run(&["less".to_owned()]).ok()).flatten();
    };
    let words = match shell_words::split(&command) {
        Ok(words) => words,
        Err(error) => {
            tell(format_args!("{name}: expected a command: {error}"));
            return None;
        }
    };
    if words.is_empty() || words == ["cat"] {
        return None;
    }
    let started = run(&words);
    if let Err(error) = &started {
        tell(format_args!(
            "{name}: {command:?} can't be started: {error}"
        ));
    }
    started.ok()
}

fn run(words: &[String]) -> io::Result<Child> {
    let Some((program, arguments)) = words.split_first() else {
        return Err(io::ErrorKind::NotFound.into());
    };
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::piped());
    // As git has them: end at once if all fits on a page, pass on colours, leave what was shown.
    for (name, flags) in [("LESS", "FRX"), ("LV", "-c")] {
        if env::var_os(name).is_none() {
            command.env(name, flags);
        }
    }
    command.spawn()
}

/// How long the command has to find out by itself that nobody reads what it prints.
const PATIENCE: Duration = Duration::from_millis(500);

/// Waits until the pager was left. A command that reads on, and for long prints nothing, is ended
/// then: nobody will see what it finds.
fn watch(mut pager: Child, writing: &Writing) -> Left {
    let left = match pager.wait() {
        Ok(status) => left(status),
        Err(_) => Left::ByItself,
    };
    let is_going_on = lock(&writing.is_going_on);
    let waited = writing
        .ended
        .wait_timeout_while(is_going_on, PATIENCE, |is_going_on| *is_going_on);
    let (is_going_on, _) = waited.unwrap_or_else(PoisonError::into_inner);
    if *is_going_on {
        tell_kept();
        process::exit(match left {
            Left::ByItself => worst_status().into(),
            Left::Interrupted => 130,
        });
    }
    left
}

#[cfg(unix)]
fn left(status: ExitStatus) -> Left {
    use std::os::unix::process::ExitStatusExt;

    match status.signal() {
        Some(SIGINT) => Left::Interrupted,
        _ => Left::ByItself,
    }
}

#[cfg(not(unix))]
fn left(_: ExitStatus) -> Left {
    Left::ByItself
}

/// A thread that panics takes the program down; until then what it held is as good as before.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
