//! What ids are taken out of and written into: a request's headers, a message's.

use std::collections::HashMap;
use std::hash::BuildHasher;

use http::{HeaderMap, HeaderName, HeaderValue};

/// Carries names and values from one process to another: the headers of a request or of a message.
///
/// [`http::HeaderMap`] is one, and `HashMap<String, String>`, in which names are found in any case.
/// For all others two functions do; here for the headers of NATS, where a name has many values and
/// its case counts:
///
/// ```
/// use http::HeaderName;
/// use tasktrail_http::{Carrier, Headers};
/// # mod async_nats {
/// #     #[derive(Default)]
/// #     pub struct HeaderMap(pub Vec<(String, Vec<String>)>);
/// #     impl HeaderMap {
/// #         pub fn iter(&self) -> impl Iterator<Item = (&String, &Vec<String>)> {
/// #             self.0.iter().map(|(name, values)| (name, values))
/// #         }
/// #         pub fn insert(&mut self, name: &str, value: String) {
/// #             self.0.push((name.to_owned(), vec![value]));
/// #         }
/// #     }
/// # }
///
/// struct NatsHeaders(async_nats::HeaderMap);
///
/// impl Carrier for NatsHeaders {
///     fn values_of<'c>(&'c self, name: &HeaderName) -> impl Iterator<Item = &'c [u8]> {
///         self.0
///             .iter()
///             .filter(move |(found, _)| name.as_str().eq_ignore_ascii_case(found.as_ref()))
///             .flat_map(|(_, values)| values)
///             .map(|value| value.as_ref())
///     }
///
///     fn set(&mut self, name: &HeaderName, value: String) {
///         self.0.insert(name.as_str(), value);
///     }
/// }
///
/// let mut message = NatsHeaders(async_nats::HeaderMap::default());
/// message.0.insert("Correlation-Id", "order-17".to_owned());
/// let incoming = Headers::default().extract(&message);
/// assert_eq!(incoming.carried().get("correlation_id"), Some("order-17"));
/// ```
///
/// In an AMQP table, values have types: `values_of` gives the bytes of short and long strings
/// alone, `set` writes a long string.
pub trait Carrier {
    /// Gives all values of a name, as they came, in the order in which they came.
    ///
    /// Values are looked at as bytes, none is trusted. A carrier should find the name in any case.
    fn values_of<'c>(&'c self, name: &HeaderName) -> impl Iterator<Item = &'c [u8]>;

    /// Sets the only value of a name; one that was there before is replaced.
    ///
    /// The name is in lower case, the value consists of visible ASCII characters and spaces.
    fn set(&mut self, name: &HeaderName, value: String);
}

impl Carrier for HeaderMap {
    fn values_of<'c>(&'c self, name: &HeaderName) -> impl Iterator<Item = &'c [u8]> {
        self.get_all(name).iter().map(HeaderValue::as_bytes)
    }

    fn set(&mut self, name: &HeaderName, value: String) {
        // What is written is ASCII without control characters, which is always a value.
        if let Ok(value) = HeaderValue::try_from(value) {
            self.insert(name.clone(), value);
        }
    }
}

/// Names are compared without regard to case, and written in lower case.
impl<S: BuildHasher> Carrier for HashMap<String, String, S> {
    fn values_of<'c>(&'c self, name: &HeaderName) -> impl Iterator<Item = &'c [u8]> {
        self.iter()
            .filter(move |(found, _)| found.eq_ignore_ascii_case(name.as_str()))
            .map(|(_, value)| value.as_bytes())
    }

    fn set(&mut self, name: &HeaderName, value: String) {
        self.retain(|found, _| !found.eq_ignore_ascii_case(name.as_str()));
        self.insert(name.as_str().to_owned(), value);
    }
}
