//! The keys of each schema, their order and their types.
#[cfg(test)]
mod support;

use serde_json::{Value, json};
use support::{Captured, Message, assert_complete, drawing, keys};
use tasktrail::{Actions, JsonLayer, SpanFields, TaskLayer, fail};
use tracing::field::Empty;
use tracing::{Level, debug, error, event, info, info_span, trace, warn};
use tracing_subscriber::layer::SubscriberExt;

/// Runs `f` behind one output, and gives its lines.
#[cfg(test)]
fn lines(layer: JsonLayer, f: impl FnOnce()) -> Vec<String> {
    let output = Captured::new();
    let subscriber = tracing_subscriber::registry()
        .with(TaskLayer::new())
        .with(layer.with_writer(output.clone()));
    tracing::subscriber::with_default(subscriber, f);
    output.lines()
}

/// Logs each kind of message once.
#[cfg(test)]
fn program() {
    info_span!("order", id = 7, shares = Empty).in_scope(|| {
        tracing::Span::current().record("shares", 100);
        info!(price = 12.5, "sold");
        info!(name: "bill", price = 12.5, "sent");
        info!(price = 12.5);
    });
    info_span!("refund", id = 8, shares = Empty).in_scope(|| {
        tracing::Span::current().record("shares", 5);
        fail(&std::fmt::Error);
    });
}

#[test]
fn eliots_keys_stand_in_eliots_order() {
    let lines = lines(JsonLayer::eliot().field("service", "shop"), program);

    let start = "id action_status timestamp task_uuid action_type task_level service";
    let expected = [
        start,
        "price log_level logger timestamp task_uuid task_level message_type service",
        "price message log_level logger timestamp task_uuid task_level message_type service",
        "price log_level logger timestamp task_uuid task_level message_type service",
        "shares action_status timestamp task_uuid action_type task_level service",
        start,
        "shares exception reason action_status timestamp task_uuid action_type task_level service",
    ];
    let found: Vec<_> = lines.iter().map(|line| keys(line).join(" ")).collect();
    assert_eq!(found, expected);
}

/// The order in which `logstash_formatter` writes what stands in front of the extras.
const RECORD: &str = "@timestamp @version source_host name args levelname levelno pathname \
    filename module stack_info lineno funcName created msecs relativeCreated thread threadName \
    processName process";

#[test]
fn logstashs_keys_stand_in_logstashs_order() {
    let lines = lines(JsonLayer::logstash().field("service", "shop"), program);

    let task = "task_uuid task_level";
    let expected = [
        format!("id {task} action_type action_status message"),
        format!("id shares price {task} message"),
        format!("id shares price message_type {task} message"),
        format!("id shares price {task} message"),
        format!("id shares {task} action_type action_status message"),
        format!("id {task} action_type action_status message"),
        format!("id shares reason {task} action_type action_status message exception"),
    ];
    let found: Vec<_> = lines.iter().map(|line| keys(line).join(" ")).collect();
    let expected = expected.map(|extras| format!("service {RECORD} {extras}"));
    assert_eq!(found, expected);
}

#[test]
fn version_0_has_the_keys_of_a_line_that_logstash_formatter_wrote() {
    let folder = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/conformance/logstash"
    );
    let golden = std::fs::read_to_string(format!("{folder}/v0.jsonl")).unwrap();
    let original = golden.lines().next().unwrap();

    let lines = lines(JsonLayer::logstash_v0(), program);

    // Only the original has white space, and none of it is in a key.
    let within = |line: &str| {
        let line = line.replace(": ", ":").replace(", ", ",");
        let (_, within) = line.split_once("\"@fields\":").unwrap();
        keys(within.strip_suffix('}').unwrap())
    };
    let theirs = within(original);
    assert_eq!(keys(original).len(), 4);
    for ours in &lines {
        assert_eq!(keys(ours), keys(original));
        assert_eq!(within(ours)[..theirs.len()], theirs);
    }
}

#[test]
fn our_record_is_in_the_order_of_a_line_that_logstash_formatter_wrote() {
    let folder = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/conformance/logstash"
    );
    let golden = std::fs::read_to_string(format!("{folder}/v1.jsonl")).unwrap();

    let line = golden.lines().next().unwrap();

    let original = keys(line);
    assert_eq!(
        original[..20].join(" "),
        RECORD.split_whitespace().collect::<Vec<_>>().join(" ")
    );
}

#[test]
fn eliots_values_have_eliots_types() {
    let before = seconds();
    let messages = read(&lines(JsonLayer::eliot(), program));
    let after = seconds();

    for message in &messages {
        let time = message.get("timestamp").as_f64().unwrap();
        assert!(before <= time && time <= after, "{before} {time} {after}");
    }
    assert_eq!(messages[0].get("action_type"), "order");
    assert_eq!(messages[0].get("id"), 7);
    assert_eq!(messages[1].get("message_type"), "sold");
    assert_eq!(messages[1].get("log_level"), "INFO");
    assert_eq!(messages[1].get("logger"), module_path!());
    assert_eq!(messages[2].get("message_type"), "bill");
    assert_eq!(messages[2].get("message"), "sent");
    assert_eq!(messages[3].get("message_type"), module_path!());
    assert_complete(&messages);
}

