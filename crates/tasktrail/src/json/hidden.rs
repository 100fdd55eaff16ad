//! The way to spans that a filter keeps from a layer.

use std::sync::OnceLock;

use tasktrail_record::OpenSpans;
use tracing_core::dispatcher::WeakDispatch;
use tracing_core::span::Id;
use tracing_core::{Dispatch, Subscriber};
use tracing_subscriber::registry::LookupSpan;

use super::context::{self, JsonSpan};

/// Finds what a layer knows of the nearest span around one that a filter keeps from it.
#[derive(Debug, Default)]
pub(super) struct HiddenSpans {
    with_nearest: OnceLock<WithNearest>,
    dispatch: OnceLock<WeakDispatch>,
}

type WithNearest = fn(&Dispatch, &Id, u32, &mut dyn FnMut(&JsonSpan, OpenSpans));

impl HiddenSpans {
    /// Takes note of the type of the subscriber that keeps the spans.
    pub(super) fn know_spans<S>(&self)
    where
        S: Subscriber + for<'lookup> LookupSpan<'lookup>,
    {
        let _ = self.with_nearest.set(with_nearest::<S>);
    }

    pub(super) fn know_dispatch(&self, dispatch: &Dispatch) {
        let _ = self.dispatch.set(dispatch.downgrade());
    }

    /// Calls `f` once: with the nearest span from `id` outwards that the layer knows, if there is
    /// one, and with the list of the open spans for the schema that shows them one by one.
    pub(super) fn around(&self, id: &Id, layer: u32, f: impl FnOnce(Option<&JsonSpan>, OpenSpans)) {
        let mut f = Some(f);
        let dispatch = self.dispatch.get().and_then(WeakDispatch::upgrade);
        if let (Some(dispatch), Some(with_nearest)) = (dispatch, self.with_nearest.get()) {
            with_nearest(&dispatch, id, layer, &mut |span, open| {
                if let Some(f) = f.take() {
                    f(Some(span), open);
                }
            });
        }
        if let Some(f) = f {
            f(None, OpenSpans::default());
        }
    }
}

fn with_nearest<S>(
    dispatch: &Dispatch,
    id: &Id,
    layer: u32,
    f: &mut dyn FnMut(&JsonSpan, OpenSpans),
) where
    S: Subscriber + for<'lookup> LookupSpan<'lookup>,
{
    let Some(span) = dispatch.downcast_ref::<S>().and_then(|all| all.span(id)) else {
        return;
    };
    for span in span.scope() {
        context::refresh(&span, layer);
        let is_listed = context::with(&span.extensions(), layer, |known| {
            known.map(JsonSpan::is_listed)
        });
        // Listed before the span is locked again: who reads a lock twice may wait for a writer who
        // waits for him.
        let mut open = OpenSpans::default();
        if is_listed == Some(true) {
            context::list(&span, layer, &mut open);
        }
        let found = context::with(&span.extensions(), layer, |known| {
            f(known?, open);
            Some(())
        });
        if found.is_some() {
            return;
        }
    }
}
