//! One connection: it is made, looked at and closed here.

use std::io::{self, Read};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

/// What a peer sends is read so often at once, so that one that never stops does not hold up lines.
const READS: usize = 16;

/// One connection, which is closed in order when it is dropped.
pub(crate) struct Connection {
    pub(crate) stream: TcpStream,
    pub(crate) peer: SocketAddr,
}

impl Connection {
    pub(crate) fn open(peer: SocketAddr, connect: Duration, write: Duration) -> io::Result<Self> {
        let stream = TcpStream::connect_timeout(&peer, connect)?;
        // Where nobody listens on this machine, a connection may be to itself: the system may choose
        // the peer's port for our own end, and both ends then open at the same time.
        if stream.local_addr()? == peer {
            return Err(io::ErrorKind::ConnectionRefused.into());
        }
        stream.set_nodelay(true)?;
        stream.set_write_timeout(Some(write))?;
        Ok(Self { stream, peer })
    }

    /// Fails if the peer has closed the connection or it broke.
    pub(crate) fn look(&mut self) -> io::Result<()> {
        self.stream.set_nonblocking(true)?;
        let found = self.read_away();
        self.stream.set_nonblocking(false)?;
        found
    }

    fn read_away(&mut self) -> io::Result<()> {
        let mut bytes = [0; 1024];
        for _ in 0..READS {
            match self.stream.read(&mut bytes) {
                Ok(0) => {
                    let words = "the receiver closed the connection";
                    return Err(io::Error::new(io::ErrorKind::ConnectionAborted, words));
                }
                Ok(_) => {}
                Err(error) => match error.kind() {
                    io::ErrorKind::WouldBlock => return Ok(()),
                    io::ErrorKind::Interrupted => {}
                    _ => return Err(error),
                },
            }
        }
        Ok(())
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        let _ = self.stream.shutdown(Shutdown::Write);
        // With unread bytes the system would reset the connection, and throw away what it still has
        // to send.
        let _ = self.look();
    }
}
