//! Values of the `valuable` crate: nested JSON, where `tracing` is built for them.
#![cfg(all(tracing_unstable, feature = "valuable"))]
#[cfg(test)]
mod support;

use std::collections::BTreeMap;

use serde_json::json;
use support::{Captured, eliot};
use tasktrail::{JsonLayer, Redact, Redaction, Sensitive, TaskLayer};
use tracing::field::valuable;
use tracing::info;
use tracing_subscriber::layer::SubscriberExt;
use valuable::{
    EnumDef, Enumerable, Fields, NamedField, NamedValues, StructDef, Structable, Valuable, Value,
    Variant, VariantDef, Visit,
};

/// An order as a struct with named fields.
struct Order {
    id: u32,
    tags: Vec<&'static str>,
    pay: Pay,
}

const ORDER: &[NamedField<'static>] = &[
    NamedField::new("id"),
    NamedField::new("tags"),
    NamedField::new("pay"),
];

impl Valuable for Order {
    fn as_value(&self) -> Value<'_> {
        Value::Structable(self)
    }

    fn visit(&self, visit: &mut dyn Visit) {
        let values = [
            self.id.as_value(),
            self.tags.as_value(),
            self.pay.as_value(),
        ];
        visit.visit_named_fields(&NamedValues::new(ORDER, &values));
    }
}

impl Structable for Order {
    fn definition(&self) -> StructDef<'_> {
        StructDef::new_static("Order", Fields::Named(ORDER))
    }
}

/// Each kind of variant.
enum Pay {
    Cash,
    Card(u64),
    Both(u64, u64),
    Later { days: u8 },
}

const DAYS: &[NamedField<'static>] = &[NamedField::new("days")];
static VARIANTS: &[VariantDef<'static>] = &[
    VariantDef::new("Cash", Fields::Unnamed(0)),
    VariantDef::new("Card", Fields::Unnamed(1)),
    VariantDef::new("Both", Fields::Unnamed(2)),
    VariantDef::new("Later", Fields::Named(DAYS)),
];

impl Valuable for Pay {
    fn as_value(&self) -> Value<'_> {
        Value::Enumerable(self)
    }

    fn visit(&self, visit: &mut dyn Visit) {
        match self {
            Self::Cash => visit.visit_unnamed_fields(&[]),
            Self::Card(a) => visit.visit_unnamed_fields(&[a.as_value()]),
            Self::Both(a, b) => visit.visit_unnamed_fields(&[a.as_value(), b.as_value()]),
            Self::Later { days } => {
                visit.visit_named_fields(&NamedValues::new(DAYS, &[days.as_value()]));
            }
        }
    }
}

#[cfg(test)]
impl Enumerable for Pay {
    fn definition(&self) -> EnumDef<'_> {
        EnumDef::new_static("Pay", VARIANTS)
    }

    fn variant(&self) -> Variant<'_> {
        let at = match self {
            Self::Cash => 0,
            Self::Card(_) => 1,
            Self::Both(..) => 2,
            Self::Later { .. } => 3,
        };
        Variant::Static(&VARIANTS[at])
    }
}

#[test]
fn structs_enums_lists_and_tuples_are_nested_json() {
    let messages = eliot(|| {
        let order = Order {
            id: 7,
            tags: vec!["a \"b\"", "c"],
            pay: Pay::Card(5),
        };
        let pays = [
            Pay::Cash,
            Pay::Card(1),
            Pay::Both(1, 2),
            Pay::Later { days: 3 },
        ];
        info!(
            order = valuable(&order),
            pays = valuable(&pays.as_slice()),
            pair = valuable(&(1, true, 'c', None::<u8>)),
            bytes = valuable(&[1_u8, 2].as_slice()),
            "said"
        );
    });

    let message = &messages[0];
    assert_eq!(
        *message.get("order"),
        json!({"id": 7, "tags": ["a \"b\"", "c"], "pay": {"Card": 5}})
    );
    assert_eq!(
        *message.get("pays"),
        json!(["Cash", {"Card": 1}, {"Both": [1, 2]}, {"Later": {"days": 3}}])
    );
    assert_eq!(*message.get("pair"), json!([1, true, "c", null]));
    assert_eq!(*message.get("bytes"), json!([1, 2]));
}

