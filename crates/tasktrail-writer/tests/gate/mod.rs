//! A destination that waits until it is let go, so that tests need no clock.

#![allow(dead_code, reason = "each test binary uses a part of it")]

use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};

/// The test's end of the destination.
#[derive(Clone, Default)]
pub(crate) struct Gate {
    shared: Arc<(Mutex<State>, Condvar)>,
}

#[derive(Default)]
struct State {
    open: bool,
    entered: usize,
    dropped: bool,
    output: Vec<u8>,
}

impl Gate {
    pub(crate) fn open(&self) {
        self.change(|state| state.open = true);
    }

    /// Waits until the worker stands before the gate, or has gone through it, so many times.
    pub(crate) fn wait_for_writes(&self, writes: usize) {
        drop(self.wait(|state| state.entered >= writes));
    }

    /// Waits until the worker has let the destination go.
    pub(crate) fn wait_for_drop(&self) {
        drop(self.wait(|state| state.dropped));
    }

    pub(crate) fn output(&self) -> String {
        let state = self.shared.0.lock().unwrap();
        String::from_utf8(state.output.clone()).unwrap()
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.shared.0.lock().unwrap());
        self.shared.1.notify_all();
    }

    fn wait(&self, mut until: impl FnMut(&State) -> bool) -> MutexGuard<'_, State> {
        let state = self.shared.0.lock().unwrap();
        let waited = self.shared.1.wait_while(state, |state| !until(state));
        waited.unwrap()
    }

    pub(crate) fn destination(&self) -> Gated {
        Gated { gate: self.clone() }
    }
}

/// The worker's end.
pub(crate) struct Gated {
    gate: Gate,
}

impl Write for Gated {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.gate.change(|state| state.entered += 1);
        let mut state = self.gate.wait(|state| state.open);
        state.output.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Gated {
    fn drop(&mut self) {
        self.gate.change(|state| state.dropped = true);
    }
}
