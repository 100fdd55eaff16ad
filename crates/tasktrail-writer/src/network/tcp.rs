//! Lines over TCP: each connection begins with the beginning of a line.

mod begun_line;
mod builder;
mod connection;
mod handle;

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

pub use builder::TcpLinesBuilder;
pub use handle::TcpLinesHandle;

use super::address::{Address, ResolveError};
use super::failure::{Doing, NetworkFailure};
use crate::destination::Destination;
use begun_line::BegunLine;
use connection::Connection;
use handle::Shared;

/// Sends lines over TCP, and connects again after a connection broke.
///
/// ```
/// use std::io::Read;
/// use std::net::TcpListener;
/// use tasktrail_writer::{Builder, TcpLines};
///
/// let receiver = TcpListener::bind("127.0.0.1:0")?;
/// let worker = Builder::new(TcpLines::to(receiver.local_addr()?)?).start()?;
///
/// worker.writer().write_line(b"{\"message\":\"hello\"}\n");
/// assert_eq!(worker.finish().written(), 1);
///
/// let mut received = String::new();
/// receiver.accept()?.0.read_to_string(&mut received)?;
/// assert_eq!(received, "{\"message\":\"hello\"}\n");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # What is guaranteed
///
/// - **The receiver may come later, and go.** The first line connects; whenever that fails or a
///   connection breaks, the worker tries again at its own pace, and lines wait in memory.
///   The address is resolved for each connection, and all that it stands for is tried.
/// - **A connection begins with the beginning of a line**, and no two lines are merged. A line that
///   was cut when a connection broke comes whole over the next one.
/// - **A connection that the receiver has closed is found out** before lines are written to it. What
///   the receiver sends is read and thrown away.
/// - **The end sends what the system took**: the connection is closed in order, and the system goes
///   on sending after the program has ended.
///
/// A line ends with its `\n`, and with the batch that the worker writes.
///
/// # What can be lost
///
/// - What the system took and the receiver had not read when the connection broke. These lines
///   count as written: TCP tells nobody what was read. The same is true for all lines while something
///   in between, such as a proxy, accepts connections for a receiver that is not there.
///
/// When a connection breaks, its last line can be torn at the receiver. That line comes again whole,
/// so a receiver that takes a line without `\n` for a whole one can see it twice.
///
/// # Troubleshooting
///
/// - *Nothing arrives.* [`TcpLinesHandle::last_failure`] says why.
/// - *Lines wait, and nothing fails.* The receiver is connected and does not read.
/// - *There is a new connection for each batch of lines.* The receiver closes its side of the connection
///   for writing, which looks as if it had closed the connection: netcat does so when its standard
///   input ends.
/// - *The worker takes long to notice an address that does not answer.* Each address that the name
///   stands for has the [connect timeout](TcpLinesBuilder::connect_timeout); the time to
///   resolve a name is up to the system.
pub struct TcpLines {
    address: Address,
    connect_timeout: Duration,
    write_timeout: Duration,
    connection: Option<Connection>,
    begun: BegunLine,
    shared: Arc<Shared>,
}

impl TcpLines {
    /// Resolves an address, `HOST:PORT`, and takes the defaults. It does not connect yet.
    ///
    /// # Errors
    ///
    /// [`ResolveError`] if the address does not resolve.
    ///
    /// ```
    /// use tasktrail_writer::TcpLines;
    ///
    /// assert!(TcpLines::to("127.0.0.1:5170").is_ok());
    /// assert!(TcpLines::to("127.0.0.1:99999").is_err());
    /// ```
    pub fn to(address: impl ToString) -> Result<Self, ResolveError> {
        Self::builder(address).resolve()
    }

    /// Starts from the defaults.
    pub fn builder(address: impl ToString) -> TcpLinesBuilder {
        TcpLinesBuilder::new(address.to_string())
    }

    /// A handle to read the counts, while a worker has this.
    pub fn handle(&self) -> TcpLinesHandle {
        TcpLinesHandle {
            shared: Arc::clone(&self.shared),
        }
    }

    /// Takes out the connection, a new one if there is none or the peer has closed it.
    fn connected(&mut self) -> io::Result<Connection> {
        let Some(mut connection) = self.connection.take() else {
            return self.connect();
        };
        match connection.look() {
            Ok(()) => Ok(connection),
            Err(error) => {
                self.broke(connection.peer, error);
                self.connect()
            }
        }
    }

    fn connect(&mut self) -> io::Result<Connection> {
        let peers = self
            .address
            .resolve()
            .map_err(|error| self.failed(Doing::Resolve, None, error).for_worker())?;
        self.connect_to_one_of(peers)
    }

    fn connect_to_one_of(&mut self, peers: Vec<SocketAddr>) -> io::Result<Connection> {
        let mut last = None;
        for peer in peers {
            match Connection::open(peer, self.connect_timeout, self.write_timeout) {
                Ok(connection) => {
                    self.begun.rewind();
                    self.shared.lock().connections += 1;
                    return Ok(connection);
                }
                Err(error) => last = Some((peer, error)),
            }
        }
        let (peer, error) = last.unzip();
        let error = error.unwrap_or_else(|| io::ErrorKind::NotFound.into());
        Err(self.failed(Doing::Connect, peer, error).for_worker())
    }

    /// Sends what the receiver lacks of a line that was begun before, and then more.
    fn send(&mut self, lines: &[u8]) -> io::Result<usize> {
        let mut connection = self.connected()?;
        match self.begun.send(&mut connection.stream, lines) {
            Err(error) if !says_later(&error) => {
                Err(self.broke(connection.peer, error).for_worker())
            }
            sent => {
                self.connection = Some(connection);
                sent
            }
        }
    }

    fn broke(&self, peer: SocketAddr, error: io::Error) -> Arc<NetworkFailure> {
        self.failed(Doing::Stream, Some(peer), error)
    }

    fn failed(
        &self,
        doing: Doing,
        peer: Option<SocketAddr>,
        error: io::Error,
    ) -> Arc<NetworkFailure> {
        let failure = NetworkFailure::new(doing, &self.address, peer, error);
        let mut state = self.shared.lock();
        state.failures += 1;
        state.last_failure = Some(Arc::clone(&failure));
        failure
    }
}

/// Whether nothing was sent, but the connection is as good as before.
///
/// An expired write timeout is told as `WouldBlock` on Unix. Elsewhere it is `TimedOut`, and nobody
/// knows what was sent then.
fn says_later(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
    )
}

impl Destination for TcpLines {
    /// Writes as many bytes as the system takes at once, after connecting if need be.
    ///
    /// # Errors
    ///
    /// A [`NetworkFailure`], or [`WouldBlock`](io::ErrorKind::WouldBlock) if the receiver read nothing
    /// for as long as the write timeout.
    fn write(&mut self, lines: &[u8]) -> io::Result<usize> {
        if lines.is_empty() {
            return Ok(0);
        }
        self.send(lines)
    }

    /// Does nothing but end a line: nothing is held back.
    ///
    /// # Errors
    ///
    /// None.
    fn flush(&mut self) -> io::Result<()> {
        // A batch consists of whole lines, also if they are framed in another way. Without a connection
        // this is one of which a fallback took the rest: a line that was begun here still comes.
        if self.connection.is_some() {
            self.begun.end();
        }
        Ok(())
    }
}

impl fmt::Debug for TcpLines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TcpLines")
            .field("address", &self.address.as_str())
            .field("connect_timeout", &self.connect_timeout)
            .field("write_timeout", &self.write_timeout)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
#[path = "tcp_tests.rs"]
mod tests;
