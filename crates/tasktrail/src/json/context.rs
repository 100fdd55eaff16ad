//! The fields of the open spans, encoded when they open and kept with the innermost one.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tasktrail_record::{OpenSpans, Schema};
use tracing_subscriber::registry::{LookupSpan, SpanRef};

use super::members::Members;
use super::site::Site;
use super::timing::Timing;

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
    /// This span and all around it, for the schema that shows them one by one.
    spans: Option<Spans>,
    /// The count of records in the tree when the fields were merged.
    merged_at: u64,
    /// Counts the records in all spans of one tree, each of which makes merged fields stale.
    records: Arc<AtomicU64>,
}

impl JsonSpan {
    pub(super) fn new(site: Arc<Site>, opened: Members, timing: Option<Timing>) -> Self {
        let shows_spans = site.schema == Schema::Tracing;
        Self {
            spans: shows_spans.then(Spans::default),
            site,
            opened,
            timing,
            recorded: Members::default(),
            merged: Members::default(),
            merged_at: 0,
            records: Arc::default(),
        }
    }

    /// Adds fields that were recorded later.
    pub(super) fn record(&mut self, fields: &Members) {
        self.recorded.set_all(fields);
        self.records.fetch_add(1, Ordering::AcqRel);
    }

    fn is_fresh(&self) -> bool {
        self.merged_at == self.records.load(Ordering::Acquire)
    }

    /// Merges anew: what is around, then what is its own.
    fn merge(&mut self, around: Option<&Self>) {
        // Read first: a record that comes meanwhile makes the result stale, as it should.
        self.merged_at = self.records.load(Ordering::Acquire);
        self.merged.clear();
        if let Some(around) = around {
            self.merged.set_all(&around.merged);
        }
        self.merged.set_all(&self.opened);
        self.merged.set_all(&self.recorded);
        if let Some(spans) = &mut self.spans {
            spans.own.clear();
            spans.own.set_all(&self.opened);
            spans.own.set_all(&self.recorded);
            spans.sorted.clear();
            spans.own.write_sorted(&mut spans.sorted);
            match around.and_then(Self::open_spans) {
                Some(around) => spans.open.clone_from(around),
                None => spans.open.clear(),
            }
            spans.open.enter(&self.site.name, &spans.sorted);
        }
    }

    /// Gives this span and all around it, if the schema shows them one by one.
    pub(super) fn open_spans(&self) -> Option<&OpenSpans> {
        self.spans.as_ref().map(|spans| &spans.open)
    }
}

/// The open spans one by one, and the buffers that they are put together in.
#[derive(Debug, Default)]
struct Spans {
    open: OpenSpans,
    own: Members,
    sorted: Vec<u8>,
}

/// What a span keeps for each JSON layer: the layer's number, and what it knows.
#[derive(Debug, Default)]
pub(super) struct JsonSpans(Vec<(u32, JsonSpan)>);

impl JsonSpans {
    pub(super) fn get(&self, layer: u32) -> Option<&JsonSpan> {
        self.0
            .iter()
            .find(|(of, _)| *of == layer)
            .map(|(_, span)| span)
    }

    pub(super) fn get_mut(&mut self, layer: u32) -> Option<&mut JsonSpan> {
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
                let extensions = parent.extensions();
                let around = extensions
                    .get::<JsonSpans>()
                    .and_then(|spans| spans.get(layer));
                if let Some(around) = around {
                    new.records = Arc::clone(&around.records);
                }
                new.merge(around);
            }
            None => new.merge(None),
        }
    }
    let mut extensions = span.extensions_mut();
    if extensions.get_mut::<JsonSpans>().is_none() {
        extensions.insert(JsonSpans::default());
    }
    if let Some(spans) = extensions.get_mut::<JsonSpans>() {
        spans.0.push((layer, new));
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
    let mut stale = smallvec::SmallVec::<[_; 16]>::new();
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
        let mut own = span.extensions_mut();
        if let Some(json) = own
            .get_mut::<JsonSpans>()
            .and_then(|spans| spans.get_mut(layer))
        {
            let around = fresh
                .as_ref()
                .map(|around: &SpanRef<'_, S>| around.extensions());
            let around = around
                .as_ref()
                .and_then(|extensions| extensions.get::<JsonSpans>());
            json.merge(around.and_then(|spans| spans.get(layer)));
        }
        drop(own);
        fresh = Some(span);
    }
}

/// Says whether the merged fields are up to date; `None` if the layer does not know the span.
fn is_fresh<S>(span: &SpanRef<'_, S>, layer: u32) -> Option<bool>
where
    S: for<'lookup> LookupSpan<'lookup>,
{
    let extensions = span.extensions();
    extensions
        .get::<JsonSpans>()
        .and_then(|spans| spans.get(layer))
        .map(JsonSpan::is_fresh)
}
