//! `uber-trace-id`, by Jaeger's "Propagation Format"
//! (<https://www.jaegertracing.io/docs/1.17/client-libraries/#propagation-format>).

use std::collections::HashMap;

use tasktrail_http::{Format, Headers, Incoming, Why};

fn read(value: &str) -> Incoming {
    let request = HashMap::from([("uber-trace-id".to_owned(), value.to_owned())]);
    Headers::none()
        .remember_positions(100)
        .read(Format::Jaeger)
        .extract(&request)
}

/// What is written, in all formats that name a trace, by the task of a request.
fn sent(value: &str) -> HashMap<String, String> {
    let headers = Headers::none()
        .remember_positions(100)
        .write(Format::Jaeger)
        .write(Format::TraceContext)
        .write(Format::B3Single);
    let mut sent = HashMap::new();
    tasktrail::example::lines(|| {
        read(value)
            .continue_task()
            .run(|| headers.inject(&mut sent))
    });
    sent
}

#[test]
fn a_trace_and_its_parent_are_carried_as_they_came() {
    for (value, id, parent) in [
        // "64-bit or 128-bit random number in base16 format"
        (
            "4c482a9866071599:7fce86b544364257:4c482a9866071599:1",
            "4c482a9866071599",
            "7fce86b544364257",
        ),
        (
            "463ac35c9f6413ad48485a3953bb6124:a2fb4a1d1a96d312:0:1",
            "463ac35c9f6413ad48485a3953bb6124",
            "a2fb4a1d1a96d312",
        ),
        // "Can be variable length, shorter values are 0-padded on the left"
        ("1c:2a:0:1", "1c", "000000000000002a"),
        (
            "00000000000000000000000000000001:1:0:01",
            "00000000000000000000000000000001",
            "0000000000000001",
        ),
        // Base 16 has two cases; clients that encode URLs write the colon so.
        (
            "4C482A9866071599:7FCE86B544364257:0:1",
            "4c482a9866071599",
            "7fce86b544364257",
        ),
        (
            "4c482a9866071599%3A7fce86b544364257%3a0%3A1",
            "4c482a9866071599",
            "7fce86b544364257",
        ),
        (" 1c:2a:0:1\t", "1c", "000000000000002a"),
    ] {
        let incoming = read(value);

        assert_eq!(incoming.refused(), [], "{value}");
        assert_eq!(incoming.carried().get("trace_id"), Some(id), "{value}");
        assert_eq!(
            incoming.carried().get("parent_span_id"),
            Some(parent),
            "{value}"
        );
        let sent = sent(value);
        assert!(
            sent["uber-trace-id"].starts_with(&format!("{id}:")),
            "{sent:?}"
        );
    }
}

#[test]
fn what_is_none_is_refused() {
    for value in [
        "",
        "1c",
        "1c:2a",
        "1c:2a:0",
        "1c:2a:0:1:1",
        // "Value of 0 is invalid"
        "0:2a:0:1",
        "00000000000000000000000000000000:2a:0:1",
        "1c:0:0:1",
        ":2a:0:1",
        "1c::0:1",
        "1c:2a::1",
        "1c:2a:0:",
        "g:2a:0:1",
        "1c:g:0:1",
        "1c:2a:g:1",
        "1c:2a:0:g",
        "463ac35c9f6413ad48485a3953bb61240:2a:0:1",
        "1c:a2fb4a1d1a96d3120:0:1",
        "1c:2a:a2fb4a1d1a96d3120:1",
        "1c:2a:0:001",
        "1c%2A2a:0:1",
        "1c%3",
        "-1c:2a:0:1",
        "+1c:2a:0:1",
    ] {
        let incoming = read(value);

        assert_eq!(incoming.carried().get("trace_id"), None, "{value}");
        assert_eq!(incoming.refused()[0].why(), Why::Malformed, "{value}");
    }
}

#[test]
fn sampled_and_debug_are_passed_on() {
    // "Bit 1 (right-most, least significant) is “sampled” flag", "Bit 2 is “debug” flag", which
    // implies the first; others are not passed on.
    for (came, goes, w3c, b3) in [
        ("0", "0", "00", "-0"),
        ("1", "1", "01", "-1"),
        ("3", "3", "01", "-d"),
        ("03", "3", "01", "-d"),
        ("ff", "3", "01", "-d"),
        ("c", "0", "00", "-0"),
    ] {
        let sent = sent(&format!("1c:2a:0:{came}"));

        let span = sent["uber-trace-id"].split(':').nth(1).unwrap();
        assert_eq!(sent["uber-trace-id"], format!("1c:{span}:0:{goes}"));
        assert_eq!(
            sent["traceparent"],
            format!("00-{:0>32}-{span}-{w3c}", "1c")
        );
        assert_eq!(sent["b3"], format!("{:0>16}-{span}{b3}", "1c"));
    }
}
