//! Names of fields: which one shows where several are alike, and which are the schema's.
#[cfg(test)]
mod support;

use serde_json::Value;
use support::{Captured, Message, assert_complete};
use tasktrail::{JsonLayer, SpanFields, TaskLayer, fail};
use tracing::field::Empty;
use tracing::{Span, error, info, info_span};
use tracing_subscriber::layer::SubscriberExt;

/// Runs `f` behind each schema, with the fields of all spans on each line and without.
#[cfg(test)]
fn each_way(f: impl Fn()) -> Vec<(String, Vec<Message>)> {
    each_way_with(|layer| layer, f)
}

#[cfg(test)]
fn each_way_with(
    set: impl Fn(JsonLayer) -> JsonLayer,
    f: impl Fn(),
) -> Vec<(String, Vec<Message>)> {
    let mut all = Vec::new();
    for which in [SpanFields::OfAllSpans, SpanFields::WhereTheyAreSet] {
        for layer in [JsonLayer::eliot(), JsonLayer::logstash()] {
            let layer = set(layer.span_fields(which));
            let way = format!("{layer:?}");
            let output = Captured::new();
            let subscriber = tracing_subscriber::registry()
                .with(TaskLayer::new())
                .with(layer.with_writer(output.clone()));
            tracing::subscriber::with_default(subscriber, &f);
            let messages = output.messages();
            assert_complete(&messages);
            all.push((way, messages));
        }
    }
    all
}

/// Runs `f` with the fields of all spans on each line of Logstash.
#[cfg(test)]
fn merged(f: impl FnOnce()) -> Vec<Message> {
    let messages = support::logstash(f);
    assert_complete(&messages);
    messages
}

#[cfg(test)]
fn find<'a>(messages: &'a [Message], name: &str) -> &'a Message {
    let mut found = messages.iter().filter(|message| message.name() == name);
    found.next().unwrap()
}

/// Gives a field of each message.
#[cfg(test)]
fn each<'a>(messages: &'a [Message], name: &str) -> Vec<&'a Value> {
    messages.iter().map(|message| message.get(name)).collect()
}

#[test]
fn the_closest_of_equal_names_shows() {
    let messages = merged(|| {
        let _order = info_span!("order", id = "order", shop = "north").entered();
        info!("in the order");
        let _price = info_span!("price", id = "price").entered();
        info!("in the price");
        info!(id = "event", "own");
    });

    let expected = [
        "order", "order", "price", "price", "event", "price", "order",
    ];
    assert_eq!(each(&messages, "id"), expected);
    assert_eq!(each(&messages, "shop"), ["north"; 7]);
}

#[test]
fn a_field_of_every_line_gives_way_to_one_of_a_span_or_event() {
    let ways = each_way_with(
        |layer| {
            layer
                .field("shop", "everywhere")
                .field("shop", "here")
                .field("zone", 1)
        },
        || {
            let _order = info_span!("order", shop = "span").entered();
            info!(zone = 2, "zoned");
            info!(shop = "event", "shopped");
        },
    );

    for (way, messages) in ways {
        assert_eq!(each(&messages, "zone"), [1, 2, 1, 1], "{way}");
        let inherited = if way.contains("OfAll") {
            "span"
        } else {
            "here"
        };
        let expected = ["span", inherited, "event", inherited];
        assert_eq!(each(&messages, "shop"), expected, "{way}");
    }
}

#[test]
fn what_an_outer_span_records_shows_in_spans_that_were_open_already() {
    let messages = merged(|| {
        let order = info_span!("order", shares = Empty);
        let price = info_span!(parent: &order, "price");
        let tax = info_span!(parent: &price, "tax");
        tax.in_scope(|| info!("before"));
        order.record("shares", 100);
        tax.in_scope(|| info!("after"));
        order.record("shares", 50);
        price.in_scope(|| info!("at last"));
    });

    let shares = |name: &str| find(&messages, name).get("shares");
    assert_eq!(*shares("before"), Value::Null);
    assert_eq!(*shares("after"), 100);
    assert_eq!(*shares("at last"), 50);
    for end in messages
        .iter()
        .filter(|message| message.status() == Some("succeeded"))
    {
        assert_eq!(*end.get("shares"), 50, "{end:?}");
    }
}