#[cfg(test)]
fn seconds() -> f64 {
    let now = std::time::SystemTime::now();
    let since = now.duration_since(std::time::UNIX_EPOCH).unwrap();
    // Timestamps are cut to microseconds.
    since.as_micros() as f64 / 1e6
}

#[cfg(test)]
fn read(lines: &[String]) -> Vec<Message> {
    lines.iter().map(|line| Message::read(line)).collect()
}

#[test]
fn logstashs_values_have_pythons_types() {
    let before = seconds();
    let thread = std::thread::Builder::new().name("trader".to_owned());
    let lines = thread
        .spawn(|| lines(JsonLayer::logstash(), program))
        .unwrap()
        .join()
        .unwrap();

    let after = seconds();
    let messages = read(&lines);
    let sold = &messages[1];
    let created = sold.get("created").as_f64().unwrap();
    assert!(before <= created && created <= after);
    assert!(lines[1].contains(r#""@version":1,"#));
    let time = sold.get("@timestamp").as_str().unwrap();
    assert_eq!(time.len(), "2026-11-22T04:39:32.641Z".len(), "{time}");
    let milliseconds = sold.get("msecs").as_f64().unwrap();
    assert_eq!(milliseconds.fract(), 0.0);
    assert_eq!(format!("{milliseconds:03}Z"), time[20..]);
    assert!(sold.get("relativeCreated").is_f64());
    assert_eq!(*sold.get("args"), json!([]));
    assert_eq!(*sold.get("stack_info"), Value::Null);
    assert_eq!(sold.get("name"), module_path!());
    assert_eq!(sold.get("module"), module_path!());
    assert_eq!(sold.get("pathname"), file!());
    assert_eq!(sold.get("filename"), "schemas.rs");
    assert_eq!(sold.get("funcName"), "order");
    assert_eq!(sold.get("threadName"), "trader");
    assert_eq!(sold.get("process"), std::process::id());
    assert!(sold.get("lineno").as_u64().unwrap() > 20);
    assert!(sold.get("thread").is_u64());
    assert!(sold.get("source_host").is_string());
    assert!(
        sold.get("processName")
            .as_str()
            .unwrap()
            .starts_with("schemas")
    );
    assert_eq!(sold.get("message"), "sold");
    assert_eq!(messages[2].get("message"), "sent");
    assert_eq!(messages[2].get("message_type"), "bill");
    assert_eq!(messages[3].get("message"), module_path!());
    assert_eq!(messages[0].get("message"), "order started");
    assert_eq!(messages[4].get("message"), "order succeeded");
    assert_eq!(messages[6].get("message"), "refund failed");
    assert!(messages[6].get("exception").is_array());
    assert_complete(&messages);
}

#[test]
fn severities_have_pythons_names_and_numbers() {
    let program = || {
        trace!("");
        debug!("");
        info!("");
        warn!("");
        error!("");
    };
    let names = ["TRACE", "DEBUG", "INFO", "WARNING", "ERROR"];

    let logstash = read(&lines(JsonLayer::logstash(), program));
    let eliot = read(&lines(JsonLayer::eliot(), program));

    for (at, number) in [5, 10, 20, 30, 40].into_iter().enumerate() {
        assert_eq!(logstash[at].get("levelname"), names[at]);
        assert_eq!(logstash[at].get("levelno"), number);
        assert_eq!(eliot[at].get("log_level"), names[at]);
    }
}

#[test]
fn severities_have_the_names_and_numbers_of_each_schema() {
    let program = || {
        trace!("");
        debug!("");
        info!("");
        warn!("");
        error!("");
    };
    let names = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR"];
    let google = ["DEBUG", "DEBUG", "INFO", "WARNING", "ERROR"];
    for (layer, key, expected) in [
        (JsonLayer::logback(), "level", names.map(Value::from)),
        (
            JsonLayer::logback(),
            "level_value",
            [5000, 10000, 20000, 30000, 40000].map(Value::from),
        ),
        (JsonLayer::ecs(), "log.level", names.map(Value::from)),
        (JsonLayer::gelf(), "level", [7, 7, 6, 4, 3].map(Value::from)),
        (
            JsonLayer::bunyan(),
            "level",
            [10, 20, 30, 40, 50].map(Value::from),
        ),
        (
            JsonLayer::google_cloud(),
            "severity",
            google.map(Value::from),
        ),
        (
            JsonLayer::open_telemetry(),
            "severityNumber",
            [1, 5, 9, 13, 17].map(Value::from),
        ),
        (
            JsonLayer::open_telemetry(),
            "severityText",
            names.map(Value::from),
        ),
        (JsonLayer::tracing(), "level", names.map(Value::from)),
    ] {
        let messages = read(&lines(layer, program));

        let found: Vec<_> = messages.iter().map(|message| message.get(key)).collect();
        assert_eq!(found, expected.iter().collect::<Vec<_>>(), "{key}");
    }
}

#[test]
fn the_lines_of_one_action_have_one_span_id_and_an_event_alone_has_none() {
    let program = || {
        info_span!("order").in_scope(|| {
            info!("sold");
            info_span!("bill").in_scope(|| info!("sent"));
        });
        info!("alone");
    };
    for (layer, key) in [
        (JsonLayer::open_telemetry(), "spanId"),
        (JsonLayer::google_cloud(), "logging.googleapis.com/spanId"),
    ] {
        let lines = lines(layer, program);

        let messages = read(&lines);
        let id = |at: usize| messages[at].get(key).as_str().unwrap();
        let (order, bill) = ([id(0), id(1), id(5)], [id(2), id(3), id(4)]);
        assert!(order.iter().all(|id| *id == order[0]), "{lines:?}");
        assert!(bill.iter().all(|id| *id == bill[0]), "{lines:?}");
        assert_ne!(order[0], bill[0]);
        assert_eq!(order[0].len(), 16);
        assert!(order[0].bytes().all(|byte| byte.is_ascii_hexdigit()));
        assert!(!messages[6].has(key));
    }
}

#[test]
fn an_empty_text_is_a_text() {
    let eliot = read(&lines(JsonLayer::eliot(), || info!(n = 1, "")));
    let logstash = read(&lines(JsonLayer::logstash(), || info!(n = 1, "")));

    assert_eq!(eliot[0].get("message_type"), "");
    assert_eq!(logstash[0].get("message"), "");
}

#[test]
fn an_event_that_the_program_named_is_called_so() {
    let program = || {
        event!(name: "priced \"high\"\n", Level::INFO, price = 3);
        event!(name: "event horizon", Level::INFO, "crossed");
    };

    let eliot = read(&lines(JsonLayer::eliot(), program));
    let logstash = read(&lines(JsonLayer::logstash(), program));

    assert_eq!(eliot[0].get("message_type"), "priced \"high\"\n");
    assert!(!eliot[0].has("message"));
    assert_eq!(logstash[0].get("message"), "priced \"high\"\n");
    assert_eq!(eliot[1].get("message_type"), "event horizon");
    assert_eq!(eliot[1].get("message"), "crossed");
}

#[test]
fn an_output_shows_starts_and_ends_as_it_is_told_and_counts_them_all_the_same() {
    let program = || {
        let _order = info_span!("order").entered();
        info!("received");
        info_span!("price").in_scope(|| info!("looked up"));
    };
    let drawn = |which| {
        for layer in [JsonLayer::eliot, JsonLayer::logstash] {
            let drawn = drawing(&read(&lines(layer().actions(which), program)));
            assert_eq!(drawn, expected(which), "{which:?}");
        }
    };
    fn expected(which: Actions) -> &'static str {
        match which {
            Actions::StartsAndEnds => {
                "\
order /1 started
  received /2
  price /3/1 started
    looked up /3/2
  price /3/3 succeeded
order /4 succeeded
"
            }
            Actions::Ends => {
                "  received /2
    looked up /3/2
  price /3/3 succeeded
order /4 succeeded
"
            }
            Actions::Neither => "  received /2\n    looked up /3/2\n",
        }
    }

    for which in [Actions::StartsAndEnds, Actions::Ends, Actions::Neither] {
        drawn(which);
    }
}

#[test]
fn both_schemas_show_span_fields_on_all_lines_or_where_they_are_set() {
    let program = || {
        let order = info_span!("order", id = 7, shares = Empty).entered();
        order.record("shares", 100);
        info!(price = 12.5, "sold");
    };
    for layer in [JsonLayer::eliot, JsonLayer::logstash] {
        let all = read(&lines(layer().span_fields(SpanFields::OfAllSpans), program));
        let set = read(&lines(
            layer().span_fields(SpanFields::WhereTheyAreSet),
            program,
        ));

        let has = |message: &Message| ["id", "shares", "price"].map(|name| message.has(name));
        let has = |messages: &[Message]| messages.iter().map(has).collect::<Vec<_>>();
        assert_eq!(
            has(&all),
            [
                [true, false, false],
                [true, true, true],
                [true, true, false]
            ]
        );
        assert_eq!(
            has(&set),
            [
                [true, false, false],
                [false, false, true],
                [false, true, false]
            ]
        );
    }
}

#[test]
fn an_output_without_a_task_layer_shows_events_without_a_task() {
    for (layer, name) in [
        (JsonLayer::eliot(), "message_type"),
        (JsonLayer::logstash(), "message"),
    ] {
        let output = Captured::new();
        let subscriber = tracing_subscriber::registry().with(layer.with_writer(output.clone()));

        tracing::subscriber::with_default(subscriber, || {
            let _order = info_span!("order", id = 7).entered();
            info!(price = 3, "sold");
        });

        let messages = output.messages();
        assert_eq!(messages.len(), 1);
        assert_eq!(messages[0].get(name), "sold");
        assert_eq!(messages[0].get("price"), 3);
        assert!(!messages[0].has("task_uuid") && !messages[0].has("task_level"));
    }
}
