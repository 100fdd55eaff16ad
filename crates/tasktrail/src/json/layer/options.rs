//! What a user says about a layer's lines.

use tracing_subscriber::fmt::MakeWriter;

use super::{Actions, JsonLayer};
use crate::json::details::Detail;
use crate::json::layout::Layout;
use crate::json::limits::ShortenedLines;
use crate::json::output::{LostLines, Output};
use crate::json::redaction::{RedactedValues, Redaction};
use crate::json::renderer::{Backtraces, SpanFields, Teller};
use crate::json::text::When;
use crate::json::timing::TimeUnit;

impl<W> JsonLayer<W> {
    /// Writes to somewhere else than standard output, as the `fmt` layer's method of this name.
    #[must_use]
    pub fn with_writer<W2>(mut self, writer: W2) -> JsonLayer<W2>
    where
        W2: for<'writer> MakeWriter<'writer> + 'static,
    {
        if let Some(text) = &mut self.renderer.text {
            text.writes_to::<W2>();
        }
        JsonLayer {
            renderer: self.renderer,
            output: Output::new(writer),
            actions: self.actions,
            sites: self.sites,
            id: self.id,
            handle: self.handle,
            order: self.order,
            tasks: self.tasks,
            hidden: self.hidden,
        }
    }

    /// Shows a field on every line, such as the service's name and version; by default there is
    /// none. On a line that shows a field of that name from a span or an event, that one shows in
    /// its place.
    ///
    /// ```
    /// let layer = tasktrail::JsonLayer::eliot()
    ///     .field("service", "orders")
    ///     .field("replica", 3);
    /// ```
    #[must_use]
    pub fn field(mut self, name: &str, value: impl Into<serde_json::Value>) -> Self {
        self.renderer.constant(name, value.into());
        self
    }

    /// Shows a field under another name; by default each has the name that the program gave it.
    ///
    /// This is about the fields of spans, of events and of every line, not about the keys of the
    /// schema. If the new name is such a key it gets an underscore, as any field does.
    ///
    /// ```
    /// let layer = tasktrail::JsonLayer::eliot()
    ///     .rename("method", "http.request.method")
    ///     .leave_out("password");
    /// ```
    #[must_use]
    pub fn rename(mut self, field: &str, name: &str) -> Self {
        self.renderer.name(|names| names.rename(field, name));
        self
    }

    /// Leaves a field out, by the name that the program gave it; by default all are shown.
    #[must_use]
    pub fn leave_out(mut self, field: &str) -> Self {
        self.renderer.name(|names| names.leave_out(field));
        self
    }

    /// Cuts each text that is longer than so many bytes, as it stands in the line, and puts `…` at
    /// its end; by default none is cut. Less than 64 counts as 64.
    ///
    /// A value is formatted whole before it is cut. [Text](Self::text) is not cut.
    #[must_use]
    pub fn longest_value(mut self, bytes: usize) -> Self {
        self.renderer.limits.bound_values(bytes);
        self
    }

    /// Shortens each line that is longer than so many bytes: first its texts are cut as by
    /// [`longest_value`](Self::longest_value), then its longest members are left out; by default
    /// lines have any length. Less than 64 counts as 64. [Text](Self::text) is not shortened.
    ///
    /// It is the length after a [`layout`](Self::layout), but without the white space of
    /// [`Layout::pretty`].
    #[must_use]
    pub fn longest_line(mut self, bytes: usize) -> Self {
        self.renderer.limits.bound_lines(bytes);
        self
    }

    /// Gives the count of lines in which something was cut, to be read at any time.
    ///
    /// ```
    /// use tasktrail::JsonLayer;
    /// use tracing_subscriber::layer::SubscriberExt;
    ///
    /// let layer = JsonLayer::ecs().longest_value(100).with_writer(std::io::sink);
    /// let shortened = layer.shortened_lines();
    /// tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
    ///     tracing::info!(page = "x".repeat(1_000_000), "fetched");
    /// });
    ///
    /// assert_eq!(shortened.count(), 1);
    /// ```
    pub fn shortened_lines(&self) -> ShortenedLines {
        self.renderer.limits.shortened()
    }

    /// Shows more of where each line comes from; by default it shows what the schema shows. The
    /// name of each [`Detail`] is said there; fields with these names get an underscore.
    ///
    /// ```
    /// use tasktrail::{Detail, JsonLayer};
    ///
    /// let layer = JsonLayer::eliot().show([Detail::Host, Detail::File, Detail::Line]);
    /// ```
    #[must_use]
    pub fn show(mut self, details: impl IntoIterator<Item = Detail>) -> Self {
        for detail in details {
            self.renderer.own(detail.name());
            let names = &self.renderer.names;
            self.renderer.details.show(detail, names);
        }
        self
    }

    /// Numbers the lines of this layer from 0, in a field of this name; by default they are not
    /// numbered. Fields with this name get an underscore.
    ///
    /// The number is taken when a line is rendered: lines that several threads write at once can
    /// come out in another order.
    #[must_use]
    pub fn sequence(mut self, name: &'static str) -> Self {
        self.renderer.own(name);
        let names = &self.renderer.names;
        self.renderer.details.number(name, names);
        self
    }

