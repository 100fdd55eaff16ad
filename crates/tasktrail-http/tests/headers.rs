//! Which ids are believed, and what becomes of the others.
#![expect(clippy::unwrap_used, reason = "what goes wrong here fails the test")]

use std::collections::HashMap;

use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};
use tasktrail_http::{Carrier, Format, Headers, Incoming, Why};

const TASK: &str = "192f76ea-915e-4131-95dc-da28c6bcdbb5";
const TRACE: &str = "192f76ea915e413195dcda28c6bcdbb5";
const OTHER: &str = "0af7651916cd43dd8448eb211c80319c";

fn map(headers: &[(&str, &str)]) -> HeaderMap {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
        map.append(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
    }
    map
}

fn extract(headers: &[(&str, &str)]) -> Incoming {
    all().extract(&map(headers))
}

/// All formats, in the order in which they are documented.
fn all() -> Headers {
    Headers::default()
        .remember_positions(100)
        .read_and_write(Format::CorrelationId("X-Correlation-Id"))
        .read_and_write(Format::CorrelationId("X-Request-Id"))
        .read_and_write(Format::Jaeger)
        .read_and_write(Format::B3Single)
        .read_and_write(Format::B3Multi)
}

fn told(incoming: &Incoming) -> Vec<(&str, Why)> {
    let refused = incoming.refused().iter();
    refused
        .map(|refused| (refused.header(), refused.why()))
        .collect()
}

