//! Lines over UDP: one line, one datagram.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

use super::address::{Address, ResolveError};
use super::failure::{Doing, NetworkFailure};
use crate::destination::{Destination, LineTooLarge};

/// The most bytes that fit into a datagram: 65,535 without the headers of IPv4 and UDP.
const LARGEST: usize = 65_507;

/// Sends each line as a datagram over UDP, without the `\n` at its end.
///
/// That is what receivers expect: a datagram is a message to Logstash's `udp` input, to rsyslog's
/// `imudp` and to a GELF input, and none of them needs an end of line. It is not split or compressed.
///
/// ```
/// use std::net::UdpSocket;
/// use tasktrail_writer::{Builder, UdpLines};
///
/// let receiver = UdpSocket::bind("127.0.0.1:0")?;
/// let worker = Builder::new(UdpLines::to(receiver.local_addr()?)?).start()?;
///
/// worker.writer().write_line(b"{\"message\":\"hello\"}\n");
/// assert_eq!(worker.finish().written(), 1);
///
/// let mut received = [0; 64];
/// let length = receiver.recv(&mut received)?;
/// assert_eq!(&received[..length], b"{\"message\":\"hello\"}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # What is guaranteed
///
/// - **A datagram is one line**, whole. A line ends with its `\n`, so one that has others
///   inside makes several datagrams.
/// - **A line that is too large is counted** as [`TooLarge`](crate::Cause::TooLarge), and the next one
///   is sent.
/// - **After a failure the address is resolved again**, and the next one that it stands for is used.
///
/// # What can be lost
///
/// - Datagrams on their way, and those that the receiver is too slow for. Nobody knows, and these lines
///   count as written.
/// - Lines to a port where nobody listens. On the same machine the system says so at once, and the
///   lines wait in memory. From another one the answer comes later or never: the datagrams until then
///   are lost, and after it the worker pauses before the next.
///
/// # Troubleshooting
///
/// - *Lines are lost as too large.* Systems differ in what they take: macOS sends no more than 9,216
///   bytes unless `net.inet.udp.maxdgram` says otherwise.
/// - *Lines arrive cut.* The receiver reads less than a whole datagram: see its buffer or message size,
///   and use it as [`UdpLinesBuilder::largest_datagram`].
pub struct UdpLines {
    address: Address,
    datagram: usize,
    socket: Option<Connected>,
    /// How often sending failed, which says whose turn it is of the addresses.
    failures: usize,
}

struct Connected {
    socket: UdpSocket,
    peer: SocketAddr,
}

impl UdpLines {
    /// Resolves an address, `HOST:PORT`, and takes the defaults.
    ///
    /// # Errors
    ///
    /// [`ResolveError`] if the address does not resolve.
    ///
    /// ```
    /// use tasktrail_writer::UdpLines;
    ///
    /// assert!(UdpLines::to("127.0.0.1:514").is_ok());
    /// assert!(UdpLines::to("514").is_err());
    /// ```
    pub fn to(address: impl ToString) -> Result<Self, ResolveError> {
        Self::builder(address).resolve()
    }

    /// Starts from the defaults.
    pub fn builder(address: impl ToString) -> UdpLinesBuilder {
        UdpLinesBuilder {
            address: address.to_string(),
            datagram: LARGEST,
        }
    }

    fn send(&mut self, datagram: &[u8]) -> io::Result<()> {
        let connected = self.connected()?;
        let sent = match connected.send(datagram) {
            // It may be about an earlier one, for which the way turned out to be too narrow. Then the
            // system knows now, and sends this one in pieces.
            Err(error) if is_too_large(&error) => connected.send(datagram),
            sent => sent,
        };
        let peer = connected.peer;
        sent.map_err(|error| match error.kind() {
            io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted => error,
            _ if is_too_large(&error) => LineTooLarge.into(),
            _ => self.failed(Doing::Datagram, Some(peer), error),
        })
    }

    fn connected(&mut self) -> io::Result<&mut Connected> {
        let connected = match self.socket.take() {
            Some(connected) => connected,
            None => self.connect()?,
        };
        Ok(self.socket.insert(connected))
    }

    fn connect(&mut self) -> io::Result<Connected> {
        match self.address.resolve() {
            Ok(peers) => self.connect_to_one_of(peers),
            Err(error) => Err(self.failed(Doing::Resolve, None, error)),
        }
    }

    fn connect_to_one_of(&mut self, mut peers: Vec<SocketAddr>) -> io::Result<Connected> {
        let turn = self.failures.checked_rem(peers.len()).unwrap_or_default();
        peers.rotate_left(turn);
        let mut last = None;
        for peer in peers {
            match Connected::open(peer) {
                Ok(connected) => return Ok(connected),
                Err(error) => last = Some((peer, error)),
            }
        }
        let (peer, error) = last.unzip();
        let error = error.unwrap_or_else(|| io::ErrorKind::NotFound.into());
        Err(self.failed(Doing::Datagram, peer, error))
    }

    fn failed(&mut self, doing: Doing, peer: Option<SocketAddr>, error: io::Error) -> io::Error {
        self.socket = None;
        self.failures = self.failures.wrapping_add(1);
        NetworkFailure::new(doing, &self.address, peer, error).for_worker()
    }
}

