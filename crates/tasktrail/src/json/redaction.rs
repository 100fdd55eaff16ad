//! What a user says about values that must not be seen.

mod addresses;
mod cards;
mod hash_key;
mod pattern;
mod rules;
mod sensitive;
mod tokens;

use std::fmt;
use std::sync::Arc;

pub use hash_key::HashKey;
use pattern::Pattern;
pub use rules::RedactedValues;
pub(super) use rules::{Buffers, RedactedField, RedactedTexts, Rules};
pub use sensitive::Sensitive;

use tasktrail_record::encode;

/// Says which values a [`JsonLayer`](crate::JsonLayer) must not show, and what it shows in their
/// place; by default all values are shown.
///
/// ```
/// use tasktrail::{HashKey, JsonLayer, Redact, Redaction, Sensitive};
/// use tracing_subscriber::layer::SubscriberExt;
///
/// # let bytes = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
/// # let writer = tasktrail::example::Shared(std::sync::Arc::clone(&bytes));
/// let layer = JsonLayer::logstash().redact(
///     Redaction::new()
///         .names(["token_count"], Redact::Nothing)
///         .names(["password", "*token*", "card.*"], Redact::Mask)
///         .names(["email"], Redact::Hash(HashKey::new("a key of the operator's")))
///         .when(|name, value| name.ends_with("_file") && value.starts_with("/home/"), Redact::Drop)
///         .values([Sensitive::PaymentCards], Redact::KeepLast(4))
///         .values([Sensitive::EmailAddresses, Sensitive::BearerTokens], Redact::Mask),
/// );
/// let redacted = layer.redacted();
/// let subscriber = tracing_subscriber::registry().with(layer.with_writer(writer));
/// tracing::subscriber::with_default(subscriber, || {
///     tracing::info!(
///         password = "hunter2",
///         token_count = 3,
///         email = "ada@example.com",
///         key_file = "/home/ada/key",
///         "ada@example.com paid with 4111 1111 1111 1111"
///     );
/// });
///
/// # let line = String::from_utf8(bytes.lock().unwrap().clone()).unwrap();
/// assert!(line.contains(r#""message":"*** paid with ***1111""#), "{line}");
/// assert!(line.contains(r#""password":"***","token_count":3,"email":"96fed2c450703e8e""#), "{line}");
/// assert!(!line.contains("key_file"));
/// assert_eq!(redacted.count(), 5);
/// ```
///
/// # Which rule counts
///
/// The first rule that [names](Self::names) a field says what becomes of it, by the name that the
/// program gave it, before it is [renamed](crate::JsonLayer::rename). Where none does, the first
/// that says yes [to the name and the value](Self::when); where none does, parts of a text are
/// replaced [by their kind](Self::values). The rules stand for all values:
///
/// - fields of spans, of events and [of every line](crate::JsonLayer::field);
/// - the text of an event, which is the field `message`;
/// - what caused an error that is a field's value: each text in `error_sources` is a field of that name
///   and of the name `error` alike, and none shows of an error that is dropped;
/// - what the end of a failed action says: each of its texts, `reason` and `exception_sources`, is
///   a field of that name and of the name `error` alike, whether it comes from
///   [`fail`](crate::fail), from `#[instrument(err)]` or from a panic.
///
/// The schema's own keys, the names of fields, spans, targets and threads, the durations, and what
/// the layer and its writer tell themselves are not looked at. Nor are other layers, such as the
/// stock `fmt` layer, and what a panic prints to standard error.
///
/// A value that a `name: value` in some `Debug` output shows has no name here, but is looked
/// through as any text. Numbers and truths have no parts: they are redacted whole, as texts, by
/// [`names`](Self::names) or [`when`](Self::when) alone. So a card's number that is no text is found
/// by its name.
#[derive(Clone, Default)]
#[must_use = "nothing is redacted before a layer is given it"]
pub struct Redaction {
    names: Vec<(Pattern, Redact)>,
    rest: Option<Redact>,
    predicates: Vec<(Predicate, Redact)>,
    kinds: Vec<(Sensitive, Redact)>,
}

type Predicate = Arc<dyn Fn(&str, &str) -> bool + Send + Sync>;

impl Redaction {
    /// Starts from values that are all shown.
    pub fn new() -> Self {
        Self::default()
    }