/// A map with keys that are different values and one text.
struct Keys;

impl Valuable for Keys {
    fn as_value(&self) -> Value<'_> {
        Value::Mappable(self)
    }

    fn visit(&self, visit: &mut dyn Visit) {
        visit.visit_entry(Value::U8(1), Value::Bool(true));
        visit.visit_entry(Value::String("1"), Value::Bool(false));
        visit.visit_entry(Value::Enumerable(&Pay::Cash), Value::Unit);
    }
}

impl valuable::Mappable for Keys {
    fn size_hint(&self) -> (usize, Option<usize>) {
        (3, Some(3))
    }
}

#[test]
fn a_key_that_is_no_text_becomes_one_and_none_stands_twice() {
    let messages = eliot(|| {
        let map = BTreeMap::from([(-1, "a"), (2, "b")]);
        info!(map = valuable(&map), keys = valuable(&Keys), "said");
    });

    assert_eq!(*messages[0].get("map"), json!({"-1": "a", "2": "b"}));
    assert_eq!(
        *messages[0].get("keys"),
        json!({"1": true, "1_": false, "Cash": null})
    );
}

/// A variant that says that it has one value, and gives two.
struct Lies;

impl Valuable for Lies {
    fn as_value(&self) -> Value<'_> {
        Value::Enumerable(self)
    }

    fn visit(&self, visit: &mut dyn Visit) {
        visit.visit_unnamed_fields(&[Value::U8(1), Value::U8(2)]);
    }
}

#[cfg(test)]
impl Enumerable for Lies {
    fn definition(&self) -> EnumDef<'_> {
        EnumDef::new_static("Pay", VARIANTS)
    }

    fn variant(&self) -> Variant<'_> {
        Variant::Static(&VARIANTS[1])
    }
}

#[test]
fn a_line_is_json_whatever_a_definition_says() {
    let messages = eliot(|| info!(lies = valuable(&Lies), "said"));

    assert_eq!(*messages[0].get("lies"), json!({"Card": [1, 2]}));
}

/// A list of itself.
struct Endless;

impl Valuable for Endless {
    fn as_value(&self) -> Value<'_> {
        Value::Listable(self)
    }

    fn visit(&self, visit: &mut dyn Visit) {
        visit.visit_value(self.as_value());
    }
}

impl valuable::Listable for Endless {
    fn size_hint(&self) -> (usize, Option<usize>) {
        (1, None)
    }
}

/// A list that panics after its first value.
struct Panics;

impl Valuable for Panics {
    fn as_value(&self) -> Value<'_> {
        Value::Listable(self)
    }

    #[expect(clippy::panic, reason = "that is what it is for")]
    fn visit(&self, visit: &mut dyn Visit) {
        visit.visit_value(Value::U8(1));
        panic!("in visit");
    }
}

impl valuable::Listable for Panics {
    fn size_hint(&self) -> (usize, Option<usize>) {
        (1, None)
    }
}

#[test]
fn a_value_without_end_is_cut_and_one_that_panics_is_survived() {
    let messages = eliot(|| {
        info!(
            endless = valuable(&Endless),
            bad = valuable(&Panics),
            after = 1,
            "said"
        );
    });

    let mut inner = messages[0].get("endless");
    let mut depth = 0;
    while let Some(list) = inner.as_array() {
        inner = &list[0];
        depth += 1;
    }
    assert_eq!(depth, 64);
    assert_eq!(inner, "<deeper than 64 values>");
    assert_eq!(messages[0].get("bad"), "<panicked while it was formatted>");
    assert_eq!(*messages[0].get("after"), 1);
}

