//! What can be read about connections while somebody writes to them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::network::failure::NetworkFailure;

/// Reads the counts, while a worker has the connection.
///
/// ```
/// use std::net::TcpListener;
/// use tasktrail_writer::{Builder, TcpLines};
///
/// let receiver = TcpListener::bind("127.0.0.1:0")?;
/// let lines = TcpLines::to(receiver.local_addr()?)?;
/// let handle = lines.handle();
/// let worker = Builder::new(lines).start()?;
///
/// worker.writer().write_line(b"hello\n");
/// worker.finish();
///
/// assert_eq!((handle.connections(), handle.failures()), (1, 0));
/// assert!(handle.last_failure().is_none());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct TcpLinesHandle {
    pub(crate) shared: Arc<Shared>,
}

impl TcpLinesHandle {
    /// How often a connection was made.
    pub fn connections(&self) -> u64 {
        self.shared.lock().connections
    }

    /// How often resolving or connecting failed, or a connection broke or was closed by the receiver.
    pub fn failures(&self) -> u64 {
        self.shared.lock().failures
    }

    /// The last of these; `None` if nothing has failed. It stays after a connection was made again.
    pub fn last_failure(&self) -> Option<Arc<NetworkFailure>> {
        self.shared.lock().last_failure.clone()
    }
}

#[derive(Debug, Default)]
pub(crate) struct Shared {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) connections: u64,
    pub(crate) failures: u64,
    pub(crate) last_failure: Option<Arc<NetworkFailure>>,
}

impl Shared {
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
