//! `b3` and `x-b3-…`, by <https://github.com/openzipkin/b3-propagation>.

use std::collections::HashMap;

use tasktrail_http::{Format, Headers, Incoming, Why};

fn map(headers: &[(&str, &str)]) -> HashMap<String, String> {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    headers.iter().map(owned).collect()
}

fn read(headers: &[(&str, &str)]) -> Incoming {
    let format = Headers::none()
        .remember_positions(100)
        .read(Format::B3Single)
        .read(Format::B3Multi);
    format.extract(&map(headers))
}

fn sent(headers: &[(&str, &str)]) -> HashMap<String, String> {
    let format = Headers::none()
        .remember_positions(100)
        .write(Format::B3Single)
        .write(Format::B3Multi)
        .write(Format::TraceContext)
        .write(Format::Jaeger);
    let mut sent = HashMap::new();
    tasktrail::example::lines(|| {
        read(headers)
            .continue_task()
            .run(|| format.inject(&mut sent))
    });
    sent
}

fn told(incoming: &Incoming) -> Vec<(&str, Why)> {
    let refused = incoming.refused().iter();
    refused
        .map(|refused| (refused.header(), refused.why()))
        .collect()
}

const LONG: &str = "80f198ee56343ba864fe8b2a57d3eff7";
const SHORT: &str = "64fe8b2a57d3eff7";
const SPAN: &str = "05e3ac9a4f6e3b90";

#[test]
fn one_header_names_a_trace_and_its_parent() {
    // "Single Header" and its parts; then what "the last two fields are optional" allows.
    for (value, id) in [
        (
            "80f198ee56343ba864fe8b2a57d3eff7-05e3ac9a4f6e3b90-1-e457b5a2e4d86bd1",
            LONG,
        ),
        ("80f198ee56343ba864fe8b2a57d3eff7-05e3ac9a4f6e3b90-1", LONG),
        ("80f198ee56343ba864fe8b2a57d3eff7-05e3ac9a4f6e3b90-d", LONG),
        ("80f198ee56343ba864fe8b2a57d3eff7-05e3ac9a4f6e3b90-0", LONG),
        ("80f198ee56343ba864fe8b2a57d3eff7-05e3ac9a4f6e3b90", LONG),
        (
            "80f198ee56343ba864fe8b2a57d3eff7-05e3ac9a4f6e3b90-e457b5a2e4d86bd1",
            LONG,
        ),
        ("64fe8b2a57d3eff7-05e3ac9a4f6e3b90-1", SHORT),
    ] {
        let incoming = read(&[("b3", value)]);

        assert_eq!(told(&incoming), [], "{value}");
        assert_eq!(incoming.carried().get("trace_id"), Some(id), "{value}");
        assert_eq!(
            incoming.carried().get("parent_span_id"),
            Some(SPAN),
            "{value}"
        );
    }
}

#[test]
fn several_headers_name_a_trace_and_its_parent() {
    // "Multiple Headers": TraceId, SpanId, ParentSpanId, Sampling State
    let incoming = read(&[
        ("X-B3-TraceId", "463ac35c9f6413ad48485a3953bb6124"),
        ("X-B3-SpanId", "a2fb4a1d1a96d312"),
        ("X-B3-ParentSpanId", "0020000000000001"),
        ("X-B3-Sampled", "1"),
    ]);

    assert_eq!(told(&incoming), []);
    assert_eq!(
        incoming.carried().get("trace_id"),
        Some("463ac35c9f6413ad48485a3953bb6124")
    );
    assert_eq!(
        incoming.carried().get("parent_span_id"),
        Some("a2fb4a1d1a96d312")
    );
}

#[test]
fn what_is_no_b3_is_refused() {
    for value in [
        "",
        "2",
        "D",
        "true",
        "-",
        LONG,
        "80f198ee56343ba864fe8b2a57d3eff7-",
        "80f198ee56343ba864fe8b2a57d3eff7-05e3ac9a4f6e3b9",
        "80f198ee56343ba864fe8b2a57d3eff-05e3ac9a4f6e3b90",
        "80f198ee56343ba864fe8b2a57d3eff70-05e3ac9a4f6e3b90",
        "80F198EE56343BA864FE8B2A57D3EFF7-05e3ac9a4f6e3b90",
        "80f198ee56343ba864fe8b2a57d3eff7-05E3AC9A4F6E3B90",
        "00000000000000000000000000000000-05e3ac9a4f6e3b90",
        "0000000000000000-05e3ac9a4f6e3b90",
        "80f198ee56343ba864fe8b2a57d3eff7-0000000000000000",
        "80f198ee56343ba864fe8b2a57d3eff7-05e3ac9a4f6e3b90-2",
        "80f198ee56343ba864fe8b2a57d3eff7-05e3ac9a4f6e3b90-",
        "80f198ee56343ba864fe8b2a57d3eff7-05e3ac9a4f6e3b90-1-",
        "80f198ee56343ba864fe8b2a57d3eff7-05e3ac9a4f6e3b90-1-e457b5a2e4d86bd",
        "80f198ee56343ba864fe8b2a57d3eff7-05e3ac9a4f6e3b90-1-e457b5a2e4d86bd1-",
        "80f198ee56343ba864fe8b2a57d3eff7-05e3ac9a4f6e3b90-e457b5a2e4d86bd1-1",
    ] {
        let incoming = read(&[("b3", value)]);

        assert_eq!(told(&incoming), [("b3", Why::Malformed)], "{value}");
        assert!(incoming.carried().is_empty(), "{value}");
    }
}