#[test]
fn a_schema_without_nested_values_shows_their_json_as_text() {
    let output = Captured::new();
    let subscriber = tracing_subscriber::registry()
        .with(TaskLayer::new())
        .with(JsonLayer::gelf().with_writer(output.clone()));

    tracing::subscriber::with_default(subscriber, || {
        info!(pair = valuable(&(1, 2)), message = valuable(&(3, "d")));
    });

    let message = &output.messages()[0];
    assert_eq!(message.get("_pair"), "[1,2]");
    assert_eq!(message.get("short_message"), "[3,\"d\"]");
}

#[test]
fn texts_within_a_value_are_redacted_by_their_kind_and_all_of_it_by_its_name() {
    let output = Captured::new();
    let redaction = Redaction::new()
        .names(["secret"], Redact::Mask)
        .values([Sensitive::EmailAddresses], Redact::Mask);
    let subscriber = tracing_subscriber::registry().with(
        JsonLayer::logstash()
            .redact(redaction)
            .with_writer(output.clone()),
    );

    tracing::subscriber::with_default(subscriber, || {
        info!(
            pair = valuable(&(1, "to ada@example.org")),
            secret = valuable(&(2, "x")),
            message = valuable(&(3, "ada@example.org")),
        );
    });

    let line: serde_json::Value = serde_json::from_str(&output.lines()[0]).unwrap();
    assert_eq!(line["pair"], json!([1, "to ***"]));
    assert_eq!(line["secret"], "***");
    assert_eq!(line["message"], r#"[3,"***"]"#);
}

#[test]
fn a_key_of_a_map_is_redacted_as_any_text_and_what_is_redacted_within_is_counted() {
    let output = Captured::new();
    let redaction = Redaction::new().values([Sensitive::EmailAddresses], Redact::Mask);
    let layer = JsonLayer::eliot().redact(redaction);
    let redacted = layer.redacted();
    let subscriber = tracing_subscriber::registry().with(layer.with_writer(output.clone()));

    tracing::subscriber::with_default(subscriber, || {
        let paid = BTreeMap::from([("ada@example.org", 1), ("eva@example.org", 2)]);
        info!(
            paid = valuable(&paid),
            to = valuable(&("ada@example.org", 3))
        );
    });

    let line: serde_json::Value = serde_json::from_str(&output.lines()[0]).unwrap();
    assert_eq!(line["paid"], json!({"***": 1, "***_": 2}));
    assert_eq!(line["to"], json!(["***", 3]));
    assert_eq!(redacted.count(), 3);
}

/// A variant with a named field that holds another one, without end.
struct Deep;

const DEEP: VariantDef<'static> = VariantDef::new(
    "Deep",
    Fields::Named(&[NamedField::new("in"), NamedField::new("to")]),
);

impl Valuable for Deep {
    fn as_value(&self) -> Value<'_> {
        Value::Enumerable(self)
    }

    fn visit(&self, visit: &mut dyn Visit) {
        visit.visit_named_fields(&NamedValues::new(
            &[NamedField::new("in"), NamedField::new("to")],
            &[Value::Enumerable(self), Value::String("ada@example.org")],
        ));
    }
}

impl Enumerable for Deep {
    fn definition(&self) -> EnumDef<'_> {
        EnumDef::new_static("Deep", &[DEEP])
    }

    fn variant(&self) -> Variant<'_> {
        Variant::Static(&DEEP)
    }
}

#[test]
fn a_value_too_deep_to_be_looked_through_is_masked() {
    let output = Captured::new();
    let redaction = Redaction::new().values([Sensitive::EmailAddresses], Redact::Mask);
    let layer = JsonLayer::eliot().redact(redaction);
    let subscriber = tracing_subscriber::registry().with(layer.with_writer(output.clone()));

    tracing::subscriber::with_default(subscriber, || info!(deep = valuable(&Deep), "said"));

    assert!(!output.text().contains("ada@example.org"));
}
