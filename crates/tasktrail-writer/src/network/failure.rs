//! What fails on the network while lines are sent.

use std::error::Error;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use super::address::Address;

/// What failed while lines were sent to an address. They wait in memory, and are tried again.
///
/// The worker is given it inside an [`io::Error`], which is the source of a
/// [`FlushError`](crate::FlushError).
///
/// ```
/// use std::net::TcpListener;
/// use tasktrail_writer::{Destination, TcpLines};
///
/// let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
/// let mut lines = TcpLines::to(address)?;
///
/// let error = lines.write(b"nobody listens\n").unwrap_err();
///
/// assert_eq!(
///     error.to_string(),
///     format!("expected a connection to {address}, found none")
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct NetworkFailure {
    doing: Doing,
    address: String,
    peer: Option<SocketAddr>,
    source: io::Error,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Doing {
    Resolve,
    Connect,
    Stream,
    Datagram,
}

impl NetworkFailure {
    pub(crate) fn new(
        doing: Doing,
        address: &Address,
        peer: Option<SocketAddr>,
        source: io::Error,
    ) -> Arc<Self> {
        Arc::new(Self {
            doing,
            address: address.as_str().to_owned(),
            peer,
            source,
        })
    }

    /// The address as it was given.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// What the address stood for; `None` if it could not be resolved. If there were several and all
    /// failed, this is the last.
    pub fn peer(&self) -> Option<SocketAddr> {
        self.peer
    }

    /// As an error that has the worker try again, also when the program ends.
    pub(crate) fn for_worker(self: Arc<Self>) -> io::Error {
        let kind = match self.source.kind() {
            // The worker takes this for a pipe that nobody will ever read again.
            io::ErrorKind::BrokenPipe => io::ErrorKind::ConnectionReset,
            // These would say that nothing has failed.
            io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted => io::ErrorKind::TimedOut,
            kind => kind,
        };
        io::Error::new(kind, self)
    }
}

impl fmt::Display for NetworkFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let address = &self.address;
        match self.doing {
            Doing::Resolve => write!(f, "expected {address} to resolve, found nothing"),
            Doing::Connect => write!(f, "expected a connection to {address}, found none"),
            Doing::Stream => write!(f, "expected a connection to {address}, found it broken"),
            Doing::Datagram => write!(
                f,
                "expected a datagram to reach {address}, found it did not"
            ),
        }?;
        match self.peer {
            Some(peer) if peer.to_string() != *address => write!(f, " ({peer})"),
            _ => Ok(()),
        }
    }
}

impl Error for NetworkFailure {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_failure_of_the_network_is_final_or_none_for_the_worker() {
        let address = Address::new("127.0.0.1:5170".to_owned()).unwrap();
        let kind = |kind: io::ErrorKind| {
            let failure = NetworkFailure::new(Doing::Stream, &address, None, kind.into());
            failure.for_worker().kind()
        };

        assert_eq!(
            kind(io::ErrorKind::BrokenPipe),
            io::ErrorKind::ConnectionReset
        );
        assert_eq!(kind(io::ErrorKind::WouldBlock), io::ErrorKind::TimedOut);
        assert_eq!(kind(io::ErrorKind::Interrupted), io::ErrorKind::TimedOut);
        assert_eq!(
            kind(io::ErrorKind::ConnectionRefused),
            io::ErrorKind::ConnectionRefused
        );
    }
}