/// The lines of a request that logs once and tells what was refused.
fn lines(mut incoming: Incoming) -> Vec<Value> {
    let refusals = incoming.take_refusals();
    let lines = tasktrail::example::lines(|| {
        incoming.continue_task().run(|| {
            refusals.tell();
            tracing::info!("sold");
        });
    });
    lines
        .iter()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn a_position_continues_the_task() {
    let lines = lines(extract(&[("x-eliot-task-id", &format!("{TASK}@/3/2"))]));

    assert_eq!(lines[0]["task_uuid"], TASK);
    assert_eq!(lines[0]["task_level"], json!([3, 2, 1]));
    assert_eq!(lines[0].get("trace_id"), None);
}

#[test]
fn what_names_only_a_trace_starts_a_task_that_carries_it_on_each_line() {
    let parent = format!("00-{OTHER}-b7ad6b7169203331-01");

    let lines = lines(extract(&[
        ("traceparent", &parent),
        ("tracestate", "congo=t61rcWkgMzE"),
    ]));

    assert_eq!(lines.len(), 3);
    for line in &lines {
        assert_ne!(line["task_uuid"], TASK);
        assert_eq!(line["trace_id"], OTHER);
        assert_eq!(line["parent_span_id"], "b7ad6b7169203331");
        assert_eq!(
            (line.get("tracestate"), line.get("trace_flags")),
            (None, None)
        );
    }
}

#[test]
fn what_names_only_a_request_starts_a_task_that_carries_it_on_each_line() {
    for name in ["Correlation-Id", "X-Correlation-Id", "X-Request-Id"] {
        let lines = lines(extract(&[(name, "order-17")]));

        assert!(
            lines
                .iter()
                .all(|line| line["correlation_id"] == "order-17"),
            "{lines:?}"
        );
    }
}

#[test]
fn a_request_without_ids_starts_a_task_and_tells_nothing() {
    let incoming = extract(&[("accept", "*/*")]);

    assert!(incoming.carried().is_empty());
    assert_eq!(lines(incoming).len(), 3, "a start, a message, an end");
}

#[test]
fn beside_a_position_a_correlation_id_and_another_trace_are_carried() {
    let position = format!("{TASK}@/2");
    let parent = format!("00-{OTHER}-b7ad6b7169203331-01");

    let incoming = extract(&[
        ("x-eliot-task-id", &position),
        ("traceparent", &parent),
        ("correlation-id", "order-17"),
    ]);

    assert_eq!(incoming.position().unwrap().to_string(), position);
    assert_eq!(incoming.carried().get("trace_id"), Some(OTHER));
    assert_eq!(incoming.carried().get("correlation_id"), Some("order-17"));
    assert_eq!(told(&incoming), []);
}

#[test]
fn beside_a_position_the_tasks_own_trace_is_not_carried_but_its_flags_and_state_are() {
    let position = format!("{TASK}@/2");
    let parent = format!("00-{TRACE}-b7ad6b7169203331-00");
    let headers = [
        ("x-eliot-task-id", &*position),
        ("traceparent", &*parent),
        ("tracestate", "a=1"),
    ];
    let format = Headers::default().remember_positions(100);

    let incoming = format.extract(&map(&headers));

    assert_eq!(incoming.carried().get("trace_id"), None);
    assert_eq!(incoming.carried().get("parent_span_id"), None);
    assert_eq!(told(&incoming), []);
    let mut sent = HeaderMap::new();
    tasktrail::example::lines(|| incoming.continue_task().run(|| format.inject(&mut sent)));
    let parent = sent["traceparent"].to_str().unwrap();
    assert!(
        parent.starts_with(&format!("00-{TRACE}-")) && parent.ends_with("-00"),
        "{parent}"
    );
    assert_eq!(sent["tracestate"], "a=1");
}

#[test]
fn the_first_format_of_a_kind_wins_and_another_id_is_told() {
    let w3c = format!("00-{OTHER}-b7ad6b7169203331-01");
    let headers = [
        ("b3", "80f198ee56343ba864fe8b2a57d3eff7-05e3ac9a4f6e3b90-1"),
        ("traceparent", &w3c),
        ("x-request-id", "second"),
        ("correlation-id", "first"),
    ];

    let incoming = extract(&headers);
    assert_eq!(incoming.carried().get("trace_id"), Some(OTHER));
    assert_eq!(incoming.carried().get("correlation_id"), Some("first"));
    let conflicts = [("x-request-id", Why::Conflict), ("b3", Why::Conflict)];
    assert_eq!(told(&incoming), conflicts);

    let other_order = Headers::none()
        .remember_positions(100)
        .read(Format::CorrelationId("x-request-id"))
        .read(Format::B3Single)
        .read(Format::TraceContext)
        .read(Format::CorrelationId("correlation-id"));
    let incoming = other_order.extract(&map(&headers));
    assert_eq!(
        incoming.carried().get("trace_id"),
        Some("80f198ee56343ba864fe8b2a57d3eff7")
    );
    assert_eq!(
        incoming.carried().get("parent_span_id"),
        Some("05e3ac9a4f6e3b90")
    );
    assert_eq!(incoming.carried().get("correlation_id"), Some("second"));
    let conflicts = [
        ("traceparent", Why::Conflict),
        ("correlation-id", Why::Conflict),
    ];
    assert_eq!(told(&incoming), conflicts);
}

#[test]
fn one_trace_in_several_formats_is_no_conflict() {
    let w3c = format!("00-{OTHER}-b7ad6b7169203331-01");
    let jaeger = format!("{}:1:0:1", OTHER.trim_start_matches('0'));
    // The right half, as those write it who have 64 bits alone.
    let b3 = "8448eb211c80319c-05e3ac9a4f6e3b90-1";

    let incoming = extract(&[
        ("traceparent", &w3c),
        ("uber-trace-id", &jaeger),
        ("b3", b3),
    ]);

    assert_eq!(told(&incoming), []);
    assert_eq!(
        incoming.carried().get("parent_span_id"),
        Some("b7ad6b7169203331")
    );
}

#[test]
fn a_header_that_comes_with_two_values_is_refused_and_one_that_is_repeated_is_not() {
    let (first, second) = (format!("{TASK}@/2"), format!("{TASK}@/3"));
    for (name, first, second) in [
        ("x-eliot-task-id", &*first, &*second),
        ("correlation-id", "a", "b"),
        ("uber-trace-id", "1c:2a:0:1", "1d:2a:0:1"),
        ("b3", "0", "1"),
    ] {
        let incoming = extract(&[(name, first), (name, second)]);
        assert_eq!(told(&incoming), [(name, Why::Conflict)]);
        assert!(incoming.position().is_none() && incoming.carried().is_empty());

        let incoming = extract(&[(name, first), (name, first)]);
        assert_eq!(told(&incoming), []);
        assert!(incoming.position().is_some() || !incoming.carried().is_empty());
    }
}

#[test]
fn no_two_requests_share_a_position() {
    let headers = Headers::default().remember_positions(100);
    // The forms of one position: with upper case, without hyphens.
    let forms = [
        format!("{TASK}@/2"),
        format!("{}@/2", TASK.to_uppercase()),
        format!("{TRACE}@/2"),
    ];
    let request = |text: &str| headers.extract(&map(&[("x-eliot-task-id", text)]));

    assert!(request(&forms[0]).position().is_some());
    for form in &forms {
        // A clone is the same headers.
        let incoming = headers.clone().extract(&map(&[("x-eliot-task-id", form)]));

        assert_eq!(incoming.position(), None);
        assert_eq!(told(&incoming), [("x-eliot-task-id", Why::CameBefore)]);
        let lines = lines(incoming);
        assert!(
            lines
                .iter()
                .all(|line| line["trace_id"] == TRACE && line["task_uuid"] != TASK),
            "{lines:?}"
        );
    }
    // The same level of another task, and another level.
    assert!(
        request(&format!("{}@/2", TASK.replace('1', "2")))
            .position()
            .is_some()
    );
    assert!(request(&format!("{TASK}@/3")).position().is_some());
    assert_eq!(headers.refused(), 3);
}

#[test]
fn of_many_requests_at_once_with_one_position_one_continues_it() {
    let headers = Headers::default().remember_positions(100);
    let request = map(&[("x-eliot-task-id", &format!("{TASK}@/2"))]);

    let continued = std::thread::scope(|scope| {
        let ask = || {
            (0..100)
                .filter(|_| headers.extract(&request).position().is_some())
                .count()
        };
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(ask)).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .sum::<usize>()
    });

    assert_eq!(continued, 1);
    assert_eq!(headers.refused(), 799);
}