    /// Redacts the fields of these names; `*` stands for any characters, also for none.
    ///
    /// Upper and lower case of ASCII letters are the same. Names are looked at once for each call
    /// site, so that a long list costs an event nothing.
    pub fn names<'n>(mut self, patterns: impl IntoIterator<Item = &'n str>, how: Redact) -> Self {
        let patterns = patterns.into_iter().map(Pattern::new);
        self.names
            .extend(patterns.map(|pattern| (pattern, how.clone())));
        self
    }

    /// Redacts all fields but those of these names, in which `*` stands for any characters; by
    /// default a field that no rule names is shown.
    ///
    /// The text of an event is the field `message`, and why an action failed the field `error`:
    /// name them to show them. Fields of every line are hidden too, and those that tasktrail gives its
    /// own actions, such as `never_continued`. Fields that another rule names are redacted as that says, and those
    /// that are shown are still looked at by [`when`](Self::when) and [`values`](Self::values).
    ///
    /// ```
    /// use tasktrail::{JsonLayer, Redact, Redaction};
    ///
    /// # let bytes = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    /// # let writer = tasktrail::example::Shared(std::sync::Arc::clone(&bytes));
    /// let layer = JsonLayer::eliot()
    ///     .redact(Redaction::new().all_but(["message", "order*"], Redact::Mask));
    /// # use tracing_subscriber::layer::SubscriberExt;
    /// # let subscriber = tracing_subscriber::registry().with(layer.with_writer(writer));
    /// # tracing::subscriber::with_default(subscriber, || {
    /// tracing::info!(order_id = 17, customer = "ada", "sold");
    /// # });
    /// # let line = String::from_utf8(bytes.lock().unwrap().clone()).unwrap();
    /// assert!(line.contains(r#""order_id":17,"customer":"***""#));
    /// ```
    pub fn all_but<'n>(mut self, patterns: impl IntoIterator<Item = &'n str>, how: Redact) -> Self {
        self.rest = Some(how);
        self.names(patterns, Redact::Nothing)
    }

    /// Redacts the fields of which `is_secret` says yes to the name and the value, as text.
    ///
    /// It is asked for each field that no rule names, on the thread that logs: keep it short. If
    /// it panics, that is a yes. So is every question that would come up while it is being asked,
    /// where it logs something itself.
    pub fn when(
        mut self,
        is_secret: impl Fn(&str, &str) -> bool + Send + Sync + 'static,
        how: Redact,
    ) -> Self {
        self.predicates.push((Arc::new(is_secret), how));
        self
    }

    /// Redacts the parts of texts that are of these kinds, and leaves the text around them. Where
    /// two overlap, both are replaced as one.
    pub fn values(mut self, kinds: impl IntoIterator<Item = Sensitive>, how: Redact) -> Self {
        let kinds = kinds.into_iter();
        self.kinds.extend(kinds.map(|kind| (kind, how.clone())));
        self
    }

    /// Adds the rules of another behind these.
    fn append(&mut self, other: Self) {
        self.names.extend(other.names);
        self.rest = self.rest.take().or(other.rest);
        self.predicates.extend(other.predicates);
        self.kinds.extend(other.kinds);
    }
}

impl fmt::Debug for Redaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redaction")
            .field("names", &self.names)
            .field("rest", &self.rest)
            .field("predicates", &self.predicates.len())
            .field("kinds", &self.kinds)
            .finish()
    }
}

/// What is shown in place of a value, or of a part of a text.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Redact {
    /// Shows `***`.
    Mask,
    /// Shows 16 hexadecimal digits, the same for the same value and key: lines about one customer
    /// can be found without knowing who that is.
    ///
    /// They are the first of the HMAC-SHA-256 (RFC 2104) of the value as text, so that the number
    /// 17 and the text `17` have the same. Values of which there are few can be found out by
    /// whoever has the key.
    Hash(HashKey),
    /// Shows the first characters, this many, and `***`; of a value that is not at least twice as
    /// long, only `***`.
    KeepFirst(usize),
    /// Shows `***` and the last characters, this many; of a value that is not at least twice as
    /// long, only `***`.
    KeepLast(usize),
    /// Shows no field at all, and of a text no such part. An event whose text is dropped has none.
    Drop,
    /// Shows the value as it is: for names that a later rule would match. What the rules say about
    /// [values](Redaction::values) in a text still counts.
    Nothing,
}

const MASK: &str = "***";

impl Redact {
    /// Adds what is shown in place of a text.
    fn write(&self, text: &str, out: &mut String) {
        match self {
            Self::Mask => out.push_str(MASK),
            Self::Hash(key) => key.write(text, out),
            Self::KeepFirst(count) => {
                let kept = kept(text, *count).and_then(|_| text.char_indices().nth(*count));
                let kept = kept.and_then(|(end, _)| text.get(..end));
                out.push_str(kept.unwrap_or_default());
                out.push_str(MASK);
            }
            Self::KeepLast(count) => {
                out.push_str(MASK);
                let kept = kept(text, *count).and_then(|first| text.char_indices().nth(first));
                let kept = kept.and_then(|(start, _)| text.get(start..));
                out.push_str(kept.unwrap_or_default());
            }
            Self::Drop => {}
            Self::Nothing => out.push_str(text),
        }
    }

    /// Tells whether what is shown depends on the value.
    fn needs_value(&self) -> bool {
        !matches!(self, Self::Mask | Self::Drop)
    }
}

/// Gives how many characters are hidden if `count` are kept; `None` if the text is too short for it.
fn kept(text: &str, count: usize) -> Option<usize> {
    let hidden = text.chars().count().checked_sub(count)?;
    (hidden >= count && hidden > 0).then_some(hidden)
}

/// Writes the parts of what is shown as JSON.
fn write_json(text: &str, quotes: bool, out: &mut Vec<u8>) {
    match quotes {
        true => encode::string(text, out),
        false => encode::escaped(text, out),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_never_more_than_half_of_the_value() {
        let shown = |how: Redact, text: &str| {
            let mut out = String::new();
            how.write(text, &mut out);
            out
        };

        assert_eq!(shown(Redact::Mask, "secret"), "***");
        assert_eq!(shown(Redact::KeepFirst(3), "ñandú!"), "ñan***");
        assert_eq!(shown(Redact::KeepFirst(3), "ñandú"), "***");
        assert_eq!(shown(Redact::KeepFirst(0), "x"), "***");
        assert_eq!(shown(Redact::KeepLast(4), "4111111111111111"), "***1111");
        assert_eq!(shown(Redact::KeepLast(2), "a🦀bñ"), "***bñ");
        assert_eq!(shown(Redact::KeepLast(4), "1234567"), "***");
        assert_eq!(shown(Redact::KeepLast(usize::MAX), "1234567"), "***");
        assert_eq!(shown(Redact::KeepLast(0), ""), "***");
        assert_eq!(shown(Redact::Drop, "secret"), "");
    }
}