#[test]
fn what_an_outer_span_records_does_not_hide_what_an_inner_one_says() {
    let messages = merged(|| {
        let order = info_span!("order", id = "order");
        let price = info_span!(parent: &order, "price", id = "price");
        order.record("id", "order again");
        price.in_scope(|| info!("in the price"));
        price.record("id", "price again");
        price.in_scope(|| info!("in the price again"));
        order.in_scope(|| info!("in the order"));
    });

    let id = |name: &str| find(&messages, name).get("id").as_str().unwrap();
    assert_eq!(id("in the price"), "price");
    assert_eq!(id("in the price again"), "price again");
    assert_eq!(id("in the order"), "order again");
}

#[test]
fn a_field_that_is_recorded_twice_stands_once_with_its_last_value() {
    for (way, messages) in each_way(|| {
        let order = info_span!("order", id = 1, shares = Empty);
        for shares in 0..5 {
            order.record("shares", shares);
        }
        order.record("id", "late");
        order.in_scope(|| info!("said"));
    }) {
        let end = messages.last().unwrap();
        assert_eq!(*end.get("shares"), 4, "{way}");
        assert_eq!(end.get("id"), "late", "{way}");
        assert_eq!(messages[0].get("id"), 1, "{way}");
    }
}

#[test]
fn siblings_and_their_children_do_not_see_each_others_fields() {
    let messages = merged(|| {
        let _order = info_span!("order").entered();
        info_span!("price", a = 1).in_scope(|| info!("priced"));
        info_span!("stock", b = 1).in_scope(|| info!("counted"));
        info!("done");
    });

    assert!(find(&messages, "priced").has("a") && !find(&messages, "priced").has("b"));
    assert!(find(&messages, "counted").has("b") && !find(&messages, "counted").has("a"));
    assert!(!find(&messages, "done").has("a") && !find(&messages, "done").has("b"));
}

/// All keys of both schemas, which no user's field may touch.
#[cfg(test)]
const KEYS: [&str; 32] = [
    "timestamp",
    "message_type",
    "log_level",
    "logger",
    "task_uuid",
    "task_level",
    "action_type",
    "action_status",
    "exception",
    "reason",
    "exception_sources",
    "exception_location",
    "exception_backtrace",
    "@timestamp",
    "@version",
    "source_host",
    "name",
    "args",
    "levelname",
    "levelno",
    "pathname",
    "filename",
    "module",
    "stack_info",
    "lineno",
    "funcName",
    "created",
    "msecs",
    "relativeCreated",
    "thread",
    "threadName",
    "process",
];

#[test]
fn no_field_touches_a_key_of_the_schema() {
    const MARK: &str = "the user's";
    let ways = each_way_with(
        |layer| KEYS.iter().fold(layer, |layer, key| layer.field(key, MARK)),
        || {
            info_span!(
                "order",
                "timestamp" = MARK,
                "task_uuid" = MARK,
                "task_level" = MARK,
                "action_type" = MARK,
                "action_status" = MARK,
                "message_type" = MARK,
                "reason" = MARK,
                "exception" = MARK,
                "exception_sources" = MARK,
                "exception_location" = MARK,
                "exception_backtrace" = MARK,
                "@timestamp" = MARK,
                "levelno" = MARK,
                "message" = MARK,
                "lineno" = Empty,
                "process" = Empty
            )
            .in_scope(|| {
                Span::current()
                    .record("lineno", MARK)
                    .record("process", MARK);
                info!(
                    "timestamp" = MARK,
                    "task_uuid" = MARK,
                    "task_level" = MARK,
                    "action_type" = MARK,
                    "action_status" = MARK,
                    "message_type" = MARK,
                    "@timestamp" = MARK,
                    "@version" = MARK,
                    "args" = MARK,
                    "levelno" = MARK,
                    "log_level" = MARK,
                    "thread" = MARK,
                    "said"
                );
                info!(name: "named", message_type = MARK, log_level = MARK, "text");
                fail(&std::fmt::Error);
            });
        },
    );

    for (way, messages) in ways {
        assert_eq!(messages.len(), 4, "{way}");
        for message in &messages {
            for key in KEYS {
                let theirs = *message.get(key) == MARK;
                // An event of Eliot's has no key of Logstash's, and the other way round.
                let own = match (way.contains("Eliot"), key) {
                    (_, "task_uuid" | "task_level" | "action_type" | "action_status") => true,
                    (_, "message_type") => true,
                    (true, "timestamp" | "log_level" | "logger") => true,
                    (false, key) => !matches!(
                        key,
                        "timestamp"
                            | "log_level"
                            | "logger"
                            | "reason"
                            | "exception_sources"
                            | "exception_location"
                            | "exception_backtrace"
                    ),
                    _ => false,
                };
                assert!(!(own && theirs), "{key} in {message:?}, {way}");
            }
            assert_eq!(message.task(), messages[0].task());
        }
        let failed = messages.last().unwrap();
        assert_eq!(failed.status(), Some("failed"));
        assert_eq!(failed.get("reason"), &std::fmt::Error.to_string(), "{way}");
        assert_ne!(*failed.get("exception"), MARK, "{way}");
    }
}

