//! Which headers carry ids, and how they are read and written.

mod b3;
mod format;
mod found;
mod jaeger;
mod outgoing;
mod trace;
mod trace_context;

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};

use http::{HeaderMap, HeaderName, HeaderValue};

use self::format::{Known, name};
use self::found::Found;
use self::outgoing::Outgoing;
pub(crate) use self::outgoing::Sent;
use crate::accepted::Accepted;
use crate::{Carrier, Incoming, Refused, Why, carried};

pub use self::format::Format;

/// Which headers carry ids, in the order in which they are believed.
///
/// Default: `x-eliot-task-id`, `traceparent` with `tracestate`, and `Correlation-Id`, all read and
/// written.
///
/// ```
/// use http::HeaderMap;
/// use tasktrail_http::{Format, Headers};
///
/// let headers = Headers::default()
///     .read_and_write(Format::CorrelationId("X-Request-Id"))
///     .read(Format::Jaeger);
///
/// let mut request = HeaderMap::new();
/// request.insert("X-Request-Id", "r-17".parse().unwrap());
/// let incoming = headers.extract(&request);
///
/// # let lines = tasktrail::example::lines(|| {
/// incoming.continue_task().run(|| {
///     tracing::info!("sold");
///
///     let mut onward = HeaderMap::new();
///     headers.inject(&mut onward);
///     assert_eq!(onward["x-request-id"], "r-17");
///     assert!(onward["x-eliot-task-id"].to_str().unwrap().ends_with("@/3"));
/// });
/// # });
/// assert!(lines[1].contains(r#""correlation_id":"r-17""#));
/// ```
///
/// # What is believed
///
/// There are three kinds of ids: a position, which is continued; a trace with the span of the
/// sender; and a correlation id. Of each kind the first format of the list that names one wins. A
/// later one that names another is refused; so is a header that comes several times with different
/// values. [`docs/headers.md`][page] has all formats and rules.
///
/// A clone is cheap, and shares the counter; all share the memory of positions, unless
/// [`remember_positions`](Self::remember_positions) says otherwise.
///
/// [page]: https://github.com/tasktrail/tasktrail/blob/main/docs/headers.md
#[derive(Clone)]
pub struct Headers {
    formats: Arc<Formats>,
    shared: Arc<Shared>,
}

#[derive(Clone, Debug, Default)]
struct Formats {
    read: Vec<Known>,
    write: Vec<Known>,
}

struct Shared {
    refused: AtomicU64,
    accepted: Arc<Accepted>,
}

/// What is remembered if nothing else is said: by the whole program, for whichever of its servers gets
/// a request again.
static ACCEPTED: LazyLock<Arc<Accepted>> =
    LazyLock::new(|| Arc::new(Accepted::new(Headers::REMEMBERED_POSITIONS)));

impl Headers {
    /// The positions that are remembered if nothing else is said.
    pub const REMEMBERED_POSITIONS: usize = 65_536;

    /// Starts with no format, for a list of your own.
    ///
    /// ```
    /// use std::collections::HashMap;
    ///
    /// use tasktrail_http::{Format, Headers};
    ///
    /// let headers = Headers::none().read(Format::B3Single).write(Format::TraceContext);
    /// let request = HashMap::from([("traceparent".to_owned(), "nonsense".to_owned())]);
    /// assert!(headers.extract(&request).refused().is_empty());
    /// ```
    pub fn none() -> Self {
        Self {
            formats: Arc::default(),
            shared: Shared::new(Arc::clone(&ACCEPTED)),
        }
    }

    /// Reads a format, after those that were named before.
    ///
    /// # Panics
    ///
    /// If a name is none that a header can have (RFC 9110, section 5.1).
    #[must_use]
    pub fn read(mut self, format: Format) -> Self {
        add(&mut Arc::make_mut(&mut self.formats).read, format);
        self
    }

    /// Writes a format.
    ///
    /// # Panics
    ///
    /// If a name is none that a header can have (RFC 9110, section 5.1).
    #[must_use]
    pub fn write(mut self, format: Format) -> Self {
        add(&mut Arc::make_mut(&mut self.formats).write, format);
        self
    }

    /// Reads a format, after those that were named before, and writes it.
    ///
    /// # Panics
    ///
    /// If a name is none that a header can have (RFC 9110, section 5.1).
    #[must_use]
    pub fn read_and_write(self, format: Format) -> Self {
        self.read(format).write(format)
    }

    /// Remembers so many of the last positions at least, so that none is continued twice, for this
    /// value and its clones alone.
    ///
    /// A request that is sent again, by a client or a proxy, brings a position that was continued
    /// before. Two requests at one position would make messages that can't be told apart, so the
    /// second starts a task of its own, which carries the id of the first as `trace_id`.
    ///
    /// Default: one memory for the whole program, of [65,536](Self::REMEMBERED_POSITIONS), which takes
    /// up to 2.4 MB; it grows with the requests that come. Any
    /// number takes at most 42 bytes for each. With 0, each position is continued as often as it
    /// comes.
    #[must_use]
    pub fn remember_positions(mut self, positions: usize) -> Self {
        self.shared = Shared::new(Arc::new(Accepted::new(positions)));
        self
    }

