//! Values of fields, whatever they are.
#[cfg(test)]
mod support;

use std::fmt;

use proptest::prelude::*;
use serde_json::{Value, json};
use support::{Captured, Message, assert_complete, eliot};
use tasktrail::{JsonLayer, SpanFields, TaskLayer};
use tracing::field::{Empty, debug, display};
use tracing::{Span, info, info_span};
use tracing_subscriber::layer::SubscriberExt;

const PANICKED: &str = "<panicked while it was formatted>";

/// Runs `f` behind each schema, and gives the messages.
#[cfg(test)]
fn both(f: impl Fn()) -> [Vec<Message>; 2] {
    [JsonLayer::eliot(), JsonLayer::logstash()].map(|layer| {
        let output = Captured::new();
        let subscriber = tracing_subscriber::registry().with(TaskLayer::new()).with(
            layer
                .span_fields(SpanFields::OfAllSpans)
                .with_writer(output.clone()),
        );
        tracing::subscriber::with_default(subscriber, &f);
        let messages = output.messages();
        assert_complete(&messages);
        messages
    })
}

/// Gives what a line shows for a field `value`, of a span and of an event alike.
macro_rules! shown {
    ($value:expr) => {{
        let messages = both(|| {
            let span = info_span!("span", at_start = $value, recorded = Empty).entered();
            span.record("recorded", $value);
            info!(value = $value, "said");
        });
        let [eliot, logstash] = messages.map(|messages| {
            let values = ["at_start", "recorded", "value"].map(|name| messages[1].get(name));
            assert!(messages[1].has("value") && values.iter().all(|value| *value == values[0]));
            values[0].clone()
        });
        assert_eq!(eliot, logstash);
        eliot
    }};
}

#[test]
fn a_number_stays_a_number_and_a_truth_a_truth() {
    assert_eq!(shown!(0_u8), 0);
    assert_eq!(shown!(-1_i8), -1);
    assert_eq!(shown!(u64::MAX), u64::MAX);
    assert_eq!(shown!(i64::MIN), i64::MIN);
    assert_eq!(shown!(12.5_f32), 12.5);
    assert_eq!(shown!(f64::MIN_POSITIVE), f64::MIN_POSITIVE);
    assert_eq!(shown!(f64::MAX), f64::MAX);
    assert_eq!(shown!(-0.0).to_string(), "-0.0");
    assert_eq!(shown!(true), true);
    assert_eq!(shown!(false), false);
}

#[test]
fn what_is_no_number_in_json_is_null() {
    assert_eq!(shown!(f64::NAN), Value::Null);
    assert_eq!(shown!(f64::INFINITY), Value::Null);
    assert_eq!(shown!(f64::NEG_INFINITY), Value::Null);
}

#[test]
fn an_integer_of_128_bits_is_a_text_where_64_are_too_few() {
    assert_eq!(shown!(5_u128), 5);
    assert_eq!(shown!(-5_i128), -5);
    assert_eq!(shown!(u128::from(u64::MAX)), u64::MAX);
    assert_eq!(shown!(u128::from(u64::MAX) + 1), "18446744073709551616");
    assert_eq!(shown!(u128::MAX), u128::MAX.to_string());
    assert_eq!(shown!(i128::MIN), i128::MIN.to_string());
    assert_eq!(shown!(i128::MAX), i128::MAX.to_string());
}

#[test]
fn a_text_reads_back_as_it_was() {
    for text in [
        "",
        "say \"hi\"",
        "a\\b\\\\",
        "one\ntwo\r\nthree\ttabbed",
        "\0",
        "\u{1}\u{8}\u{c}\u{1f}\u{7f}",
        "\u{1b}[31mred\u{1b}[0m",
        "\u{2028}\u{2029}\u{feff}\u{fffe}",
        "🦀👩‍👩‍👧‍👦ñ日本",
        "</script>{}[],:",
        "\\u0000",
    ] {
        assert_eq!(shown!(text), text);
        assert_eq!(shown!(text.to_owned()), text);
        assert_eq!(shown!(display(text)), text);
        assert_eq!(shown!(debug(text)), format!("{text:?}"));
    }
}

#[test]
fn a_long_text_is_whole() {
    let long = "long \"text\"\n🦀".repeat(700_000);
    assert!(long.len() > 10_000_000);

    let messages = eliot(|| {
        let _span = info_span!("span", at_start = long).entered();
        info!(value = ?long, "said");
        info!("{long}");
        info!("short");
    });

    assert_eq!(messages[0].get("at_start"), &long);
    assert_eq!(messages[1].get("value"), &format!("{long:?}"));
    assert_eq!(messages[2].get("message_type"), &long);
    assert_eq!(messages[3].get("message_type"), "short");
    assert_complete(&messages);
}