    /// Shows the task id in a field of this name, such as the `correlation_id` of web middlewares,
    /// and `outside` in its place on lines outside all actions, such as `internal`; by default it
    /// is not shown. Fields with this name get an underscore.
    ///
    /// ```
    /// let layer = tasktrail::JsonLayer::ecs().correlation_id("correlation_id", "internal");
    /// ```
    #[must_use]
    pub fn correlation_id(mut self, name: &'static str, outside: &str) -> Self {
        self.renderer.own(name);
        let names = &self.renderer.names;
        self.renderer.details.correlate(name, outside, names);
        self
    }

    /// Arranges the keys of each line; by default they stand as the schema has them.
    ///
    /// The command `tasktrail` reads lines whose keys for the task, the action and the time have
    /// the schema's names.
    #[must_use]
    pub fn layout(mut self, layout: Layout) -> Self {
        self.renderer.layout = Some(layout);
        self
    }

    /// Shows on the end of each action how long it took, in a unit of choice; by default not.
    ///
    /// Text tells the first of these times even without.
    ///
    /// `duration` is the time for which the span was open, `busy` that for which it was entered,
    /// by one thread or more, and `idle` the rest. Fields with these names get an underscore.
    ///
    /// ```
    /// use tasktrail::{JsonLayer, TimeUnit};
    ///
    /// let layer = JsonLayer::eliot().durations(TimeUnit::Milliseconds);
    /// ```
    #[must_use]
    pub fn durations(mut self, unit: TimeUnit) -> Self {
        self.renderer.show_durations(unit);
        self
    }

    /// Says whether the end of an action that [`fail`](crate::fail()) or a panic made fail shows
    /// the stack on which that happened; by default [it does not](Backtraces::LeftOut).
    ///
    /// It is one text of at most 64 KiB: `exception_backtrace` in Eliot's, Logstash's and `tracing`'s
    /// lines; in those of other schemas the end of their `stack_trace`, by whatever name; in text the
    /// last lines of the message. To capture it costs milliseconds, and is done once the layer is part
    /// of a subscriber.
    ///
    /// ```
    /// use tasktrail::{Backtraces, JsonLayer};
    ///
    /// let layer = JsonLayer::ecs().backtraces(Backtraces::Shown);
    /// ```
    #[must_use]
    pub fn backtraces(mut self, which: Backtraces) -> Self {
        self.renderer.backtraces = which;
        self
    }

    /// Says which messages of an action show; by default its
    /// [start and its end](Actions::StartsAndEnds), for [`Schema::Tracing`](tasktrail_record::Schema::Tracing)
    /// [neither](Actions::Neither).
    #[must_use]
    pub fn actions(mut self, which: Actions) -> Self {
        self.actions = which;
        self
    }

    /// Says whether [text](Self::text) has colours; by default [`When::Auto`]: if it goes to
    /// [`std::io::stdout`] or [`std::io::stderr`], that is a terminal, and the environment variable
    /// `NO_COLOR` is not set or empty. JSON has none.
    ///
    /// A writer of another type is not known to be a terminal, even if it writes to one.
    ///
    /// ```
    /// use tasktrail::{JsonLayer, When};
    ///
    /// let layer = JsonLayer::text().color(When::Always);
    /// ```
    #[must_use]
    pub fn color(mut self, when: When) -> Self {
        if let Some(text) = &mut self.renderer.text {
            text.color(when);
        }
        self
    }

    /// Decides about colours now, for lines that some other writer will take to standard output, or
    /// to somewhere else.
    #[cfg(feature = "setup")]
    pub(crate) fn fix_color(mut self, is_standard_output: bool) -> Self {
        if let Some(text) = &mut self.renderer.text {
            text.fix_color(is_standard_output);
        }
        self
    }

    /// Says which of the open spans' fields a line shows; by default what is usual for the schema.
    #[must_use]
    pub fn span_fields(mut self, which: SpanFields) -> Self {
        self.renderer.show_span_fields(which);
        self
    }

    /// Gives what renders a text as a line of this layer's schema, with the
    /// [fields of every line](Self::field) set so far: for a writer that has something to tell.
    pub fn teller(&self) -> Teller {
        Teller(self.renderer.clone())
    }

    /// Gives the count of lines that could not be written, to be read at any time.
    pub fn lost_lines(&self) -> LostLines {
        self.output.lost_lines()
    }

    /// Redacts values, by the names of their fields or by what they are; by default all are shown.
    ///
    /// Said twice, the rules of the second time follow those of the first.
    ///
    /// ```
    /// use tasktrail::{JsonLayer, Redact, Redaction};
    ///
    /// let layer = JsonLayer::eliot()
    ///     .redact(Redaction::new().names(["password", "*token*"], Redact::Mask));
    /// assert_eq!(layer.redacted().count(), 0);
    /// ```
    #[must_use]
    pub fn redact(mut self, redaction: Redaction) -> Self {
        self.renderer.name(|names| names.redaction.add(redaction));
        self
    }

    /// Gives the count of values that were [redacted](Self::redact), to be read at any time.
    pub fn redacted(&self) -> RedactedValues {
        self.renderer.names.redaction.redacted()
    }
}
