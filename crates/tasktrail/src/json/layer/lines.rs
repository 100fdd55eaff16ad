//! Writes the lines of events, starts and ends.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use tasktrail_record::{Failure, Severity, Timestamp};
use tracing_core::field::FieldSet;
use tracing_core::metadata::Kind;
use tracing_core::span::Id;
use tracing_core::{Event, Level, Metadata, Subscriber};
use tracing_log::NormalizeEvent;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::{LookupSpan, SpanRef};

use super::{Actions, JsonLayer};
use crate::json::context;
use crate::json::renderer::{Said, What};
use crate::json::scratch::{self, Scratch};
use crate::json::site::Site;
use crate::json::timing::Timing;
use crate::task::{self, Action, EventPlace, Handle, TaskSpan};

impl<W> JsonLayer<W>
where
    W: for<'writer> MakeWriter<'writer> + 'static,
{
    /// Writes the line of an event.
    pub(super) fn event<S>(&self, event: &Event<'_>, context: &Context<'_, S>)
    where
        S: Subscriber + for<'lookup> LookupSpan<'lookup>,
    {
        let metadata = event.metadata();
        let site = self.sites.get(metadata, &self.renderer.names);
        // A record of the `log` crate: each has a place of its own, and the bridge one call site.
        let record = site.is_log.then(|| event.normalized_metadata()).flatten();
        let record_site = record
            .as_ref()
            .map(|record| Site::of_record(self.renderer.schema, record));
        let mut is_alone = false;
        scratch::with(|scratch| {
            // The fields first: formatting them may log, and then those messages come first.
            let has_message = scratch.record(&site, |recorder| event.record(recorder));
            let (place, time, is_in_innermost) = self.ask(event, context);
            is_alone = matches!(place, Some(EventPlace::Alone(_)));
            let said = Said {
                what: What::Event { has_message },
                site: record_site.as_ref().unwrap_or(&site),
                place,
                time,
            };
            // Mostly the task layer has found the span already.
            if !(is_in_innermost && self.render_in_action(&said, scratch)) {
                self.render_in_span(&said, event, context, scratch);
            }
            self.write(record.as_ref().unwrap_or(metadata), scratch);
        });
        if is_alone && self.warns() && task::is_event_lost(event) {
            self.tell_lost_trail(metadata);
        }
    }

    /// Renders an event by what is kept with its action; `false` if this layer does not know the
    /// action's span, has to merge its fields anew, or needs those around it one by one.
    fn render_in_action(&self, said: &Said<'_>, scratch: &mut Scratch) -> bool {
        if self.renderer.lists_spans() {
            return false;
        }
        let Some(EventPlace::In(action, _)) = &said.place else {
            return false;
        };
        match action.outputs().get(self.id) {
            Some(span) if !self.renderer.merges() || span.is_fresh() => {
                self.renderer.render(said, Some(span), scratch);
                true
            }
            _ => false,
        }
    }

    /// Renders an event by the innermost span that this layer sees.
    fn render_in_span<S>(
        &self,
        said: &Said<'_>,
        event: &Event<'_>,
        context: &Context<'_, S>,
        scratch: &mut Scratch,
    ) where
        S: Subscriber + for<'lookup> LookupSpan<'lookup>,
    {
        match context.event_span(event) {
            Some(span) => {
                if self.renderer.lists_spans() {
                    context::list(&span, self.id, &mut scratch.spans);
                }
                let mut render = |is_fresh: bool| {
                    context::with(&span.extensions(), self.id, |around| match around {
                        Some(json) if !is_fresh && !json.is_fresh() => false,
                        around => {
                            self.renderer.render(said, around, scratch);
                            true
                        }
                    })
                };
                if !render(!self.renderer.merges()) {
                    context::refresh(&span, self.id);
                    render(true);
                }
            }
            // A filter may keep the span from this layer that the event names as its parent.
            None => match event.parent() {
                Some(parent) => self.hidden.around(parent, self.id, |around, open| {
                    scratch.spans = open;
                    self.renderer.render(said, around, scratch);
                }),
                None => self.renderer.render(said, None, scratch),
            },
        }
    }

    /// Says to the task layer, if it is found, that there is an output.
    pub(super) fn know_tasks(&self, handle: Option<&Handle>) {
        if let Some(handle) = handle {
            handle.state.has_output.store(true, Ordering::Relaxed);
            let _ = self.tasks.set(Arc::clone(&handle.state));
        }
    }

    /// Asks the task layer for the place and the time of an event, and whether it happens in the
    /// action of the innermost span of all.
    fn ask<S>(
        &self,
        event: &Event<'_>,
        context: &Context<'_, S>,
    ) -> (Option<EventPlace>, Timestamp, bool)
    where
        S: Subscriber + for<'lookup> LookupSpan<'lookup>,
    {
        match task::ask(event) {
            Ok(Some(asked)) => (Some(asked.place), asked.time, asked.is_in_innermost),
            Ok(None) => {
                // It is known that the task layer comes behind once it has seen an event too late.
                let misplaced = |tasks: &Arc<task::State>| tasks.misplaced.load(Ordering::Relaxed);
                if self.tasks.get().is_some_and(misplaced) {
                    self.tell_misplaced();
                }
                (None, Timestamp::now(), false)
            }
            // At the very end of a thread the task layer has nowhere to leave word.
            Err(_) => {
                let place = self.tasks.get().map(|_| {
                    let span = context.event_span(event);
                    let extensions = span.as_ref().map(SpanRef::extensions);
                    let task = extensions.as_ref().and_then(|all| all.get::<TaskSpan>());
                    EventPlace::take(task.and_then(TaskSpan::nearest))
                });
                (place, Timestamp::now(), false)
            }
        }
    }

    /// Writes the line of an action's start or end, if it is an action that shows them.
    pub(super) fn action<S>(&self, span: &SpanRef<'_, S>, end: bool)
    where
        S: for<'lookup> LookupSpan<'lookup>,
    {
        let shows = match self.actions {
            Actions::StartsAndEnds => true,
            Actions::Ends => end,
            Actions::Neither => false,
        };
        if !shows {
            return;
        }
        if end && self.renderer.merges() {
            context::refresh(span, self.id);
        }
        scratch::with(|scratch| {
            if self.renderer.lists_spans() {
                context::list(span, self.id, &mut scratch.spans);
            }
            let extensions = span.extensions();
            let Some(task) = extensions.get::<TaskSpan>() else {
                return;
            };
            let rendered = context::with(&extensions, self.id, |json| {
                let (Some(action), Some(json)) = (task.own(), json) else {
                    return None;
                };
                let (what, number, time) = match end {
                    false => {
                        let what = What::Start(&json.opened);
                        (what, Action::START, task.started())
                    }
                    true => {
                        let timing = json.timing.as_ref();
                        let what = What::End(&json.recorded, task.failure(), timing);
                        (what, task.end(), task.ended())
                    }
                };
                let said = Said {
                    what,
                    site: &json.site,
                    place: Some(EventPlace::In(Arc::clone(action), number)),
                    time,
                };
                self.renderer.render(&said, Some(json), scratch);
                Some(match said.what {
                    What::End(_, failure, _) => failure.map(Failure::severity),
                    _ => None,
                })
            });
            drop(extensions);
            match rendered {
                Some(Some(Severity::Error)) => {
                    self.write(&at(Level::ERROR, span.metadata()), scratch);
                }
                Some(Some(_)) => self.write(&at(Level::WARN, span.metadata()), scratch),
                Some(None) => self.write(span.metadata(), scratch),
                None => {}
            }
        });
    }

    pub(super) fn time<S>(&self, id: &Id, context: &Context<'_, S>, note: fn(&mut Timing))
    where
        S: Subscriber + for<'lookup> LookupSpan<'lookup>,
    {
        let Some(span) = context.span(id) else {
            return;
        };
        context::with_mut(&span, self.id, |json| {
            if let Some(timing) = &mut json.timing {
                note(timing);
            }
        });
    }

    /// Writes the line that was rendered, after a line that tells of lost ones if there are any.
    fn write(&self, metadata: &Metadata<'_>, scratch: &mut Scratch) {
        let lost = self.output.take_untold();
        if lost > 0 && !self.tell(&format!("{lost} lines could not be written")) {
            self.output.put_back_untold(lost);
        }
        if !self
            .output
            .write(Some(metadata), self.renderer.rendered(scratch))
        {
            self.output.lose();
        }
    }

    /// Writes a line of this layer's own; `false` if it could not be written.
    fn tell(&self, text: &str) -> bool {
        let mut line = Vec::new();
        self.renderer.tell(text, &mut line);
        self.output.write(None, &line)
    }

    /// Tells whether there is a task layer that warns of lost trails.
    pub(super) fn warns(&self) -> bool {
        self.tasks.get().is_some_and(|tasks| tasks.trails.is_on())
    }

    /// Tells that a call site started a task that was probably to be in another.
    #[cold]
    pub(super) fn tell_lost_trail(&self, metadata: &Metadata<'_>) {
        if !self.tell(&task::lost_trail_warning(metadata)) {
            self.output.lose();
        }
    }

    /// Tells, once, that this output stands before the task layer.
    pub(super) fn tell_misplaced(&self) {
        if self.output.tell_misplaced_now() && !self.tell(MISPLACED) {
            self.output.lose();
        }
    }

    /// Tells, once, that OpenTelemetry's layer stands behind the task layer, if that was found.
    pub(super) fn tell_untraced(&self) {
        let is_misplaced = |tasks: &Arc<task::State>| tasks.tracer.take_misplaced();
        if self.tasks.get().is_some_and(is_misplaced) && !self.tell(UNTRACED) {
            self.output.lose();
        }
    }
}

/// Gives what a writer is told of the end of an action that failed: the span at that level.
fn at<'m>(level: Level, span: &Metadata<'m>) -> Metadata<'m> {
    Metadata::new(
        span.name(),
        span.target(),
        level,
        span.file(),
        span.line(),
        span.module_path(),
        FieldSet::new(&[], span.callsite()),
        Kind::SPAN,
    )
}

/// What an output says that stands before the task layer.
const MISPLACED: &str = "this output stands before the task layer, so that its lines have no task ids: \
     put it behind, as in registry().with(TaskLayer::new()).with(output)";

/// What an output says where OpenTelemetry's layer stands behind the task layer.
const UNTRACED: &str = "the OpenTelemetry layer stands behind the task layer, so that no task has the id of its \
     trace: put it before, as in registry().with(open_telemetry).with(TaskLayer::new().with_opentelemetry())";