    /// Takes the ids out of a carrier, each checked before it is believed.
    ///
    /// It never fails: what is refused is counted, and told by [`Incoming::refused`]. Headers are
    /// looked up by name, and their length is checked before anything else.
    pub fn extract(&self, carrier: &impl Carrier) -> Incoming {
        let mut found = Found::default();
        for format in &self.formats.read {
            found.read(format, carrier);
        }
        let incoming = found.into_incoming(&self.shared.accepted);
        self.count(incoming)
    }

    /// Believes no id of a carrier whose sender is not trusted, and says which headers were there.
    ///
    /// ```
    /// use std::collections::HashMap;
    ///
    /// use tasktrail_http::Headers;
    ///
    /// let id = "192f76ea-915e-4131-95dc-da28c6bcdbb5@/2".to_owned();
    /// let request = HashMap::from([("x-eliot-task-id".to_owned(), id)]);
    /// let headers = Headers::default();
    ///
    /// let incoming = headers.refuse(&request);
    ///
    /// assert_eq!(incoming.position(), None);
    /// assert_eq!(incoming.refused()[0].to_string(), "x-eliot-task-id (39 bytes): not trusted");
    /// assert_eq!(headers.refused(), 1);
    /// ```
    pub fn refuse(&self, carrier: &impl Carrier) -> Incoming {
        let mut incoming = Incoming::none();
        for name in self.formats.read.iter().flat_map(Known::names) {
            if let Some(value) = carrier.values_of(name).next() {
                let refused = Refused::new(name, value, Why::NotTrusted);
                incoming.refusals.0.push(refused);
            }
        }
        self.count(incoming)
    }

    /// Writes the ids of the current action into a carrier, whose receiver continues the task.
    ///
    /// If a position is among what is written, the action hands one over: it takes a number, and an
    /// attempt that is made again needs an `inject` of its own. Outside any action nothing is
    /// written.
    ///
    /// What the task [carries](tasktrail::carried) goes on unchanged. A trace that it does not
    /// carry is its own: the trace id is the task's id, and the span id stands for a position
    /// ([`span_id`](crate::span_id)).
    pub fn inject(&self, carrier: &mut impl Carrier) {
        drop(self.send(carrier));
    }

    /// Does what [`inject`](Self::inject) does for a request of which it may turn out that it never
    /// left.
    pub(crate) fn send(&self, carrier: &mut impl Carrier) -> Sent {
        Outgoing::of_current(&self.formats.write).write(&self.formats.write, carrier)
    }

    /// Does the same for a request that may have headers of these names already: those that are not
    /// written anew would speak of another trace.
    pub(crate) fn send_anew(&self, request: &mut HeaderMap) -> Sent {
        let outgoing = Outgoing::of_current(&self.formats.write);
        outgoing.clear(&self.formats.write, request);
        outgoing.write(&self.formats.write, request)
    }

    /// Removes the position that a request has already, which was handed over to somebody else.
    pub(crate) fn remove_position(&self, request: &mut HeaderMap) {
        if self.formats.write.contains(&Known::TaskPosition) {
            request.remove(&name::TASK_POSITION);
        }
    }

    /// Gives the header of the correlation id that was believed of a request.
    pub(crate) fn correlation(
        &self,
        incoming: &Incoming,
        request: &HeaderMap,
    ) -> Option<(HeaderName, HeaderValue)> {
        let id = incoming.carried().get(carried::CORRELATION_ID)?;
        self.formats.read.iter().find_map(|format| {
            let Known::CorrelationId(name) = format else {
                return None;
            };
            let value = request.get(name)?;
            (trim(value.as_bytes()) == id.as_bytes()).then(|| (name.clone(), value.clone()))
        })
    }

    /// Gives the number of headers that were refused so far.
    pub fn refused(&self) -> u64 {
        self.shared.refused.load(Ordering::Relaxed)
    }

    fn count(&self, incoming: Incoming) -> Incoming {
        let refused = incoming.refused().len() as u64;
        if refused > 0 {
            self.shared.refused.fetch_add(refused, Ordering::Relaxed);
        }
        incoming
    }
}

/// Adds a format to a list, unless it is there already.
fn add(formats: &mut Vec<Known>, format: Format) {
    let format = Known::new(format);
    if !formats.contains(&format) {
        formats.push(format);
    }
}

impl Shared {
    fn new(accepted: Arc<Accepted>) -> Arc<Self> {
        Arc::new(Self {
            refused: AtomicU64::new(0),
            accepted,
        })
    }
}

impl Default for Headers {
    fn default() -> Self {
        Self::none()
            .read_and_write(Format::TaskPosition)
            .read_and_write(Format::TraceContext)
            .read_and_write(Format::CorrelationId("Correlation-Id"))
    }
}

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Headers")
            .field("read", &self.formats.read)
            .field("write", &self.formats.write)
            .field("refused", &self.refused())
            .finish_non_exhaustive()
    }
}

/// Takes the white space away that HTTP allows around a value (RFC 9110, section 5.5).
fn trim(mut value: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = value {
        value = rest;
    }
    value
}
