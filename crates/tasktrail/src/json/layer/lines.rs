//! Writes the lines of events, starts and ends.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use tasktrail_record::{Failure, Severity, Timestamp};
use tracing_core::field::FieldSet;
use tracing_core::metadata::Kind;
use tracing_core::span::{Attributes, Id};
use tracing_core::{Event, Level, Metadata, Subscriber};
use tracing_log::NormalizeEvent;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::{LookupSpan, SpanRef};

use super::{Actions, JsonLayer};
use crate::json::context::{self, JsonSpan};
use crate::json::members::Members;
use crate::json::renderer::{Constants, Said, What};
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
        match site.is_log {
            true => self.record_of_log(event, &site, context),
            false => self.event_at(event, &site, (&site, metadata), context),
        }
    }

    /// Writes the line of a record of the `log` crate: each has a place of its own, and the bridge one
    /// call site.
    #[cold]
    fn record_of_log<S>(&self, event: &Event<'_>, site: &Site, context: &Context<'_, S>)
    where
        S: Subscriber + for<'lookup> LookupSpan<'lookup>,
    {
        match event.normalized_metadata() {
            Some(record) => {
                let place = Site::of_record(self.renderer.schema, &record);
                self.event_at(event, site, (&place, &record), context);
            }
            None => self.event_at(event, site, (site, event.metadata()), context),
        }
    }

    /// Writes the line of an event whose fields its call site knows, at the place where it happened.
    fn event_at<S>(
        &self,
        event: &Event<'_>,
        call_site: &Site,
        (site, metadata): (&Site, &Metadata<'_>),
        context: &Context<'_, S>,
    ) where
        S: Subscriber + for<'lookup> LookupSpan<'lookup>,
    {
        let is_alone = scratch::with(|scratch| {
            // The fields first: formatting them may log, and then those messages come first.
            let has_message = scratch.record(call_site, |recorder| event.record(recorder));
            let (place, time, is_in_innermost) = self.ask(event, context);
            let is_alone = matches!(place, Some(EventPlace::Alone(_)));
            let mut said = Said {
                what: What::Event { has_message },
                site,
                place,
                time,
                constants: Constants::OfSpan,
            };
            // Mostly the task layer has found the span already.
            if !(is_in_innermost && self.render_in_action(&said, scratch)) {
                said.constants = self.constants_of_action(&said);
                self.render_in_span(&said, event, context, scratch);
            }
            self.write(metadata, scratch);
            is_alone
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

    /// Gives the fields of every line in the action in which an event happened: a filter may keep its
    /// span from this layer, or a span in it from the task layer.
    fn constants_of_action(&self, said: &Said<'_>) -> Constants {
        let carried = match &said.place {
            Some(EventPlace::In(action, _)) => action.carried(),
            _ => None,
        };
        Constants::OfAction(carried.map(|ids| self.renderer.constants_with(ids, self.id)))
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

    /// Keeps a span that opens, and writes the line of its start if it is an action that shows it.
    pub(super) fn open<S>(&self, attributes: &Attributes<'_>, id: &Id, context: &Context<'_, S>)
    where
        S: Subscriber + for<'lookup> LookupSpan<'lookup>,
    {
        let metadata = attributes.metadata();
        let site = self.sites.get(metadata, &self.renderer.names);
        scratch::with(|scratch| {
            // The fields first: formatting them may log, and then those messages come first.
            scratch.record(&site, |recorder| attributes.record(recorder));
            // Those that are declared and empty will be recorded.
            let room = match self.renderer.merges() {
                true => metadata.fields().len().saturating_sub(scratch.fields.len()),
                false => 0,
            };
            let opened = scratch.fields.clone_with_room(room);
            scratch.fields.clear();
            let (action, is_outermost) = self.accept(id, context).unzip();
            let mut json = JsonSpan::new(site, opened);
            if self.renderer.shows_times() {
                json.start_timing();
            }
            if self.renderer.lists_spans() {
                json.list();
            }
            let carried = action.as_ref().and_then(|action| action.carried());
            json.constants = carried.map(|ids| self.renderer.constants_with(ids, self.id));
            if self.renderer.merges()
                && is_outermost != Some(true)
                && let Some(parent) = context.span(id).and_then(|span| span.parent())
            {
                context::merge(&parent, self.id, &mut json, room);
            }
            let Some(action) = action else {
                if let Some(span) = context.span(id) {
                    context::keep(&span, self.id, json);
                }
                return;
            };
            action.outputs_mut().push(self.id, json);
            if self.actions != Actions::StartsAndEnds {
                return;
            }
            if self.renderer.lists_spans()
                && let Some(span) = context.span(id)
            {
                context::list(&span, self.id, &mut scratch.spans);
            }
            if let Some(json) = action.outputs().get(self.id) {
                let said = Said {
                    what: What::Start(&json.opened),
                    site: &json.site,
                    time: action.started(),
                    place: Some(EventPlace::In(Arc::clone(&action), Action::START)),
                    constants: Constants::OfSpan,
                };
                self.renderer.render(&said, Some(json), scratch);
            }
            self.write(metadata, scratch);
        });
    }

    /// Says to the task layer that this layer accepts a new span, and gives the action that it is, and
    /// whether it is known that no span is around it; `None` if there is no task layer before this
    /// one, or a filter keeps the span from it.
    fn accept<S>(&self, id: &Id, context: &Context<'_, S>) -> Option<(Arc<Action>, bool)>
    where
        S: Subscriber + for<'lookup> LookupSpan<'lookup>,
    {
        let accept = |span: &TaskSpan| (Arc::clone(span.accept()), span.is_outermost());
        let tasks = self.tasks.get();
        if let Some(action) = tasks.and_then(|tasks| task::with_open(tasks, id, accept)) {
            return Some(action);
        }
        let span = context.span(id)?;
        span.extensions().get().map(accept)
    }

    /// Writes the line of the end of a span that closes, if it is an action that shows it.
    pub(super) fn close<S>(&self, id: &Id, context: &Context<'_, S>)
    where
        S: Subscriber + for<'lookup> LookupSpan<'lookup>,
    {
        if self.actions == Actions::Neither {
            return;
        }
        // Mostly the task layer has just dealt with it.
        let tasks = self.tasks.get();
        if let Some(action) = tasks.and_then(|tasks| task::closed(tasks, id))
            && self.close_recent(&action)
        {
            return;
        }
        let Some(span) = context.span(id) else {
            return;
        };
        if self.renderer.merges() {
            context::refresh(&span, self.id);
        }
        scratch::with(|scratch| {
            if self.renderer.lists_spans() {
                context::list(&span, self.id, &mut scratch.spans);
            }
            let extensions = span.extensions();
            let task: Option<&TaskSpan> = extensions.get();
            let Some(action) = task.and_then(TaskSpan::own) else {
                return;
            };
            let rendered = context::with(&extensions, self.id, |json| {
                json.map(|json| self.render_end(action, json, scratch))
            });
            drop(extensions);
            if let Some(ended) = rendered {
                self.write_end(ended, scratch);
            }
        });
    }

    /// Writes the line of an action's end; `false` if this layer does not know the action's span, has
    /// seen it closing already, has to merge its fields anew, or needs those around it one by one.
    fn close_recent(&self, action: &Arc<Action>) -> bool {
        if self.renderer.lists_spans() {
            return false;
        }
        scratch::with(|scratch| {
            let rendered = match action.outputs().get(self.id) {
                Some(json) if !json.is_closed() && (!self.renderer.merges() || json.is_fresh()) => {
                    Some(self.render_end(action, json, scratch))
                }
                _ => None,
            };
            rendered.is_some_and(|ended| {
                self.write_end(ended, scratch);
                true
            })
        })
    }

    /// Renders the line of an action's end.
    fn render_end(&self, action: &Arc<Action>, json: &JsonSpan, scratch: &mut Scratch) -> Ended {
        json.close();
        let failure = action.failure();
        let nothing = Members::default();
        let said = Said {
            what: What::End(
                json.recorded().unwrap_or(&nothing),
                failure.as_deref(),
                json.timing(),
            ),
            site: &json.site,
            time: action.ended(),
            place: Some(EventPlace::In(Arc::clone(action), action.end())),
            constants: Constants::OfSpan,
        };
        self.renderer.render(&said, Some(json), scratch);
        Ended {
            metadata: json.site.metadata,
            severity: failure.as_deref().map(Failure::severity),
        }
    }

    fn write_end(&self, ended: Ended, scratch: &mut Scratch) {
        let Some(metadata) = ended.metadata else {
            return;
        };
        match ended.severity {
            None => self.write(metadata, scratch),
            Some(Severity::Error) => self.write(&at(Level::ERROR, metadata), scratch),
            Some(_) => self.write(&at(Level::WARN, metadata), scratch),
        }
    }

    pub(super) fn time<S>(&self, id: &Id, context: &Context<'_, S>, note: fn(&mut Timing))
    where
        S: Subscriber + for<'lookup> LookupSpan<'lookup>,
    {
        let Some(span) = context.span(id) else {
            return;
        };
        context::with_mut(&span, self.id, |json| {
            if let Some(timing) = json.timing_mut() {
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

/// What a writer is told of an end.
struct Ended {
    metadata: Option<&'static Metadata<'static>>,
    /// `None` if the action succeeded.
    severity: Option<Severity>,
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
