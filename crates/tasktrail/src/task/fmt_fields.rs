//! Puts the ids among the span's fields that the stock `fmt` layer prints.

use std::fmt;

use tracing_core::callsite::DefaultCallsite;
use tracing_core::field::{FieldSet, Value, display};
use tracing_core::span::{Attributes, Record};
use tracing_core::{Kind, Level, Metadata, identify_callsite};
use tracing_subscriber::fmt::{FormatFields, FormattedFields};
use tracing_subscriber::registry::ExtensionsMut;

use super::{Action, survive};

/// Puts formatted fields where a `fmt` layer will look for them.
pub(super) type Insert = Box<dyn FnOnce(&mut ExtensionsMut<'_>)>;

/// Formats a span's fields with the ids behind them.
pub(super) trait FmtFields: Send + Sync {
    /// Gives what is to be put into the span; `None` if the fields can't be formatted, which then
    /// the `fmt` layer finds out for itself.
    fn format(&self, span: &Attributes<'_>, action: &Action) -> Option<Insert>;
}

impl<N> FmtFields for N
where
    N: for<'writer> FormatFields<'writer> + Send + Sync + 'static,
{
    fn format(&self, span: &Attributes<'_>, action: &Action) -> Option<Insert> {
        let place = action.place(0);
        let fields = METADATA.fields();
        let (uuid_field, level_field) = (fields.field("task_uuid")?, fields.field("task_level")?);
        let (uuid, level) = (display(place.task_uuid), display(Slashes(place.action)));
        let values = [
            (&uuid_field, Some(&uuid as &dyn Value)),
            (&level_field, Some(&level as &dyn Value)),
        ];
        let ids = fields.value_set(&values);
        let formatted = survive(|| {
            let mut formatted = FormattedFields::<N>::new(String::new());
            self.format_fields(formatted.as_writer(), span).ok()?;
            self.add_fields(&mut formatted, &Record::new(&ids)).ok()?;
            Some(formatted)
        });
        let formatted = formatted??;
        Some(Box::new(|extensions| {
            extensions.replace(formatted);
        }))
    }
}

/// Shows `2,1,` as `/2/1`.
pub(super) struct Slashes<'a>(pub(super) &'a str);

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
static IDS: DefaultCallsite = DefaultCallsite::new(&METADATA);
static METADATA: Metadata<'static> = Metadata::new(
    "task",
    "tasktrail",
    Level::INFO,
    None,
    None,
    None,
    FieldSet::new(&["task_uuid", "task_level"], identify_callsite!(&IDS)),
    Kind::SPAN,
);
