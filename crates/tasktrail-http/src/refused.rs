//! What headers said and was not believed.

use std::fmt;

use http::HeaderName;

/// Says that a header was not believed, and why; what it said appears nowhere.
///
/// ```
/// use std::collections::HashMap;
///
/// use tasktrail_http::{Headers, Why};
///
/// let request = HashMap::from([("traceparent".to_owned(), "00-<script>".to_owned())]);
/// let incoming = Headers::default().extract(&request);
///
/// let refused = &incoming.refused()[0];
/// assert_eq!(refused.why(), Why::Malformed);
/// assert_eq!(refused.to_string(), "traceparent (11 bytes): malformed");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    header: HeaderName,
    bytes: usize,
    why: Why,
}

impl Refused {
    pub(crate) fn new(header: &HeaderName, value: &[u8], why: Why) -> Self {
        Self {
            header: header.clone(),
            bytes: value.len(),
            why,
        }
    }

    /// Gives the name of the header, in lower case.
    pub fn header(&self) -> &str {
        self.header.as_str()
    }

    /// Gives the length of the value that was refused, in bytes; of several, the first that was.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Gives the reason.
    pub fn why(&self) -> Why {
        self.why
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({} bytes): {}", self.header, self.bytes, self.why)
    }
}

/// Why a header was not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Why {
    /// It is longer than this many bytes, and was not looked at.
    TooLong(usize),
    /// It is not what its specification says; for an id of free form: not of visible ASCII
    /// characters.
    Malformed,
    /// Its specification wants another header beside it, which is missing or was refused.
    Incomplete,
    /// It came several times with different values, or names another id than a header that comes
    /// before it in the list of [`Headers`](crate::Headers).
    Conflict,
    /// The position was continued here before; a task of its own has started instead.
    CameBefore,
    /// Whoever sent it is not trusted.
    NotTrusted,
    /// A `tracestate` was longer than 512 bytes: only some of its entries are passed on.
    Shortened,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::TooLong(limit) => return write!(f, "longer than {limit} bytes"),
            Self::Malformed => "malformed",
            Self::Incomplete => "incomplete",
            Self::Conflict => "names another id than a header before it",
            Self::CameBefore => "was continued here before",
            Self::NotTrusted => "not trusted",
            Self::Shortened => "shortened",
        };
        f.write_str(text)
    }
}

/// What was refused of one request, to be told in the task in which the request runs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[must_use = "what was refused should be told"]
pub struct Refusals(pub(crate) Vec<Refused>);

impl Refusals {
    /// Logs one WARN event of the target `tasktrail_http` if anything was refused: the names of the
    /// headers, the reasons and the lengths, never what they said.
    ///
    /// The field `refused` is a text such as `traceparent (11 bytes): malformed; b3 (1 bytes): not
    /// trusted`.
    pub fn tell(&self) {
        if !self.0.is_empty() {
            tracing::warn!(target: "tasktrail_http", refused = %self, "ids in headers were refused");
        }
    }

    /// Gives each header that was refused.
    pub fn refused(&self) -> &[Refused] {
        &self.0
    }
}

impl fmt::Display for Refusals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, refused) in self.0.iter().enumerate() {
            let separator = if number == 0 { "" } else { "; " };
            write!(f, "{separator}{refused}")?;
        }
        Ok(())
    }
}
