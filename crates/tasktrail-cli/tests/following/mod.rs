//! Runs `tasktrail follow` as users run it, on files that are written meanwhile.
#![allow(dead_code, reason = "no test needs all of it")]

use std::fs::OpenOptions;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use crate::run::{Folder, command};

/// Long enough for any machine, and shorter than for ever.
const PATIENCE: Duration = Duration::from_secs(60);

/// A command that goes on until it is told to end.
pub(crate) struct Following {
    pub(crate) child: Child,
    pub(crate) out: Receiver<String>,
    pub(crate) err: Receiver<String>,
}

impl Following {
    /// Starts, and waits until the files were opened.
    pub(crate) fn start(folder: &Folder, arguments: &[&str]) -> Self {
        let following = Self::spawn(folder, arguments);
        following.tells("Ctrl-C ends it");
        following
    }

    pub(crate) fn spawn(folder: &Folder, arguments: &[&str]) -> Self {
        let mut child = command(&["follow"])
            .args(arguments)
            .current_dir(&folder.0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        Self {
            out: lines(child.stdout.take().unwrap()),
            err: lines(child.stderr.take().unwrap()),
            child,
        }
    }

    #[track_caller]
    pub(crate) fn shows(&self, expected: &str) {
        for expected in expected.lines() {
            assert_eq!(next(&self.out), expected);
        }
    }

    #[track_caller]
    pub(crate) fn tells(&self, expected: &str) {
        wait_for(&self.err, expected);
    }

    /// Ends it, and gives the status, and what it still showed and told.
    pub(crate) fn end(self) -> (Option<i32>, String, String) {
        self.signal("-INT");
        self.wait()
    }

    pub(crate) fn signal(&self, signal: &str) {
        let id = self.child.id().to_string();
        let killed = Command::new("kill").args([signal, &id]).status().unwrap();
        assert!(killed.success());
    }

    /// Waits for its end, and gives the status, and what it still showed and told.
    pub(crate) fn wait(mut self) -> (Option<i32>, String, String) {
        let rest = |lines: &Receiver<String>| {
            let mut rest = String::new();
            while let Ok(line) = lines.recv_timeout(PATIENCE) {
                rest += &line;
                rest.push('\n');
            }
            rest
        };
        let (out, err) = (rest(&self.out), rest(&self.err));
        (self.child.wait().unwrap().code(), out, err)
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}

fn lines(stream: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        for line in BufReader::new(stream).lines() {
            if sender.send(line.unwrap()).is_err() {
                return;
            }
        }
    });
    receiver
}

#[track_caller]
pub(crate) fn next(lines: &Receiver<String>) -> String {
    lines.recv_timeout(PATIENCE).unwrap()
}

#[track_caller]
pub(crate) fn wait_for(lines: &Receiver<String>, expected: &str) {
    while !next(lines).contains(expected) {}
}

pub(crate) fn message(task: &str) -> String {
    format!(r#"{{"task_uuid":"{task}","task_level":[1],"timestamp":1.5,"message_type":"said"}}"#)
}

pub(crate) fn action(task: &str, number: u64, status: &str) -> String {
    format!(
        r#"{{"task_uuid":"{task}","task_level":[{number}],"timestamp":{number}.5,"action_type":"sell","action_status":"{status}"}}"#
    )
}

pub(crate) fn append(folder: &Folder, name: &str, text: &str) {
    let mut options = OpenOptions::new();
    let mut file = options
        .append(true)
        .create(true)
        .open(folder.0.join(name))
        .unwrap();
    file.write_all(text.as_bytes()).unwrap();
}
