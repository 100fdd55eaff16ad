//! A process that the example starts and stops.

use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use crate::Error;

/// A process that serves, and stops when its standard input ends.
pub(crate) struct Running {
    pub(crate) address: String,
    name: &'static str,
    child: Child,
    // Not within `child`, which closes it as soon as it is waited for.
    input: Option<ChildStdin>,
    output: Lines<BufReader<ChildStdout>>,
}

impl Running {
    /// Starts a process and waits until it tells its address, with which it serves.
    pub(crate) async fn start(name: &'static str, command: Command) -> Result<Self, Error> {
        let mut started = Self::start_at(String::new(), name, command)?;
        match started.line().await? {
            Some(address) => Ok(Self { address, ..started }),
            None => Err(started.ended_early().await),
        }
    }

    /// Starts a process that serves at an address that it was given.
    pub(crate) fn start_at(
        address: String,
        name: &'static str,
        mut command: Command,
    ) -> Result<Self, Error> {
        let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut child = child.map_err(|error| {
            let program = command.as_std().get_program().display();
            format!("can't start {name}, which is {program}: {error}")
        })?;
        let output = child.stdout.take();
        let output = output.ok_or_else(|| format!("{name} has no standard output"))?;
        Ok(Self {
            address,
            name,
            input: child.stdin.take(),
            child,
            output: BufReader::new(output).lines(),
        })
    }

    /// Waits for the next line that it tells; `None` if there is no more.
    pub(crate) async fn line(&mut self) -> Result<Option<String>, Error> {
        let name = self.name;
        let line = self.output.next_line().await;
        Ok(line.map_err(|error| format!("can't hear what {name} tells: {error}"))?)
    }

    /// Waits for the end of a process that should serve now.
    pub(crate) async fn ended_early(&mut self) -> Error {
        let name = self.name;
        match self.child.wait().await {
            Ok(status) => format!("{name} could not start: {status}").into(),
            Err(error) => format!("can't wait for the end of {name}: {error}").into(),
        }
    }

    /// Closes the process's input, on which it stops, and waits for its end.
    pub(crate) async fn stop(mut self) -> Result<(), Error> {
        drop(self.input.take());
        let name = self.name;
        let status = self.child.wait().await;
        let status =
            status.map_err(|error| format!("can't wait for the end of {name}: {error}"))?;
        match status.success() {
            true => Ok(()),
            false => Err(format!("{name} ended with {status}").into()),
        }
    }
}