#[test]
fn the_message_may_be_any_value() {
    let [eliot, logstash] = both(|| {
        info!("say \"hi\"\n\0 {}", 5);
        info!(message = 17);
        info!(message = -1.5);
        info!(message = f64::NAN);
        info!(message = true);
        info!(message = u128::MAX);
        info!(message = "text");
        info!(message = ?Some("text"));
        info!(message = %"text");
        info!(message = Empty, "text");
        info!("");
    });

    let max = u128::MAX.to_string();
    let expected = [
        "say \"hi\"\n\0 5",
        "17",
        "-1.5",
        "null",
        "true",
        &max,
        "text",
        "Some(\"text\")",
        "text",
    ];
    for (at, text) in expected.into_iter().enumerate() {
        assert_eq!(eliot[at].get("message_type"), text);
        assert_eq!(logstash[at].get("message"), text);
    }
    assert_eq!(eliot[10].get("message_type"), "");
}

#[derive(Clone, Copy)]
struct Panics;

#[cfg(test)]
impl fmt::Debug for Panics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("half of \"it\"")?;
        panic!("in Debug");
    }
}

#[cfg(test)]
impl fmt::Display for Panics {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("in Display");
    }
}

#[test]
fn a_value_that_panics_says_so_and_harms_nothing_else() {
    let [eliot, logstash] = both(|| {
        let span = info_span!("span", before = 1, bad = ?Panics, recorded = Empty).entered();
        span.record("recorded", display(Panics));
        info!(before = 2, bad = %Panics, after = ?Panics, last = 3, "said");
        info!("{Panics}");
        info!("{:?} and more", Panics);
        info!("fine");
    });

    for messages in [&eliot, &logstash] {
        assert_eq!(messages[0].get("before"), 1);
        assert_eq!(messages[0].get("bad"), PANICKED);
        assert_eq!(messages[1].get("recorded"), PANICKED);
        assert_eq!(messages[1].get("bad"), PANICKED);
        assert_eq!(messages[1].get("after"), PANICKED);
        assert_eq!(messages[1].get("last"), 3);
        assert_eq!(messages[1].name(), "said");
        assert_eq!(messages[2].name(), PANICKED);
        assert_eq!(messages[3].name(), PANICKED);
        assert_eq!(messages[4].name(), "fine");
        assert_eq!(messages[5].status(), Some("succeeded"));
    }
}

#[test]
fn a_value_that_gives_up_half_way_has_said_what_it_could() {
    struct GivesUp;
    impl fmt::Debug for GivesUp {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("half \"of it\"")?;
            Err(fmt::Error)
        }
    }

    let [eliot, logstash] = both(|| info!(bad = ?GivesUp, good = 1, "said"));

    for messages in [eliot, logstash] {
        assert_eq!(messages[0].get("bad"), "half \"of it\"");
        assert_eq!(messages[0].get("good"), 1);
    }
}

#[test]
fn a_field_that_is_empty_or_nothing_does_not_show() {
    let [eliot, logstash] = both(|| {
        let _span = info_span!("span", empty = Empty, nothing = None::<u64>).entered();
        info!(
            empty = Empty,
            nothing = None::<&str>,
            some = Some(5),
            "said"
        );
    });

    for messages in [eliot, logstash] {
        for message in &messages {
            assert!(
                !message.has("empty") && !message.has("nothing"),
                "{message:?}"
            );
        }
        assert_eq!(messages[1].get("some"), 5);
    }
}

