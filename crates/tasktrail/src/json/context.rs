//! The fields of the open spans, encoded when they open and kept with the innermost one.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use smallvec::SmallVec;
use tasktrail_record::OpenSpans;
use tracing_subscriber::registry::{Extensions, LookupSpan, SpanRef};

use super::members::Members;
use super::site::Site;
use super::timing::Timing;
use crate::task::{Action, TaskSpan};

/// A span as one JSON layer knows it.
#[derive(Debug)]
pub(super) struct JsonSpan {
    pub(super) site: Arc<Site>,
    /// The fields that the span was opened with; where fields are merged, those that were recorded
    /// later, too.
    pub(super) opened: Members,
    /// The fields of this span and all around it, a closer one's in place of a farther one's;
    /// `None` if nothing is around it.
    merged: Option<Members>,
    /// The fields of every line, if the task carries ids that stand among them.
    pub(super) constants: Option<Arc<Members>>,
    /// The count of records in the tree when the fields were merged.
    merged_at: u64,
    /// Counts the records in all spans of one tree, each of which makes merged fields stale; kept if
    /// fields are merged, and there is more than one span.
    records: Option<Arc<AtomicU64>>,
    /// What few spans have.
    rest: Option<Box<Rest>>,
    /// The layer has seen it closing.
    is_closed: AtomicBool,
}

#[derive(Debug, Default)]
struct Rest {
    /// The fields that were recorded later, where fields are not merged.
    recorded: Members,
    /// Kept if durations are shown.
    timing: Option<Timing>,
    /// What the schema that shows open spans one by one shows of this.
    listed: Option<Listed>,
}

impl JsonSpan {
    #[inline]
    pub(super) fn new(site: Arc<Site>, opened: Members) -> Self {
        Self {
            site,
            opened,
            constants: None,
            merged: None,
            merged_at: 0,
            records: None,
            rest: None,
            is_closed: AtomicBool::new(false),
        }
    }

    /// Keeps times from now on.
    pub(super) fn start_timing(&mut self) {
        self.rest.get_or_insert_default().timing = Some(Timing::start());
    }

    /// Keeps what the schema that shows open spans one by one shows.
    pub(super) fn list(&mut self) {
        let rest = self.rest.get_or_insert_default();
        let listed = rest.listed.get_or_insert_default();
        listed.set(&self.opened, &rest.recorded);
    }

    /// Gives the fields of this span and all around it.
    pub(super) fn merged(&self) -> &Members {
        self.merged.as_ref().unwrap_or(&self.opened)
    }

    /// Gives the fields that were recorded later, if there are any and fields are not merged.
    pub(super) fn recorded(&self) -> Option<&Members> {
        self.rest.as_ref().map(|rest| &rest.recorded)
    }

    pub(super) fn timing(&self) -> Option<&Timing> {
        self.rest.as_ref()?.timing.as_ref()
    }

    pub(super) fn timing_mut(&mut self) -> Option<&mut Timing> {
        self.rest.as_mut()?.timing.as_mut()
    }

    fn listed(&self) -> Option<&Listed> {
        self.rest.as_ref()?.listed.as_ref()
    }

    /// Says whether the schema shows open spans one by one.
    pub(super) fn is_listed(&self) -> bool {
        self.listed().is_some()
    }

    /// Adds fields that were recorded later.
    pub(super) fn record(&mut self, fields: &Members, merge: bool) {
        match merge {
            true => self.opened.set_all(fields),
            false => self.rest.get_or_insert_default().recorded.set_all(fields),
        }
        if self.is_listed() {
            self.list();
        }
        if let Some(records) = &self.records {
            records.fetch_add(1, Ordering::AcqRel);
        }
    }

