//! What is set up before lines go over TCP.

use std::sync::Arc;
use std::time::Duration;

use super::TcpLines;
use super::begun_line::BegunLine;
use crate::network::address::{Address, ResolveError};

/// Sets up where lines are sent, and how long that may take.
///
/// ```
/// use std::time::Duration;
/// use tasktrail_writer::TcpLines;
///
/// let lines = TcpLines::builder("127.0.0.1:5170")
///     .connect_timeout(Duration::from_secs(1))
///     .write_timeout(Duration::from_secs(1))
///     .resolve()?;
///
/// assert_eq!(lines.handle().connections(), 0);
/// # Ok::<(), tasktrail_writer::ResolveError>(())
/// ```
#[derive(Debug, Clone)]
#[must_use = "nothing happens until it is resolved"]
pub struct TcpLinesBuilder {
    address: String,
    connect_timeout: Duration,
    write_timeout: Duration,
}

impl TcpLinesBuilder {
    pub(crate) fn new(address: String) -> Self {
        Self {
            address,
            connect_timeout: Duration::from_secs(5),
            write_timeout: Duration::from_secs(10),
        }
    }

    /// Gives up connecting to one of the addresses that the name stands for after this time. Default:
    /// 5 seconds.
    pub fn connect_timeout(mut self, time: Duration) -> Self {
        self.connect_timeout = time;
        self
    }

    /// Counts the receiver as busy when it has read nothing for this time. Default: 10 seconds.
    ///
    /// The connection stays, and nothing is lost or doubled by it: the worker only sees to it that the
    /// program can end. On Windows the connection counts as broken then.
    pub fn write_timeout(mut self, time: Duration) -> Self {
        self.write_timeout = time;
        self
    }

    /// Resolves the address. It does not connect yet.
    ///
    /// # Errors
    ///
    /// [`ResolveError`] if the address does not resolve, or a timeout is zero.
    ///
    /// ```
    /// use std::time::Duration;
    /// use tasktrail_writer::TcpLines;
    ///
    /// let builder = TcpLines::builder("127.0.0.1:5170").write_timeout(Duration::ZERO);
    ///
    /// assert_eq!(
    ///     builder.resolve().unwrap_err().to_string(),
    ///     "127.0.0.1:5170: expected a write timeout longer than zero, found zero"
    /// );
    /// ```
    pub fn resolve(self) -> Result<TcpLines, ResolveError> {
        let address = Address::new(self.address)?;
        if self.connect_timeout.is_zero() {
            let expected = "expected a connect timeout longer than zero, found zero";
            return Err(address.expected(expected));
        }
        if self.write_timeout.is_zero() {
            let expected = "expected a write timeout longer than zero, found zero";
            return Err(address.expected(expected));
        }
        Ok(TcpLines {
            address,
            connect_timeout: self.connect_timeout,
            write_timeout: self.write_timeout,
            connection: None,
            begun: BegunLine::default(),
            shared: Arc::default(),
        })
    }
}
