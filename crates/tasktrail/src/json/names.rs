//! Under which name a field shows, if it shows.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use tasktrail_record::Schema;

use super::redaction::Rules;

/// What one layer says about the names of fields.
#[derive(Debug, Clone)]
pub(super) struct Names {
    /// Whose keys no field may have; `None` for text, which has no keys.
    schema: Option<Schema>,
    /// The names of what the layer adds itself, which no field may have.
    own: BTreeSet<&'static str>,
    renamed: BTreeMap<String, String>,
    left_out: BTreeSet<String>,
    /// What is said about their values.
    pub(super) redaction: Rules,
}

/// Gives the name that a schema makes of a field's.
type InSchema = for<'n> fn(Schema, &'n str) -> Cow<'n, str>;

impl Names {
    pub(super) fn new(schema: Option<Schema>) -> Self {
        Self {
            schema,
            own: BTreeSet::new(),
            renamed: BTreeMap::new(),
            left_out: BTreeSet::new(),
            redaction: Rules::default(),
        }
    }

    pub(super) fn add_own(&mut self, names: impl IntoIterator<Item = &'static str>) {
        self.own.extend(names);
    }

    pub(super) fn rename(&mut self, name: &str, to: &str) {
        self.renamed.insert(name.to_owned(), to.to_owned());
    }

    pub(super) fn leave_out(&mut self, name: &str) {
        self.left_out.insert(name.to_owned());
    }

    /// Gives the name under which a field of an event, or of every line, shows; `None` if it is left
    /// out.
    pub(super) fn field<'a>(&'a self, name: &'a str) -> Option<Cow<'a, str>> {
        self.shown(name, Schema::field_name)
    }

    /// Gives the name under which a field of a span shows; `None` if it is left out.
    pub(super) fn span_field<'a>(&'a self, name: &'a str) -> Option<Cow<'a, str>> {
        self.shown(name, Schema::span_field_name)
    }

    /// Gives the name under which the sources of an error show that is a field's value; `None` if
    /// they are left out.
    ///
    /// It is the field's with `_sources` at its end. What is said of that name counts for it, too.
    pub(super) fn sources(&self, name: &str, of_span: bool) -> Option<String> {
        if self.left_out.contains(name) {
            return None;
        }
        let sources = format!("{name}_sources");
        let in_schema: InSchema = match of_span {
            true => Schema::span_field_name,
            false => Schema::field_name,
        };
        if let (Some(new), None) = (self.renamed.get(name), self.renamed.get(&sources))
            && !self.left_out.contains(&sources)
        {
            let new = format!("{new}_sources");
            return Some(self.in_schema(&new, in_schema).into_owned());
        }
        Some(self.shown(&sources, in_schema)?.into_owned())
    }

    fn shown<'a>(&'a self, name: &'a str, in_schema: InSchema) -> Option<Cow<'a, str>> {
        if self.left_out.contains(name) {
            return None;
        }
        let name = self.renamed.get(name).map_or(name, String::as_str);
        Some(self.in_schema(name, in_schema))
    }

    fn in_schema<'a>(&self, name: &'a str, in_schema: InSchema) -> Cow<'a, str> {
        match (self.own.contains(name.trim_end_matches('_')), self.schema) {
            // What the layer adds has the schema's form of its name, too: see `own`.
            (true, Some(schema)) => Cow::Owned(in_schema(schema, &format!("{name}_")).into_owned()),
            (true, None) => Cow::Owned(format!("{name}_")),
            (false, Some(schema)) => in_schema(schema, name),
            (false, None) => Cow::Borrowed(name),
        }
    }

    /// Gives the name of something that the layer adds itself.
    pub(super) fn own<'a>(&self, name: &'a str) -> Cow<'a, str> {
        match self.schema {
            Some(schema) => schema.field_name(name),
            None => Cow::Borrowed(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_fields_get_one_name_by_the_rule_for_what_the_layer_adds() {
        let mut names = Names::new(Some(Schema::Eliot));
        names.add_own(["duration"]);

        let shown = |name| names.field(name).unwrap().into_owned();
        assert_eq!(shown("duration"), "duration_");
        assert_eq!(shown("duration_"), "duration__");
        assert_eq!(shown("durations"), "durations");
        assert_eq!(shown("timestamp"), "timestamp_");
    }

    #[test]
    fn a_field_is_left_out_or_renamed_by_the_name_that_the_program_gave_it() {
        let mut names = Names::new(Some(Schema::Eliot));
        names.rename("method", "http.method");
        names.rename("when", "timestamp");
        names.leave_out("secret");

        assert_eq!(names.field("method").as_deref(), Some("http.method"));
        assert_eq!(names.field("when").as_deref(), Some("timestamp_"));
        assert_eq!(names.field("secret"), None);
        assert_eq!(names.field("http.method").as_deref(), Some("http.method"));
    }

    #[test]
    fn the_sources_of_an_error_are_named_after_its_field() {
        let mut names = Names::new(Some(Schema::Eliot));
        names.rename("cause", "why");
        names.rename("fault", "exception");
        names.rename("error_sources", "chain");
        names.leave_out("secret");
        names.leave_out("err_sources");

        let shown = |name| names.sources(name, false);
        assert_eq!(shown("failure").as_deref(), Some("failure_sources"));
        assert_eq!(shown("cause").as_deref(), Some("why_sources"));
        assert_eq!(shown("exception").as_deref(), Some("exception_sources_"));
        assert_eq!(shown("fault").as_deref(), Some("exception_sources_"));
        assert_eq!(shown("error").as_deref(), Some("chain"));
        assert_eq!(shown("secret"), None);
        assert_eq!(shown("err"), None);
    }
}
