//! The fields of the open spans, encoded when they open and kept with the innermost one.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

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
    /// The fields that the span was opened with.
    pub(super) opened: Members,
    /// The fields that were recorded later.
    pub(super) recorded: Members,
    /// Kept if durations are shown.
    pub(super) timing: Option<Timing>,
    /// The fields of this span and all around it, a closer one's in place of a farther one's.
    pub(super) merged: Members,
    /// The fields of every line, if the task carries ids that stand among them.
    pub(super) constants: Option<Arc<Members>>,
    /// What the schema that shows open spans one by one shows of this.
    listed: Option<Listed>,
    /// The count of records in the tree when the fields were merged.
    merged_at: u64,
    /// Counts the records in all spans of one tree, each of which makes merged fields stale; kept if
    /// fields are merged.
    records: Option<Arc<AtomicU64>>,
}

impl JsonSpan {
    pub(super) fn new(
        site: Arc<Site>,
        opened: Members,
        timing: Option<Timing>,
        lists: bool,
    ) -> Self {
        let listed = lists.then(|| {
            let mut listed = Listed::default();
            listed.set(&opened, &Members::default());
            listed
        });
        Self {
            listed,
            site,
            opened,
            timing,
            recorded: Members::default(),
            constants: None,
            merged: Members::default(),
            merged_at: 0,
            records: None,
        }
    }

    /// Says whether the schema shows open spans one by one.
    pub(super) fn is_listed(&self) -> bool {
        self.listed.is_some()
    }

    /// Adds fields that were recorded later.
    pub(super) fn record(&mut self, fields: &Members) {
        self.recorded.set_all(fields);
        if let Some(listed) = &mut self.listed {
            listed.set(&self.opened, &self.recorded);
        }
        if let Some(records) = &self.records {
            records.fetch_add(1, Ordering::AcqRel);
        }
    }

    /// Tells whether the merged fields are up to date.
    pub(super) fn is_fresh(&self) -> bool {
        self.merged_at == self.records()
    }

    fn records(&self) -> u64 {
        let records = self.records.as_ref();
        records.map_or(0, |records| records.load(Ordering::Acquire))
    }

    /// Merges anew: what is around, then what is its own.
    fn merge(&mut self, around: Option<&Self>) {
        // Read first: a record that comes meanwhile makes the result stale, as it should.
        self.merged_at = self.records();
        self.merged.clear();
        // At once, and not little by little.
        let around = around.map(|around| &around.merged);
        let parts = [around.unwrap_or(&self.opened), &self.opened, &self.recorded];
        let parts = if around.is_some() {
            &parts[..]
        } else {
            &parts[1..]
        };
        self.merged.reserve(parts);
        if let Some(around) = around {
            self.merged.set_all(around);
        }
        self.merged.set_all(&self.opened);
        self.merged.set_all(&self.recorded);
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
    pub(super) fn get(&self, layer: u32) -> Option<&JsonSpan> {
        self.0
            .iter()
            .find(|(of, _)| *of == layer)
            .map(|(_, span)| span)
    }

    fn get_mut(&mut self, layer: u32) -> Option<&mut JsonSpan> {
        self.0
            .iter_mut()
            .find(|(of, _)| *of == layer)
            .map(|(_, span)| span)
    }
}

/// Keeps a new span, merged with what is around it if that is asked for.
pub(super) fn open<S>(span: &SpanRef<'_, S>, layer: u32, mut new: JsonSpan, merge: bool)
where
    S: for<'lookup> LookupSpan<'lookup>,
{
    if merge {
        match span.parent() {
            Some(parent) => {
                refresh(&parent, layer);
                with(&parent.extensions(), layer, |around| {
                    new.records = around.and_then(|around| around.records.clone());
                    new.records.get_or_insert_default();
                    new.merge(around);
                });
            }
            None => {
                new.records = Some(Arc::default());
                new.merge(None);
            }
        }
    }
    if let Some(action) = action(&span.extensions()) {
        action.outputs_mut().0.push((layer, new));
        return;
    }
    let mut extensions = span.extensions_mut();
    if extensions.get_mut::<JsonSpans>().is_none() {
        extensions.insert(JsonSpans::default());
    }
    if let Some(spans) = extensions.get_mut::<JsonSpans>() {
        spans.0.push((layer, new));
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
                with(&around.extensions(), layer, |around| json.merge(around));
            }
            None => json.merge(None),
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
            out.enter(&json.site.name, &json.listed.as_ref()?.sorted);
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