#[test]
fn a_doubled_position_goes_on_in_the_trace_that_came_with_it() {
    let headers = Headers::default().remember_positions(100);
    let position = format!("{TASK}@/2");
    for trace in [TRACE, OTHER] {
        let parent = format!("00-{trace}-b7ad6b7169203331-01");
        let request = map(&[("x-eliot-task-id", &position), ("traceparent", &parent)]);
        let _ = headers.extract(&request);

        let incoming = headers.extract(&request);

        assert_eq!(incoming.carried().get("trace_id"), Some(trace));
        assert_eq!(
            incoming.carried().get("parent_span_id"),
            Some("b7ad6b7169203331")
        );
        assert_eq!(told(&incoming), [("x-eliot-task-id", Why::CameBefore)]);
    }
}

#[test]
fn with_no_memory_a_position_is_continued_as_often_as_it_comes() {
    let headers = Headers::default()
        .remember_positions(100)
        .remember_positions(0);
    let request = map(&[("x-eliot-task-id", &format!("{TASK}@/2"))]);

    assert!(headers.extract(&request).position().is_some());
    assert!(headers.extract(&request).position().is_some());
}

#[test]
fn what_is_refused_is_counted_and_told_in_one_event_and_appears_nowhere() {
    let long = "EVIL".repeat(33);
    let headers = Headers::default()
        .remember_positions(100)
        .read(Format::Jaeger)
        .read(Format::B3Single);
    let request = map(&[
        ("x-eliot-task-id", "EVIL@/2"),
        ("traceparent", "00-EVIL"),
        ("correlation-id", &long),
        ("uber-trace-id", "EVIL:1:0:1"),
        ("b3", "EVIL\u{e9}"),
    ]);

    let incoming = headers.extract(&request);

    assert_eq!(headers.refused(), 5);
    assert!(incoming.carried().is_empty());
    assert!(!format!("{incoming:?}").contains("EVIL"));
    let lines = lines(incoming);
    assert!(!format!("{lines:?}").contains("EVIL"));
    assert_eq!(
        lines[1]["refused"],
        "x-eliot-task-id (7 bytes): malformed; traceparent (7 bytes): malformed; \
         correlation-id (132 bytes): longer than 128 bytes; uber-trace-id (10 bytes): malformed; \
         b3 (6 bytes): malformed"
    );
    assert_eq!(lines[1]["task_uuid"], lines[0]["task_uuid"]);
    assert_eq!(lines.len(), 4);
}

#[test]
fn an_id_of_free_form_is_1_to_128_visible_ascii_characters() {
    let all: String = ('!'..='~').collect();
    let longest = "x".repeat(128);
    for id in ["a", " a ", &all, &longest] {
        let incoming = extract(&[("x-request-id", id)]);

        assert_eq!(incoming.carried().get("correlation_id"), Some(id.trim()));
    }
    let too_long = "x".repeat(129);
    for (id, why) in [
        ("", Why::Malformed),
        (" ", Why::Malformed),
        ("a b", Why::Malformed),
        ("a\tb", Why::Malformed),
        ("\u{e9}", Why::Malformed),
        (&*too_long, Why::TooLong(128)),
    ] {
        let incoming = extract(&[("x-request-id", id)]);

        assert!(incoming.carried().is_empty(), "{id:?}");
        assert_eq!(told(&incoming), [("x-request-id", why)], "{id:?}");
    }
}