#[test]
fn a_field_named_like_a_key_has_an_underscore_more_on_each_line() {
    for (way, messages) in each_way(|| {
        let _order = info_span!("order", task_uuid = "span's").entered();
        info!(
            task_level = "event's",
            task_level_ = "other",
            r#type = "sale",
            "said"
        );
    }) {
        assert_eq!(messages[0].get("task_uuid_"), "span's", "{way}");
        assert_eq!(messages[1].get("task_level_"), "event's", "{way}");
        assert_eq!(messages[1].get("task_level__"), "other", "{way}");
        assert_eq!(messages[1].get("type"), "sale", "{way}");
    }
}

// The same field has the same name on each line, so the closer one shows.
#[test]
fn a_field_named_like_a_failure_is_one_field_wherever_it_is_set() {
    for (way, messages) in each_way_with(
        |layer| layer.field("reason", "of every line"),
        || {
            let _order = info_span!("order", reason = "the span's").entered();
            info!(reason = "the event's", "said");
        },
    ) {
        let said = &messages[1];
        let mut reasons: Vec<_> = said.fields.iter().collect();
        reasons.retain(|(name, _)| name.starts_with("reason"));
        assert_eq!(reasons.len(), 1, "{reasons:?}, {way}");
        assert_eq!(*reasons[0].1, "the event's", "{way}");
    }
}

#[test]
fn two_fields_that_differ_never_meet() {
    let ways = each_way(|| {
        let _order = info_span!("order", reason = 1, exception = 2).entered();
        info!(reason_ = 3, exception_ = 4, "said");
        error!(reason_ = 5, reason = 6, "told");
    });

    for (way, messages) in ways {
        if !way.contains("OfAll") {
            continue;
        }
        let values = |message: &Message| -> Vec<u64> {
            let fields = message.fields.iter();
            let mut values: Vec<_> = fields
                .filter(|(name, _)| name.starts_with("reason") || name.starts_with("exception"))
                .filter_map(|(_, value)| value.as_u64())
                .collect();
            values.sort_unstable();
            values
        };
        assert_eq!(values(&messages[1]), [1, 2, 3, 4], "{way}");
        assert_eq!(values(&messages[2]), [2, 5, 6], "{way}");
    }
}

#[test]
fn a_span_may_have_a_field_called_message() {
    for (way, messages) in each_way_with(
        |layer| layer.field("message", "of every line"),
        || {
            let _order = info_span!("order", message = "the span's").entered();
            info!("text");
            info!(name: "named", "text");
        },
    ) {
        assert_eq!(messages[1].name(), "text", "{way}");
        assert_eq!(messages[2].get("message"), "text", "{way}");
        let start = &messages[0];
        let kept = start.fields.values().any(|value| value == "the span's");
        assert!(kept, "{start:?}, {way}");
    }
}

#[test]
fn names_may_contain_anything() {
    for (way, messages) in each_way_with(
        |layer| layer.field("\"\\\n\0\u{2028}🦀", 1).field("", 2),
        || {
            let _order = info_span!("order", "a \"b\" \\ \n \u{1b}[31m" = 3, "\0" = 4).entered();
            info!(
                "🦀" = 5,
                "\u{2028}" = 6,
                "}" = 7,
                "{" = 8,
                "," = 9,
                ":" = 10,
                "said"
            );
        },
    ) {
        let start = &messages[0];
        assert_eq!(start.get("a \"b\" \\ \n \u{1b}[31m"), 3, "{way}");
        assert_eq!(start.get("\0"), 4, "{way}");
        let said = &messages[1];
        for (name, value) in [
            ("🦀", 5),
            ("\u{2028}", 6),
            ("}", 7),
            ("{", 8),
            (",", 9),
            (":", 10),
        ] {
            assert_eq!(said.get(name), value, "{name:?} {way}");
        }
        for message in &messages {
            assert_eq!(message.get("\"\\\n\0\u{2028}🦀"), 1, "{way}");
            assert_eq!(message.get(""), 2, "{way}");
        }
    }
}
