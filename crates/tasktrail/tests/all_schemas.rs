//! One program through the layer in each schema: its lines come back as one and the same tree.
#[cfg(test)]
mod support;

use support::Captured;
use tasktrail::record::{Drawing, Record};
use tasktrail::{Actions, JsonLayer, Schema, TaskLayer, fail};
use tracing::field::Empty;
use tracing::{info, info_span, warn};
use tracing_subscriber::layer::SubscriberExt;

/// Runs a small program behind one output, and gives its lines.
#[cfg(test)]
fn lines(schema: Schema) -> String {
    let output = Captured::new();
    let subscriber = tracing_subscriber::registry().with(TaskLayer::new()).with(
        JsonLayer::new(schema)
            .actions(Actions::StartsAndEnds)
            .with_writer(output.clone()),
    );
    tracing::subscriber::with_default(subscriber, || {
        let order = info_span!("order", order_number = 17, shares = Empty).entered();
        info!(price = 12.5, "sold");
        info_span!("bill", customer = "ada \"the first\"").in_scope(|| {
            warn!(unit = "a\nb", "no paper");
            fail(&std::fmt::Error);
        });
        order.record("shares", 100);
    });
    output.text()
}

/// Draws lines, without their times.
#[cfg(test)]
fn outline(schema: Schema, lines: &str) -> String {
    let drawn = Drawing::new().draw_logs([lines.as_bytes()]).unwrap();
    let task = Record::parse(lines.lines().next().unwrap().as_bytes()).unwrap();
    let mut outline = String::new();
    for line in drawn.lines().filter(|line| !line.is_empty()) {
        // A time is a date, the clock, and of a start how long it took.
        let line = line.split_once(" 20").map_or(line, |(name, _)| name);
        outline += &line.replace(task.task().unwrap(), "TASK");
        outline.push('\n');
    }
    match schema {
        // What no other schema has among the fields.
        Schema::Eliot => lines_without(&outline, &["log_level: ", "logger: "]),
        // As Python prints it: a list of lines, of which the last has the error's text, too.
        Schema::LogstashV0 | Schema::LogstashV1 => outline.replace(PYTHONS_EXCEPTION, EXCEPTION),
        _ => outline,
    }
}

#[cfg(test)]
fn lines_without(outline: &str, keys: &[&str]) -> String {
    let is_kept = |line: &&str| !keys.iter().any(|key| line.contains(key));
    let kept = outline.lines().filter(is_kept);
    kept.map(|line| format!("{line}\n")).collect()
}

const EXCEPTION: &str = "exception: core::fmt::Error\n";
const PYTHONS_EXCEPTION: &str = "exception: 
    │       │   └── 0: core::fmt::Error: an error occurred when formatting an argument…
";

const TREE: &str = "\
TASK
└── order/1 ⇒ started
    ├── order_number: 17
    ├── sold/2
    │   └── price: 12.5
    ├── bill/3/1 ⇒ started
    │   ├── customer: ada \"the first\"
    │   ├── no paper/3/2
    │   │   └── unit: a…
    │   └── bill/3/3 ⇒ failed
    │       ├── exception: core::fmt::Error
    │       └── reason: an error occurred when formatting an argument
    └── order/4 ⇒ succeeded
        └── shares: 100
";

#[test]
fn the_lines_of_each_schema_are_drawn_as_one_tree() {
    for schema in Schema::ALL {
        let lines = lines(schema);

        for line in lines.lines() {
            let record = Record::parse(line.as_bytes()).unwrap();
            assert_eq!(record.schema(), schema, "{line}");
            assert_eq!(record.repeated_keys(), 0, "{line}");
        }
        assert_eq!(outline(schema, &lines), TREE, "{schema}");
    }
}

#[test]
fn a_value_that_gelf_does_not_know_is_a_text_and_a_typed_one_for_opentelemetry() {
    let written = |layer: JsonLayer| {
        let output = Captured::new();
        let layer = layer.field("pair", serde_json::json!([1, true]));
        let subscriber = tracing_subscriber::registry().with(layer.with_writer(output.clone()));
        tracing::subscriber::with_default(subscriber, || {
            info!(
                paid = true,
                nothing = f64::NAN,
                wide = u128::MAX,
                { "unit price" } = 3
            );
        });
        output.text()
    };

    let gelf = written(JsonLayer::gelf());
    let open_telemetry = written(JsonLayer::open_telemetry());

    let wide = "340282366920938463463374607431768211455";
    let expected = format!(
        r#""_pair":"[1,true]","_paid":"true","_nothing":"null","_wide":"{wide}","_unit_x0020_price":3}}"#
    );
    assert!(gelf.trim_end().ends_with(&expected), "{gelf}");
    let expected = format!(
        r#"{{"key":"pair","value":{{"arrayValue":{{"values":[{{"intValue":"1"}},{{"boolValue":true}}]}}}}}},{{"key":"paid","value":{{"boolValue":true}}}},{{"key":"nothing","value":{{}}}},{{"key":"wide","value":{{"stringValue":"{wide}"}}}},{{"key":"unit price","value":{{"intValue":"3"}}}}]}}"#
    );
    assert!(
        open_telemetry.trim_end().ends_with(&expected),
        "{open_telemetry}"
    );
}
