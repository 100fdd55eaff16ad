//! Puts the ids among the span's fields that the stock `fmt` layer prints.

use std::fmt;

use tracing_core::field::{FieldSet, Value, display};
use tracing_core::span::{Attributes, Record};
use tracing_core::{Kind, Metadata, callsite::Callsite, identify_callsite};
use tracing_subscriber::fmt::{FormatFields, FormattedFields};
use tracing_subscriber::registry::ExtensionsMut;

use super::Action;

/// Formats a span's fields with the ids behind them, where a `fmt` layer will look for them.
pub(super) trait FmtFields: Send + Sync {
    fn format(&self, span: &Attributes<'_>, action: &Action, extensions: &mut ExtensionsMut<'_>);
}

impl<N> FmtFields for N
where
    N: for<'writer> FormatFields<'writer> + Send + Sync + 'static,
{
    fn format(&self, span: &Attributes<'_>, action: &Action, extensions: &mut ExtensionsMut<'_>) {
        let mut formatted = FormattedFields::<N>::new(String::new());
        // What the formatter can't format, it can't print either.
        if self.format_fields(formatted.as_writer(), span).is_err() {
            return;
        }
        let place = action.place(0);
        let level = Slashes(place.action);
        let fields = IDS.metadata().fields();
        let (Some(uuid_field), Some(level_field)) =
            (fields.field("task_uuid"), fields.field("task_level"))
        else {
            return;
        };
        let (uuid, level) = (display(place.task_uuid), display(level));
        let values = [
            (&uuid_field, Some(&uuid as &dyn Value)),
            (&level_field, Some(&level as &dyn Value)),
        ];
        let values = fields.value_set(&values);
        if self
            .add_fields(&mut formatted, &Record::new(&values))
            .is_ok()
        {
            extensions.replace(formatted);
        }
    }
}

/// Shows `2,1,` as `/2/1`.
struct Slashes<'a>(&'a str);

impl fmt::Display for Slashes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("/");
        }
        self.0
            .split_terminator(',')
            .try_for_each(|number| write!(f, "/{number}"))
    }
}

/// The call site to which the two fields belong; nothing is ever logged there.
struct Ids;

static IDS: Ids = Ids;
static METADATA: Metadata<'static> = Metadata::new(
    "task",
    "tasktrail",
    tracing_core::Level::INFO,
    None,
    None,
    None,
    FieldSet::new(&["task_uuid", "task_level"], identify_callsite!(&IDS)),
    Kind::SPAN,
);

impl Callsite for Ids {
    fn set_interest(&self, _: tracing_core::Interest) {}

    fn metadata(&self) -> &Metadata<'_> {
        &METADATA
    }
}
