//! Any values make one valid line each, in every schema, whatever the layer is told.

#![no_main]

use std::collections::BTreeSet;
use std::{fmt, io};
use std::sync::{Arc, Mutex};

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use tasktrail::record::{Schema, TimeFormat};
use tasktrail::{Actions, Detail, JsonLayer, Layout, SpanFields, TaskLayer, TimeUnit};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;

#[derive(Debug, Arbitrary)]
struct Input {
    schema: u8,
    spans: u8,
    limits: Option<(u8, u16)>,
    layout: Option<(String, String, bool, u8)>,
    renamed: String,
    everything_else: bool,
    message: String,
    text: String,
    debug: String,
    number: f64,
    wide: u128,
}

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<Vec<u8>>>>);

impl io::Write for Lines {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("nothing panics here").push(line.to_vec());
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

fn layer(input: &Input) -> JsonLayer {
    let schema = Schema::ALL[usize::from(input.schema) % Schema::ALL.len()];
    let mut layer = JsonLayer::new(schema)
        .actions(Actions::StartsAndEnds)
        .rename("text", &input.renamed)
        .field(&input.text, input.debug.clone());
    layer = match input.spans % 5 {
        0 => layer.span_fields(SpanFields::OfAllSpans),
        1 => layer.span_fields(SpanFields::WhereTheyAreSet),
        2 => layer.span_fields(SpanFields::Nested("spans")),
        3 => layer.span_fields(SpanFields::Listed("text")),
        _ => layer,
    };
    if let Some((value, line)) = input.limits {
        layer = layer.longest_value(value.into()).longest_line(line.into());
    }
    if let Some((left_out, first, nests, time)) = &input.layout {
        let mut layout = Layout::new()
            .leave_out([left_out.as_str()])
            .rename(first, &input.renamed)
            .first([first.as_str(), "message"]);
        if *nests {
            layout = layout.nest_dots();
        }
        layout = match time % 4 {
            0 => layout.time(TimeFormat::Rfc3339Nanos),
            1 => layout.time(TimeFormat::Seconds),
            2 => layout.time(TimeFormat::Nanoseconds),
            _ => layout,
        };
        layer = layer.layout(layout);
    }
    if input.everything_else {
        layer = layer
            .durations(TimeUnit::Seconds)
            .show([Detail::Host, Detail::File, Detail::ThreadName])
            .sequence("text")
            .correlation_id("wide", &input.message);
    }
    layer
}

/// Any value, if no object in it has a key twice, which `serde_json` would pass over.
struct EachOnce;

impl<'de> Deserialize<'de> for EachOnce {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(EachOnce)
    }
}

impl<'de> Visitor<'de> for EachOnce {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value in which no object has a key twice")
    }

    fn visit_unit<E>(self) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<Self, A::Error> {
        while values.next_element::<EachOnce>()?.is_some() {}
        Ok(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self, A::Error> {
        let mut names = BTreeSet::new();
        while let Some((name, EachOnce)) = members.next_entry::<String, EachOnce>()? {
            if let Some(name) = names.replace(name) {
                return Err(A::Error::custom(format!("twice: {name}")));
            }
        }
        Ok(self)
    }
}

fuzz_target!(|input: Input| {
    let lines = Lines::default();
    let subscriber = tracing_subscriber::registry()
        .with(TaskLayer::new())
        .with(layer(&input).with_writer(lines.clone()));

    tracing::subscriber::with_default(subscriber, || {
        let (text, detail) = (input.text.as_str(), &input.debug);
        let span = tracing::info_span!("order", text, error.code = 1, late = tracing::field::Empty);
        let _entered = span.enter();
        tracing::info!(text, ?detail, input.number, wide = input.wide, log.level = 7, "{}", input.message);
        span.record("late", input.message.as_str());
        tracing::error!(error = text, task_uuid = detail, "");
    });

    let lines = lines.0.lock().expect("nothing panics here");
    assert_eq!(lines.len(), 4);
    for line in lines.iter() {
        let text = std::str::from_utf8(line).expect("a line is UTF-8");
        let text = text.strip_suffix('\n').expect("a line has an end");
        assert!(!text.bytes().any(|byte| byte < b' '), "a raw control character: {text:?}");
        let read = serde_json::from_str::<EachOnce>(text);
        assert!(read.is_ok(), "{:?}: {text}", read.err());
    }
});
