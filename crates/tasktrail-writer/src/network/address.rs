//! Where lines go, in text: it is resolved again for each connection.

use std::error::Error;
use std::fmt;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};

/// `HOST:PORT`, which resolved when it was set up.
#[derive(Debug, Clone)]
pub(crate) struct Address(String);

impl Address {
    pub(crate) fn new(text: String) -> Result<Self, ResolveError> {
        let address = Self(text);
        match address.resolve() {
            Ok(found) if found.iter().all(|found| found.port() != 0) => Ok(address),
            Ok(_) => Err(address.expected("expected a port from 1 to 65535, found 0")),
            Err(error) => Err(ResolveError {
                address: address.0,
                wrong: Wrong::Address(error),
            }),
        }
    }

    /// All that the text stands for now, at least one.
    pub(crate) fn resolve(&self) -> io::Result<Vec<SocketAddr>> {
        let found: Vec<_> = self.0.to_socket_addrs()?.collect();
        if found.is_empty() {
            let words = "the name has no address";
            return Err(io::Error::new(io::ErrorKind::NotFound, words));
        }
        Ok(found)
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Says what is wrong with what was asked for at this address.
    pub(crate) fn expected(self, expected: &'static str) -> ResolveError {
        ResolveError {
            address: self.0,
            wrong: Wrong::Setting(expected),
        }
    }
}

/// Why lines can't be sent to an address: the address, what was expected, and what was found.
///
/// ```
/// use std::error::Error;
/// use tasktrail_writer::TcpLines;
///
/// let error = TcpLines::to("logs.example").unwrap_err();
///
/// assert_eq!(error.address(), "logs.example");
/// assert_eq!(
///     error.to_string(),
///     "expected HOST:PORT that resolves, found \"logs.example\""
/// );
/// assert_eq!(error.source().unwrap().to_string(), "invalid socket address");
/// ```
#[derive(Debug)]
pub struct ResolveError {
    address: String,
    wrong: Wrong,
}

#[derive(Debug)]
enum Wrong {
    Address(io::Error),
    Setting(&'static str),
}

impl ResolveError {
    /// The address that lines were to be sent to.
    pub fn address(&self) -> &str {
        &self.address
    }
}

impl fmt::Display for ResolveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let address = &self.address;
        match self.wrong {
            Wrong::Address(_) => {
                write!(f, "expected HOST:PORT that resolves, found {address:?}")
            }
            Wrong::Setting(expected) => write!(f, "{address}: {expected}"),
        }
    }
}

impl Error for ResolveError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.wrong {
            Wrong::Address(error) => Some(error),
            Wrong::Setting(_) => None,
        }
    }
}