    /// Says that the layer sees it closing.
    pub(super) fn close(&self) {
        self.is_closed.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_closed(&self) -> bool {
        self.is_closed.load(Ordering::Relaxed)
    }

    /// Tells whether the merged fields are up to date.
    pub(super) fn is_fresh(&self) -> bool {
        self.merged_at == self.records()
    }

    fn records(&self) -> u64 {
        let records = self.records.as_ref();
        records.map_or(0, |records| records.load(Ordering::Acquire))
    }

    /// Merges anew: what is around, then what is its own. Makes room for so many fields more.
    fn merge(&mut self, around: Option<&Self>, room: usize) {
        let Some(around) = around else {
            self.merged_at = self.records();
            self.merged = None;
            return;
        };
        // No later than what is around was merged: a record farther out may have come since, of
        // which it does not know yet.
        self.merged_at = around.merged_at;
        let merged = self.merged.get_or_insert_default();
        merged.clear();
        merged.reserve(&[around.merged(), &self.opened], room);
        merged.set_all(around.merged());
        merged.set_all(&self.opened);
    }
}

/// A span's own fields in the order of their names, and the buffer that they are sorted out in.
#[derive(Debug, Default)]
struct Listed {
    own: Members,
    sorted: Vec<u8>,
}

impl Listed {
    fn set(&mut self, opened: &Members, recorded: &Members) {
        self.own.clear();
        self.own.set_all(opened);
        self.own.set_all(recorded);
        self.sorted.clear();
        self.own.write_sorted(&mut self.sorted);
    }
}

/// What is kept with a span for each JSON layer: the layer's number, and what it knows.
///
/// It stands with the span's [action](crate::task::Action), if the task layer has made it one
/// before the JSON layer saw it, and else in the span's extensions.
#[derive(Debug, Default)]
pub(crate) struct JsonSpans(SmallVec<[(u32, JsonSpan); 1]>);

impl JsonSpans {
    #[inline]
    pub(super) fn get(&self, layer: u32) -> Option<&JsonSpan> {
        self.0
            .iter()
            .find(|(of, _)| *of == layer)
            .map(|(_, span)| span)
    }

    pub(super) fn push(&mut self, layer: u32, span: JsonSpan) {
        self.0.push((layer, span));
    }

