//! Ids of others that a task carries besides its own.

use std::borrow::Cow;
use std::sync::Arc;

use super::current::current_action;
use crate::json::EncodedIds;

/// Ids that come from outside and that a task carries besides its own: a trace's, a request's.
///
/// Whatever happens below the action that was given them carries them, over hand-overs within the
/// program, too. Another process is told of them by whoever sends it something, such as the client
/// layer of `tasktrail-http`.
///
/// ```
/// use tasktrail::Carried;
///
/// # let lines = tasktrail::example::lines(|| {
/// let ids = Carried::new().show("correlation_id", "c-17").hide("tracestate", "vendor=1");
/// tasktrail::start_task().carrying(ids).run(|| {
///     tracing::info!("sold");
///     assert_eq!(tasktrail::carried().unwrap().get("tracestate"), Some("vendor=1"));
/// });
/// # });
/// assert!(lines[1].contains(r#""correlation_id":"c-17""#));
/// assert!(!lines[1].contains("tracestate"));
/// ```
#[derive(Debug, Clone, Default)]
pub struct Carried {
    ids: Vec<Id>,
    traced: Option<TracedIds>,
    encoded: EncodedIds,
}

const TRACE_ID: &str = "trace_id";
const SPAN_ID: &str = "span_id";
/// Whether that span is sampled, `0` or `1`.
const SPAN_SAMPLED: &str = "span_sampled";

#[derive(Debug, Clone, PartialEq, Eq)]
struct Id {
    name: &'static str,
    value: Cow<'static, str>,
    is_shown: bool,
}

/// What OpenTelemetry calls the span of an action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TracedIds {
    /// Set if the task is not called so, too.
    pub(super) trace_id: Option<String>,
    pub(super) span_id: u64,
    /// As 16 hexadecimal digits.
    pub(super) span_text: String,
    pub(super) is_sampled: bool,
}

impl Carried {
    /// Carries nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an id, in place of one of the same name, that each line shows as a field of this name.
    ///
    /// It is a field like one of [every line](crate::JsonLayer::field): a closer one of its name
    /// shows in its place, a name that a schema needs gets an underscore, and what is said about
    /// names and redaction counts for it, too.
    #[must_use]
    pub fn show(self, name: &'static str, value: impl Into<Cow<'static, str>>) -> Self {
        self.with(name, value.into(), true)
    }

    /// Adds an id, in place of one of the same name, that no line shows.
    #[must_use]
    pub fn hide(self, name: &'static str, value: impl Into<Cow<'static, str>>) -> Self {
        self.with(name, value.into(), false)
    }

    /// Gives the id of this name, shown or not.
    pub fn get(&self, name: &str) -> Option<&str> {
        match self.traced(name) {
            // Who asks for them and for the trace takes them for one place.
            Some(_) if name != TRACE_ID && self.names_another_trace() => None,
            Some(text) => Some(text),
            None => self.own(name),
        }
    }

    /// Tells whether the trace that is carried is not the one that OpenTelemetry's span is in, which
    /// was not told of it.
    fn names_another_trace(&self) -> bool {
        self.traced(TRACE_ID).is_none() && self.own(TRACE_ID).is_some()
    }

    fn own(&self, name: &str) -> Option<&str> {
        let id = self.ids.iter().find(|id| id.name == name)?;
        Some(&id.value)
    }

    /// Tells whether nothing is carried.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty() && self.traced.is_none()
    }

    /// Gives what lines show: names and values.
    pub(crate) fn shown(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let shown = self.ids.iter().filter(|id| id.is_shown);
        let shown = shown.map(|id| (id.name, &*id.value));
        let trace = self.traced(TRACE_ID).map(|text| (TRACE_ID, text));
        shown.chain(trace)
    }

    /// Gives the id that OpenTelemetry has for the span of the action, if the task is called as the
    /// trace is.
    pub(crate) fn span_id(&self) -> Option<u64> {
        let ids = self.traced.as_ref()?;
        ids.trace_id.is_none().then_some(ids.span_id)
    }

    /// Gives it as lines show it, however the task is called.
    pub(crate) fn span_text(&self) -> Option<&str> {
        self.traced(SPAN_ID)
    }

    /// Names what OpenTelemetry calls the span of an action, in place of the span around it.
    #[cfg(feature = "opentelemetry")]
    pub(super) fn traced_as(self, ids: TracedIds) -> Self {
        Self {
            traced: Some(ids),
            ..self
        }
    }

    fn traced(&self, name: &str) -> Option<&str> {
        let ids = self.traced.as_ref()?;
        match name {
            TRACE_ID => ids.trace_id.as_deref(),
            SPAN_ID => Some(&ids.span_text),
            SPAN_SAMPLED => Some(if ids.is_sampled { "1" } else { "0" }),
            _ => None,
        }
    }

    /// Gives what the outputs keep of it.
    pub(crate) fn encoded(&self) -> &EncodedIds {
        &self.encoded
    }

    fn with(mut self, name: &'static str, value: Cow<'static, str>, is_shown: bool) -> Self {
        let id = Id {
            name,
            value,
            is_shown,
        };
        match self.ids.iter_mut().find(|old| old.name == name) {
            Some(old) => *old = id,
            None => self.ids.push(id),
        }
        self
    }
}

impl PartialEq for Carried {
    fn eq(&self, other: &Self) -> bool {
        self.ids == other.ids && self.traced == other.traced
    }
}

impl Eq for Carried {}

/// Gives the ids that the current task [carries](crate::HandOver::carrying) besides its own; `None` if
/// there are none.
pub fn carried() -> Option<Arc<Carried>> {
    current_action()?.carried().cloned()
}
