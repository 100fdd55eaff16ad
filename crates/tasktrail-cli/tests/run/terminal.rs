//! A terminal, which `script` makes, and somebody at it.
#![allow(dead_code, reason = "no test needs all of it")]

use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

/// A shell's command in a terminal of 10 lines and 60 columns.
pub(crate) struct Terminal {
    script: Child,
    keys: ChildStdin,
    screen: Receiver<Vec<u8>>,
    seen: String,
}

impl Terminal {
    /// Starts a command line of `sh`, in which `tasktrail` is the command. After its end the
    /// terminal shows its exit status, and whether the terminal is as it was.
    pub(crate) fn start(folder: &Path, variables: &[(&str, &str)], line: &str) -> Self {
        let bin = Path::new(env!("CARGO_BIN_EXE_tasktrail")).parent().unwrap();
        let path = std::env::var("PATH").unwrap();
        let line = format!(
            "trap : INT; stty rows 10 cols 60; before=$(stty -g); {line}\n\
             status=$?; test \"$before\" = \"$(stty -g)\" && echo same-terminal; \
             echo ended-with $status"
        );
        let mut command = Command::new("script");
        command.args(["-q", "-e", "-f", "-c", &line, "/dev/null"]);
        for name in [
            "NO_COLOR",
            "CLICOLOR_FORCE",
            "COLUMNS",
            "LESS",
            "PAGER",
            "TASKTRAIL_PAGER",
        ] {
            command.env_remove(name);
        }
        let mut script = command
            .env("TASKTRAIL_CONFIG", "")
            .env("SHELL", "/bin/sh")
            .env("TERM", "xterm")
            .env("LC_ALL", "C.UTF-8")
            .env("PATH", format!("{}:{path}", bin.display()))
            .envs(variables.iter().copied())
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut shown = script.stdout.take().unwrap();
        let (sender, screen) = channel();
        thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count @ 1..) = shown.read(&mut bytes) {
                if sender
                    .send(bytes.get(..count).unwrap_or_default().to_vec())
                    .is_err()
                {
                    break;
                }
            }
        });
        Self {
            keys: script.stdin.take().unwrap(),
            script,
            screen,
            seen: String::new(),
        }
    }

    /// Waits until the terminal shows a text after what was waited for before, and gives what it
    /// showed until then.
    #[track_caller]
    pub(crate) fn wait_for(&mut self, text: &str) -> String {
        let shown = self.look_for(text, Duration::from_secs(60));
        assert!(shown.is_some(), "{text:?} is not in {:?}", self.seen);
        shown.unwrap()
    }

    /// Presses keys, once a second, until the terminal shows a text.
    #[track_caller]
    pub(crate) fn press_until(&mut self, keys: &str, text: &str) {
        let is_shown = (0..60).any(|_| {
            self.press(keys);
            self.look_for(text, Duration::from_secs(1)).is_some()
        });
        assert!(is_shown, "{text:?} is not in {:?}", self.seen);
    }

    /// Waits so long for a text, after what was waited for before, and tells whether it is there.
    pub(crate) fn shows(&mut self, text: &str, patience: Duration) -> bool {
        self.look_for(text, patience).is_some()
    }

    /// Waits for a text, as long as something is shown, and then so long.
    fn look_for(&mut self, text: &str, patience: Duration) -> Option<String> {
        loop {
            if let Some(place) = self.seen.find(text) {
                let rest = self.seen.split_off(place + text.len());
                return Some(std::mem::replace(&mut self.seen, rest));
            }
            let bytes = self.screen.recv_timeout(patience).ok()?;
            self.seen += &String::from_utf8_lossy(&bytes);
        }
    }

    pub(crate) fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    /// Waits for the end of the command, and gives what the terminal still showed, and the status.
    #[track_caller]
    pub(crate) fn end(&mut self) -> (String, i32) {
        let mut shown = self.wait_for("ended-with ");
        let status = self.wait_for("\n");
        for line in ["ended-with ", "same-terminal\r\n"] {
            assert!(shown.ends_with(line), "the terminal is another: {shown:?}");
            shown.truncate(shown.len() - line.len());
        }
        assert!(self.script.wait().unwrap().success());
        (shown.replace("\r\n", "\n"), status.trim().parse().unwrap())
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // After a test that failed.
        let _ = self.script.kill();
        let _ = self.script.wait();
    }
}