#[test]
fn an_error_shows_as_its_text() {
    let error = "ten".parse::<u32>().unwrap_err();
    let error: &(dyn std::error::Error + 'static) = &error;

    assert_eq!(shown!(error), error.to_string());
}

#[test]
fn a_value_shows_as_it_was_when_it_was_said() {
    let counter = std::cell::Cell::new(1);
    let messages = eliot(|| {
        info!(value = ?counter, "first");
        counter.set(2);
        info!(value = ?counter, "second");
    });

    assert_eq!(messages[0].get("value"), "Cell { value: 1 }");
    assert_eq!(messages[1].get("value"), "Cell { value: 2 }");
}

#[test]
fn a_field_of_every_line_may_be_any_json() {
    let value = json!({"a\n": [1, null, {"b": "🦀\u{0}"}], "c": -1.5e300});
    let output = Captured::new();
    let layer = JsonLayer::logstash()
        .field("build", value.clone())
        .field("none", Value::Null)
        .with_writer(output.clone());
    let subscriber = tracing_subscriber::registry()
        .with(TaskLayer::new())
        .with(layer);

    tracing::subscriber::with_default(subscriber, || {
        info_span!("order").in_scope(|| info!("said"));
    });

    for message in output.messages() {
        assert_eq!(*message.get("build"), value);
        assert!(message.has("none"));
    }
}

#[test]
fn names_of_spans_targets_and_threads_are_escaped() {
    let name = "a \"b\" \\ \n \u{1b}[31m 🦀";
    let thread = std::thread::Builder::new().name(name.to_owned());
    let messages = thread
        .spawn(|| {
            both(|| {
                let _span =
                    info_span!(target: "t \"\n", "a \"b\" \\ \n \u{1b}[31m 🦀", x = 1).entered();
                info!(target: "t \"\n", "said");
                info!(name: "n \"\n", target: "t \"\n", x = 2);
            })
        })
        .unwrap()
        .join()
        .unwrap();

    let [eliot, logstash] = messages;
    assert_eq!(eliot[0].get("action_type"), name);
    assert_eq!(eliot[1].get("logger"), "t \"\n");
    assert_eq!(eliot[2].get("message_type"), "n \"\n");
    assert_eq!(logstash[1].get("threadName"), name);
    assert_eq!(logstash[1].get("funcName"), name);
    assert_eq!(logstash[1].get("name"), "t \"\n");
}

/// One random value of a kind that `tracing` knows.
#[derive(Debug, Clone)]
enum Random {
    Text(String),
    Debug(String),
    Float(f64),
    Signed(i64),
    Unsigned(u64),
    Wide(i128),
    Truth(bool),
}

#[cfg(test)]
fn random() -> impl Strategy<Value = Random> {
    prop_oneof![
        any::<String>().prop_map(Random::Text),
        any::<String>().prop_map(Random::Debug),
        any::<f64>().prop_map(Random::Float),
        any::<i64>().prop_map(Random::Signed),
        any::<u64>().prop_map(Random::Unsigned),
        any::<i128>().prop_map(Random::Wide),
        any::<bool>().prop_map(Random::Truth),
    ]
}

impl Random {
    fn record(&self, span: &Span, name: &'static str) {
        match self {
            Self::Text(value) => span.record(name, value.as_str()),
            Self::Debug(value) => span.record(name, debug(value)),
            Self::Float(value) => span.record(name, value),
            Self::Signed(value) => span.record(name, value),
            Self::Unsigned(value) => span.record(name, value),
            Self::Wide(value) => span.record(name, value),
            Self::Truth(value) => span.record(name, value),
        };
    }

    fn say(&self) {
        match self {
            Self::Text(value) => info!("\"" = value.as_str(), timestamp = value, "{value}"),
            Self::Debug(value) => info!("\"" = ?value, timestamp = ?value, "{value:?}"),
            Self::Float(value) => info!("\"" = value, timestamp = value),
            Self::Signed(value) => info!("\"" = value, timestamp = value),
            Self::Unsigned(value) => info!("\"" = value, timestamp = value),
            Self::Wide(value) => info!("\"" = value, timestamp = value),
            Self::Truth(value) => info!("\"" = value, timestamp = value),
        }
    }

    fn is_shown_as(&self, found: &Value) -> bool {
        let expected = match self {
            // The reader of these tests is not exact to the last bit; another test is.
            Self::Float(value) if value.is_finite() => {
                return found
                    .as_f64()
                    .is_some_and(|found| found.to_bits().abs_diff(value.to_bits()) < 4);
            }
            Self::Float(_) => Value::Null,
            Self::Text(value) => json!(value),
            Self::Debug(value) => json!(format!("{value:?}")),
            Self::Signed(value) => json!(value),
            Self::Unsigned(value) => json!(value),
            Self::Wide(value) => match (i64::try_from(*value), u64::try_from(*value)) {
                (Ok(value), _) => json!(value),
                (_, Ok(value)) => json!(value),
                _ => json!(value.to_string()),
            },
            Self::Truth(value) => json!(value),
        };
        *found == expected
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_recorded_and_said_reads_back(
        records in proptest::collection::vec((0_usize..6, random()), 0..12),
        says in proptest::collection::vec(random(), 0..6),
    ) {
        const NAMES: [&str; 6] = ["a", "a_", "task_uuid", "task_uuid_", "\n\0\"\\", "🦀"];
        let shown_as = ["a", "a_", "task_uuid_", "task_uuid__", "\n\0\"\\", "🦀"];
        let messages = both(|| {
            let outer = info_span!("outer", a = Empty, a_ = Empty, task_uuid = Empty,
                task_uuid_ = Empty, "\n\0\"\\" = Empty, "🦀" = Empty).entered();
            for (name, value) in &records {
                value.record(&outer, NAMES[*name]);
            }
            let _inner = info_span!("inner").entered();
            says.iter().for_each(Random::say);
        });

        for messages in messages {
            let said = &messages[2..2 + says.len()];
            for (message, value) in said.iter().zip(&says) {
                prop_assert!(value.is_shown_as(message.get("\"")), "{:?} {:?}", message, value);
            }
            for (at, name) in shown_as.into_iter().enumerate() {
                let last = records.iter().rfind(|(of, _)| *of == at);
                for message in &messages[1..] {
                    let found = message.get(name);
                    match last {
                        Some((_, value)) => {
                            prop_assert!(value.is_shown_as(found), "{:?} {:?}", found, value);
                        }
                        None => prop_assert!(!message.has(name)),
                    }
                }
            }
        }
    }
}