#[test]
fn control_characters_that_no_http_header_can_have_are_refused_in_messages_too() {
    for id in ["a\nb", "a\0", "\u{7f}", "a\r\n", "\u{1b}[31m"] {
        let message = HashMap::from([("X-Request-Id".to_owned(), id.to_owned())]);

        let incoming = all().extract(&message);

        assert_eq!(
            told(&incoming),
            [("x-request-id", Why::Malformed)],
            "{id:?}"
        );
    }
}

#[test]
fn a_bomb_of_headers_is_looked_up_by_name_and_long_values_are_not_read() {
    /// Counts how often values are asked for.
    struct Counting(HeaderMap, std::cell::Cell<usize>);
    impl Carrier for Counting {
        fn values_of<'c>(&'c self, name: &HeaderName) -> impl Iterator<Item = &'c [u8]> {
            let values = self.0.values_of(name);
            values.inspect(|_| self.1.set(self.1.get() + 1))
        }
        fn set(&mut self, _: &HeaderName, _: String) {}
    }
    let mut bomb = HeaderMap::new();
    for number in 0..10_000 {
        let name = HeaderName::try_from(format!("x-{number}")).unwrap();
        bomb.insert(name, HeaderValue::from_static("1"));
    }
    let long = HeaderValue::try_from("0".repeat(1 << 20)).unwrap();
    let names = [
        "x-eliot-task-id",
        "traceparent",
        "correlation-id",
        "uber-trace-id",
        "b3",
        "x-b3-traceid",
    ];
    for name in names {
        for _ in 0..100 {
            bomb.append(name, long.clone());
        }
    }
    let bomb = Counting(bomb, std::cell::Cell::new(0));

    let incoming = all().extract(&bomb);

    let expected = names.map(|name| (name, true));
    let told: Vec<_> = told(&incoming)
        .into_iter()
        .map(|(name, why)| (name, matches!(why, Why::TooLong(_))))
        .collect();
    assert_eq!(told, expected);
    assert!(incoming.carried().is_empty());
    // The first of each, and for three what is said of it.
    assert!(
        bomb.1.get() <= 2 * names.len(),
        "{} values were taken",
        bomb.1.get()
    );
}

#[test]
fn a_long_tracestate_is_not_read() {
    let parent = format!("00-{OTHER}-b7ad6b7169203331-01");
    let mut request = map(&[("traceparent", &parent)]);
    let long = HeaderValue::try_from(format!("a={}", "0".repeat(1 << 20))).unwrap();
    request.append("tracestate", long);

    let incoming = all().extract(&request);

    assert_eq!(told(&incoming), [("tracestate", Why::TooLong(32 * 514))]);
    assert_eq!(incoming.carried().get("trace_id"), Some(OTHER));
}

#[test]
fn a_sender_who_is_not_trusted_is_told_of_by_names_alone() {
    let headers = all();
    let request = map(&[
        ("x-eliot-task-id", &format!("{TASK}@/2")),
        ("traceparent", "00-EVIL"),
        ("x-b3-spanid", "EVIL"),
        ("accept", "*/*"),
    ]);

    let incoming = headers.refuse(&request);

    assert!(incoming.position().is_none() && incoming.carried().is_empty());
    let names = ["x-eliot-task-id", "traceparent", "x-b3-spanid"];
    assert_eq!(told(&incoming), names.map(|name| (name, Why::NotTrusted)));
    assert_eq!(headers.refused(), 3);
    // The position was not continued by that.
    assert!(headers.extract(&request).position().is_some());
}

#[test]
#[should_panic(expected = "expected the name of a header, found \"Correlation Id\"")]
fn a_name_that_no_header_can_have_is_a_mistake_in_the_program() {
    let _ = Headers::none()
        .remember_positions(100)
        .read(Format::CorrelationId("Correlation Id"));
}

#[test]
fn two_servers_of_one_program_continue_a_position_once() {
    let request = map(&[(
        "x-eliot-task-id",
        "7d4c3f4e-9d53-4a8e-8a0c-2f6a3c0f5a11@/4/2",
    )]);
    let (first, second) = (Headers::default(), Headers::default());

    let _continued = first.extract(&request).continue_task();

    let incoming = second.extract(&request);
    assert_eq!(incoming.position(), None);
    assert_eq!(incoming.refused()[0].why(), Why::CameBefore);
    drop(incoming.continue_task());
    // Whoever says how many has a memory of its own.
    let third = Headers::default().remember_positions(1);
    let incoming = third.extract(&request);
    assert!(incoming.position().is_some());
    drop(incoming.continue_task());
}