impl Connected {
    fn open(peer: SocketAddr) -> io::Result<Self> {
        let socket = match peer {
            SocketAddr::V4(_) => UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)),
            SocketAddr::V6(_) => UdpSocket::bind((Ipv6Addr::UNSPECIFIED, 0)),
        }?;
        socket.connect(peer)?;
        // Where nobody listens on this machine, the system may have chosen the peer's port for us.
        if socket.local_addr()? == peer {
            return Err(io::ErrorKind::ConnectionRefused.into());
        }
        Ok(Self { socket, peer })
    }

    fn send(&self, datagram: &[u8]) -> io::Result<()> {
        self.socket.send(datagram)?;
        // From the same machine the answer that nobody listens is there already.
        match self.socket.take_error()? {
            Some(error) if !is_too_large(&error) => Err(error),
            _ => Ok(()),
        }
    }
}

/// Whether the system says `EMSGSIZE`, for which [`io::ErrorKind`] has no word.
fn is_too_large(error: &io::Error) -> bool {
    let code = if cfg!(windows) {
        10040
    } else if cfg!(any(target_os = "linux", target_os = "android")) {
        if cfg!(any(target_arch = "mips", target_arch = "mips64")) {
            97
        } else {
            90
        }
    } else {
        // The BSDs, and with them macOS.
        40
    };
    error.raw_os_error() == Some(code)
}

impl Destination for UdpLines {
    /// Sends the first line.
    ///
    /// # Errors
    ///
    /// A [`NetworkFailure`], or [`LineTooLarge`].
    fn write(&mut self, lines: &[u8]) -> io::Result<usize> {
        let (line, length) = match lines.iter().position(|byte| *byte == b'\n') {
            Some(end) => (lines.get(..end).unwrap_or(lines), end + 1),
            None => (lines, lines.len()),
        };
        if line.len() > self.datagram {
            return Err(LineTooLarge.into());
        }
        self.send(line)?;
        Ok(length)
    }

    /// Does nothing: nothing is held back.
    ///
    /// # Errors
    ///
    /// None.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl fmt::Debug for UdpLines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UdpLines")
            .field("address", &self.address.as_str())
            .field("datagram", &self.datagram)
            .finish_non_exhaustive()
    }
}

/// Sets up where datagrams are sent, and how large they may be.
///
/// ```
/// use std::net::UdpSocket;
/// use tasktrail_writer::{Builder, Cause, UdpLines};
///
/// let receiver = UdpSocket::bind("127.0.0.1:0")?;
/// let lines = UdpLines::builder(receiver.local_addr()?).largest_datagram(8).resolve()?;
/// let worker = Builder::new(lines).start()?;
///
/// worker.writer().write_line(b"longer than that\n");
/// worker.writer().write_line(b"as long.\n");
/// let outcome = worker.finish();
///
/// assert_eq!(outcome.written(), 1);
/// assert_eq!(outcome.losses().of(Cause::TooLarge), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
#[must_use = "nothing happens until it is resolved"]
pub struct UdpLinesBuilder {
    address: String,
    datagram: usize,
}

impl UdpLinesBuilder {
    /// Refuses a line that makes a larger datagram than this, in bytes without its `\n`. Default:
    /// 65,507, the most that UDP can carry over IPv4.
    ///
    /// A datagram of more than about 1,400 bytes is sent in pieces, and is lost if one of them is.
    pub fn largest_datagram(mut self, bytes: usize) -> Self {
        self.datagram = bytes;
        self
    }

    /// Resolves the address.
    ///
    /// # Errors
    ///
    /// [`ResolveError`] if the address does not resolve, or no datagram can be as large as was said.
    ///
    /// ```
    /// use tasktrail_writer::UdpLines;
    ///
    /// let builder = UdpLines::builder("127.0.0.1:514").largest_datagram(65_508);
    ///
    /// assert_eq!(
    ///     builder.resolve().unwrap_err().to_string(),
    ///     "127.0.0.1:514: expected a datagram of up to 65507 bytes, found more"
    /// );
    /// ```
    pub fn resolve(self) -> Result<UdpLines, ResolveError> {
        let address = Address::new(self.address)?;
        let expected = match self.datagram {
            0 => "expected a datagram of 1 byte or more, found 0",
            1..=LARGEST => {
                return Ok(UdpLines {
                    address,
                    datagram: self.datagram,
                    socket: None,
                    failures: 0,
                });
            }
            _ => "expected a datagram of up to 65507 bytes, found more",
        };
        Err(address.expected(expected))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_datagram_that_the_system_finds_too_large_is_a_line_too_large() {
        let receiver = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let mut lines = UdpLines::to(receiver.local_addr().unwrap()).unwrap();
        lines.datagram = usize::MAX;
        let mut large = vec![b'x'; LARGEST + 1];
        large.extend(b"\nnext\n");

        let error = lines.write(&large).unwrap_err();

        assert!(LineTooLarge::is_in(&error), "{error}");
    }

    #[test]
    fn after_a_failure_it_is_the_turn_of_the_next_address() {
        let bind = || UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let receivers = [bind(), bind(), bind()];
        let peers = receivers.each_ref().map(|each| each.local_addr().unwrap());
        let mut lines = UdpLines::to(peers[0]).unwrap();

        let turns: Vec<_> = (0..4)
            .map(|_| {
                let peer = lines.connect_to_one_of(peers.to_vec()).unwrap().peer;
                let refused = io::ErrorKind::ConnectionRefused.into();
                lines.failed(Doing::Datagram, Some(peer), refused);
                peer
            })
            .collect();

        assert_eq!(turns, [peers[0], peers[1], peers[2], peers[0]]);
    }
}