    fn get_mut(&mut self, layer: u32) -> Option<&mut JsonSpan> {
        self.0
            .iter_mut()
            .find(|(of, _)| *of == layer)
            .map(|(_, span)| span)
    }
}

/// Merges the fields of a new span with what is around it, and makes room for so many more.
pub(super) fn merge<S>(parent: &SpanRef<'_, S>, layer: u32, new: &mut JsonSpan, room: usize)
where
    S: for<'lookup> LookupSpan<'lookup>,
{
    refresh(parent, layer);
    with_mut(parent, layer, |around| {
        new.records = Some(Arc::clone(around.records.get_or_insert_default()));
        new.merge(Some(around), room);
    });
}

/// Keeps a new span that is no action.
pub(super) fn keep<S>(span: &SpanRef<'_, S>, layer: u32, new: JsonSpan)
where
    S: for<'lookup> LookupSpan<'lookup>,
{
    let mut extensions = span.extensions_mut();
    if extensions.get_mut::<JsonSpans>().is_none() {
        extensions.insert(JsonSpans::default());
    }
    if let Some(spans) = extensions.get_mut::<JsonSpans>() {
        spans.push(layer, new);
    }
}

fn action<'a>(extensions: &'a Extensions<'_>) -> Option<&'a Action> {
    let task = extensions.get::<TaskSpan>()?;
    task.own().map(Arc::as_ref)
}

/// Gives what a layer knows of a span, by the span's extensions; `None` if it does not know it.
pub(super) fn with<R>(
    extensions: &Extensions<'_>,
    layer: u32,
    use_it: impl FnOnce(Option<&JsonSpan>) -> R,
) -> R {
    if let Some(action) = action(extensions) {
        let spans = action.outputs();
        if let Some(span) = spans.get(layer) {
            return use_it(Some(span));
        }
    }
    let spans = extensions.get::<JsonSpans>();
    use_it(spans.and_then(|spans| spans.get(layer)))
}

/// Gives what a layer knows of a span, to be changed, if it knows it.
pub(super) fn with_mut<S>(span: &SpanRef<'_, S>, layer: u32, change: impl FnOnce(&mut JsonSpan))
where
    S: for<'lookup> LookupSpan<'lookup>,
{
    if let Some(action) = action(&span.extensions())
        && let Some(span) = action.outputs_mut().get_mut(layer)
    {
        return change(span);
    }
    let mut extensions = span.extensions_mut();
    let spans = extensions.get_mut::<JsonSpans>();
    if let Some(span) = spans.and_then(|spans| spans.get_mut(layer)) {
        change(span);
    }
}

/// Merges the fields of a span anew if some span around it, or itself, has recorded since.
pub(super) fn refresh<S>(span: &SpanRef<'_, S>, layer: u32)
where
    S: for<'lookup> LookupSpan<'lookup>,
{
    if is_fresh(span, layer) == Some(true) {
        return;
    }
    // From the innermost to the first that is fresh, then back: however deep they are, no
    // recursion, and each span is merged once after a record.
    let mut stale = SmallVec::<[_; 16]>::new();
    let mut fresh = None;
    for span in span.scope() {
        match is_fresh(&span, layer) {
            Some(true) => {
                fresh = Some(span);
                break;
            }
            Some(false) => stale.push(span),
            // A filter keeps it from the layer.
            None => {}
        }
    }
    while let Some(span) = stale.pop() {
        // A span is locked before the one around it, here as everywhere.
        with_mut(&span, layer, |json| match &fresh {
            Some(around) => {
                let around: &SpanRef<'_, S> = around;
                with(&around.extensions(), layer, |around| json.merge(around, 0));
            }
            None => json.merge(None, 0),
        });
        fresh = Some(span);
    }
}

/// Lists a span and all around it, one by one.
///
/// They are not kept with the innermost one, as merged fields are: these are bounded by the number
/// of names, a list in each span would take memory by the square of their depth.
pub(super) fn list<S>(innermost: &SpanRef<'_, S>, layer: u32, out: &mut OpenSpans)
where
    S: for<'lookup> LookupSpan<'lookup>,
{
    let mut spans = SmallVec::<[_; 16]>::new();
    spans.extend(innermost.scope());
    while let Some(span) = spans.pop() {
        with(&span.extensions(), layer, |json| {
            let json = json?;
            out.enter(&json.site.name, &json.listed()?.sorted);
            Some(())
        });
    }
}

/// Says whether the merged fields are up to date; `None` if the layer does not know the span.
fn is_fresh<S>(span: &SpanRef<'_, S>, layer: u32) -> Option<bool>
where
    S: for<'lookup> LookupSpan<'lookup>,
{
    with(&span.extensions(), layer, |span| {
        span.map(JsonSpan::is_fresh)
    })
}

#[cfg(test)]
mod tests {
    use tasktrail_record::Schema;

    use super::*;
    use crate::json::key::key;

    fn members(name: &str, value: &str) -> Members {
        let mut members = Members::default();
        let key = key(Schema::Eliot, name);
        members.set(&key, |out| out.extend_from_slice(value.as_bytes()));
        members
    }

    /// A span with one field, in one that was opened before.
    fn span(name: &str, around: Option<&mut JsonSpan>) -> JsonSpan {
        let site = Arc::new(Site::own(Schema::Eliot));
        let mut span = JsonSpan::new(site, members(name, "1"));
        if let Some(around) = around {
            span.records = Some(Arc::clone(around.records.get_or_insert_default()));
            span.merge(Some(around), 0);
        }
        span
    }

    fn shown(span: &JsonSpan) -> &str {
        std::str::from_utf8(span.merged().as_bytes()).unwrap()
    }

    #[test]
    fn a_span_that_opens_in_a_stale_one_is_stale() {
        let mut outer = span("outer", None);
        let mut middle = span("middle", Some(&mut outer));

        // The middle one was found fresh, then another thread records.
        assert!(middle.is_fresh());
        outer.record(&members("outer", "2"), true);
        let mut inner = span("inner", Some(&mut middle));

        assert!(!inner.is_fresh());
        outer.merge(None, 0);
        middle.merge(Some(&outer), 0);
        inner.merge(Some(&middle), 0);
        assert!(outer.is_fresh() && middle.is_fresh() && inner.is_fresh());
        assert_eq!(shown(&inner), r#""outer":2,"middle":1,"inner":1,"#);
    }

    #[test]
    fn a_span_that_is_merged_with_a_stale_one_is_stale() {
        let mut outer = span("outer", None);
        let mut middle = span("middle", Some(&mut outer));
        let mut inner = span("inner", Some(&mut middle));

        inner.record(&members("inner", "2"), true);
        outer.merge(None, 0);
        middle.merge(Some(&outer), 0);
        // The middle one was found fresh, then another thread records.
        outer.record(&members("outer", "2"), true);
        inner.merge(Some(&middle), 0);

        assert!(!inner.is_fresh());
    }
}
