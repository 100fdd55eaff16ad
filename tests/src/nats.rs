//! A real NATS server.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStderr, Command, Stdio};

use crate::required::PEERS as NEED;

/// A NATS server of one test's own, on a port that was free; it ends with this value.
#[derive(Debug)]
pub struct Nats {
    process: Child,
    address: String,
    /// Kept open: a server that can't log ends.
    _log: BufReader<ChildStderr>,
}

impl Nats {
    /// Starts `nats-server` and waits until it is ready.
    ///
    /// Gives `None` where it is not installed, and says so on the standard error: the test is then
    /// to be left out.
    ///
    /// # Panics
    ///
    /// If it is not installed and the environment variable `TASKTRAIL_PEERS` is `required`, or if
    /// it can't be started.
    pub fn start() -> Option<Self> {
        // Debian keeps it where a user's shell doesn't look.
        let started = ["nats-server", "/usr/sbin/nats-server"]
            .iter()
            .find_map(|program| {
                let mut command = Command::new(program);
                command.args(["--addr", "127.0.0.1", "--port", "-1"]);
                command.stdin(Stdio::null()).stdout(Stdio::null());
                command.stderr(Stdio::piped()).spawn().ok()
            });
        let Some(mut process) = started else {
            NEED.leave_out("the test of messages over NATS", "there is no nats-server");
            return None;
        };
        let mut log = BufReader::new(process.stderr.take().unwrap());
        let mut said = String::new();
        while !said.contains("Server is ready") {
            let bytes = log.read_line(&mut said).unwrap();
            assert_ne!(bytes, 0, "nats-server ended: {said}");
        }
        let (_, address) = said.split_once("client connections on ").unwrap();
        let address = address.lines().next().unwrap().to_owned();
        Some(Self {
            process,
            address,
            _log: log,
        })
    }

    /// Gives the address for its clients.
    pub fn address(&self) -> &str {
        &self.address
    }
}

impl Drop for Nats {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