#[test]
fn a_trace_without_a_span_and_a_span_without_a_trace_are_incomplete() {
    let incoming = read(&[("x-b3-traceid", LONG), ("x-b3-sampled", "1")]);
    assert_eq!(told(&incoming), [("x-b3-traceid", Why::Incomplete)]);
    assert!(incoming.carried().is_empty());

    let incoming = read(&[("x-b3-spanid", SPAN)]);
    assert_eq!(told(&incoming), [("x-b3-spanid", Why::Incomplete)]);

    let incoming = read(&[("x-b3-traceid", LONG), ("x-b3-spanid", "05e3")]);
    let expected = [
        ("x-b3-spanid", Why::Malformed),
        ("x-b3-traceid", Why::Incomplete),
    ];
    assert_eq!(told(&incoming), expected);
}

#[test]
fn the_single_header_takes_precedence_where_it_comes_first() {
    // "The single-header variant takes precedence over the multiple header one when extracting
    // fields."
    let other = [
        ("x-b3-traceid", "463ac35c9f6413ad48485a3953bb6124"),
        ("x-b3-spanid", "a2fb4a1d1a96d312"),
    ];
    let single = format!("{LONG}-{SPAN}-1");

    let incoming = read(&[&[("b3", single.as_str())], &other[..]].concat());

    assert_eq!(incoming.carried().get("trace_id"), Some(LONG));
    assert_eq!(told(&incoming), [("x-b3-traceid", Why::Conflict)]);
}

#[test]
fn the_sampling_state_is_passed_on_and_what_is_deferred_stays_so() {
    let ids = format!("{LONG}-{SPAN}");
    // "Sampling State": Defer, Deny, Accept, Debug
    for (came, single, sampled, flags, w3c, jaeger) in [
        ("", "", None, None, "00", "0"),
        ("-0", "-0", Some("0"), None, "00", "0"),
        ("-1", "-1", Some("1"), None, "01", "1"),
        // "Debug implies an accept decision, so don't also send the X-B3-Sampled header."
        ("-d", "-d", None, Some("1"), "01", "3"),
    ] {
        let sent = sent(&[("b3", &format!("{ids}{came}"))]);

        let span = sent["x-b3-spanid"].as_str();
        assert_ne!(span, SPAN);
        assert_eq!(sent["b3"], format!("{LONG}-{span}{single}"));
        assert_eq!(sent["x-b3-traceid"], LONG);
        assert_eq!(sent.get("x-b3-sampled").map(String::as_str), sampled);
        assert_eq!(sent.get("x-b3-flags").map(String::as_str), flags);
        assert_eq!(sent["traceparent"], format!("00-{LONG}-{span}-{w3c}"));
        assert_eq!(sent["uber-trace-id"], format!("{LONG}:{span}:0:{jaeger}"));
    }
}

#[test]
fn several_headers_tell_the_sampling_state_too() {
    let ids = [("x-b3-traceid", LONG), ("x-b3-spanid", SPAN)];
    for (state, single) in [
        (("x-b3-sampled", "0"), "-0"),
        (("x-b3-sampled", "1"), "-1"),
        // "a lenient implementation may accept them"
        (("x-b3-sampled", "false"), "-0"),
        (("x-b3-sampled", "true"), "-1"),
        (("x-b3-flags", "1"), "-d"),
        (("x-b3-flags", "0"), ""),
    ] {
        let sent = sent(&[&ids[..], &[state]].concat());

        assert!(
            sent["b3"].ends_with(&format!("{}{single}", sent["x-b3-spanid"])),
            "{state:?}: {sent:?}"
        );
    }
    let incoming = read(&[&ids[..], &[("x-b3-sampled", "yes")]].concat());
    assert_eq!(told(&incoming), [("x-b3-sampled", Why::Malformed)]);
    assert_eq!(incoming.carried().get("trace_id"), Some(LONG));
}

#[test]
fn a_decision_without_ids_counts_for_the_trace_that_starts_here() {
    // "When only propagating a sampling decision, the header is still named b3"
    for (headers, flag, b3) in [
        ([("b3", "0")], "02", "-0"),
        ([("b3", "1")], "03", "-1"),
        ([("b3", "d")], "03", "-d"),
        ([("x-b3-sampled", "0")], "02", "-0"),
        ([("x-b3-flags", "1")], "03", "-d"),
    ] {
        let incoming = read(&headers);
        assert_eq!(told(&incoming), [], "{headers:?}");
        assert_eq!(incoming.carried().get("trace_id"), None);

        let sent = sent(&headers);
        assert!(
            sent["traceparent"].ends_with(&format!("-{flag}")),
            "{headers:?}: {sent:?}"
        );
        assert!(sent["b3"].ends_with(b3), "{headers:?}: {sent:?}");
    }
}

#[test]
fn a_short_id_stays_short_and_gets_zeros_on_the_left_where_it_must_be_long() {
    // W3C Trace Context level 2, "Interoperating with existing systems which use shorter
    // identifiers"
    let sent = sent(&[("b3", &format!("{SHORT}-{SPAN}-1"))]);

    let span = sent["x-b3-spanid"].as_str();
    assert_eq!(sent["b3"], format!("{SHORT}-{span}-1"));
    assert_eq!(sent["x-b3-traceid"], SHORT);
    assert_eq!(sent["uber-trace-id"], format!("{SHORT}:{span}:0:1"));
    assert_eq!(
        sent["traceparent"],
        format!("00-0000000000000000{SHORT}-{span}-01")
    );
}
