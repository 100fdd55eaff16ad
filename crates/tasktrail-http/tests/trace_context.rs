//! `traceparent` and `tracestate` by the rules of W3C Trace Context, level 2.
//!
//! The cases are those of the recommendation (<https://www.w3.org/TR/trace-context-2/>) and of its
//! test suite (<https://github.com/w3c/trace-context/blob/main/test/test.py>), under the suite's
//! names.
#![expect(clippy::unwrap_used, reason = "what goes wrong here fails the test")]

use http::{HeaderMap, HeaderName, HeaderValue};
use tasktrail_http::{Format, Headers, Why};

/// A service of the test suite: it gets a request and sends others on, whose headers come back.
fn requests(format: &Headers, headers: &[(&str, &str)], count: usize) -> Vec<HeaderMap> {
    let mut sent = vec![HeaderMap::new(); count];
    let incoming = format.extract(&map(headers));
    tasktrail::example::lines(|| {
        incoming.continue_task().run(|| {
            for headers in &mut sent {
                format.inject(headers);
            }
        });
    });
    sent
}

fn map(headers: &[(&str, &str)]) -> HeaderMap {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
        map.append(name, HeaderValue::from_str(value).unwrap());
    }
    map
}

/// The `traceparent` and the `tracestate` that a service sends on.
fn sent(headers: &[(&str, &str)]) -> (String, Option<String>) {
    let sent = requests(&Headers::default().remember_positions(100), headers, 1).remove(0);
    let text = |name| Some(sent.get(name)?.to_str().unwrap().to_owned());
    (text("traceparent").unwrap(), text("tracestate"))
}

const ID: &str = "12345678901234567890123456789012";
const PARENT: (&str, &str) = (
    "traceparent",
    "00-12345678901234567890123456789012-1234567890123456-00",
);

/// The `tracestate` that a service sends on with a valid trace.
fn state(values: &[&str]) -> Option<String> {
    let mut headers = vec![PARENT];
    headers.extend(values.iter().map(|value| ("tracestate", *value)));
    let (parent, state) = sent(&headers);
    assert!(
        parent.starts_with(&format!("00-{ID}-")),
        "a tracestate never harms the trace"
    );
    state
}

#[test]
fn both_traceparent_and_tracestate_missing() {
    let (parent, state) = sent(&[]);

    let [version, id, span, flags]: [&str; 4] =
        parent.split('-').collect::<Vec<_>>().try_into().unwrap();
    assert_eq!(
        (version, id.len(), span.len(), flags),
        ("00", 32, 16, "03"),
        "sampled and random"
    );
    assert_eq!(state, None);
}

#[test]
fn traceparent_included_tracestate_missing() {
    let value = format!("00-{ID}-1234567890123456-01");

    let (parent, state) = sent(&[("traceparent", &value)]);

    assert!(parent.starts_with(&format!("00-{ID}-")), "{parent}");
    assert!(!parent.contains("-1234567890123456-"), "{parent}");
    assert!(parent.ends_with("-01"), "{parent}");
    assert_eq!(state, None);
}

#[test]
fn traceparent_duplicated() {
    let headers = [
        (
            "traceparent",
            "00-12345678901234567890123456789011-1234567890123456-01",
        ),
        (
            "traceparent",
            "00-12345678901234567890123456789012-1234567890123456-01",
        ),
        ("tracestate", "foo=1"),
    ];

    let (parent, state) = sent(&headers);

    assert!(
        !parent.contains("1234567890123456789012345678901"),
        "{parent}"
    );
    assert_eq!(state, None);
}

#[test]
fn a_traceparent_that_is_repeated_is_one() {
    let (parent, state) = sent(&[PARENT, PARENT, ("tracestate", "foo=1")]);

    assert!(parent.contains(ID), "{parent}");
    assert_eq!(state.unwrap(), "foo=1");
}

#[test]
fn the_names_are_read_in_any_case_and_no_other_names_are() {
    // test_traceparent_header_name, test_traceparent_header_name_valid_casing, and for tracestate
    for name in ["TraceParent", "TrAcEpArEnT", "TRACEPARENT"] {
        assert!(sent(&[(name, PARENT.1)]).0.contains(ID), "{name}");
    }
    for name in ["trace-parent", "trace.parent"] {
        assert!(!sent(&[(name, PARENT.1)]).0.contains(ID), "{name}");
    }
    for name in ["TraceState", "TrAcEsTaTe", "TRACESTATE"] {
        assert_eq!(sent(&[PARENT, (name, "foo=1")]).1.unwrap(), "foo=1");
    }
    for name in ["trace-state", "trace.state"] {
        assert_eq!(sent(&[PARENT, (name, "foo=1")]).1, None);
    }
}

#[test]
fn a_valid_traceparent_is_passed_on() {
    for value in [
        // "Examples of HTTP traceparent Headers"
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00",
        // "Relationship Between the Headers"
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        // test_traceparent_version_0xcc: versions to come
        "cc-12345678901234567890123456789012-1234567890123456-01",
        "cc-12345678901234567890123456789012-1234567890123456-01-what-the-future-will-be-like",
        // test_traceparent_ows_handling
        " 00-12345678901234567890123456789012-1234567890123456-01",
        "\t00-12345678901234567890123456789012-1234567890123456-01",
        "00-12345678901234567890123456789012-1234567890123456-01 ",
        "00-12345678901234567890123456789012-1234567890123456-01\t",
        "\t 00-12345678901234567890123456789012-1234567890123456-01 \t",
    ] {
        let (parent, _) = sent(&[("traceparent", value)]);

        let fields =
            |text: &str| -> Vec<String> { text.trim().split('-').map(str::to_owned).collect() };
        let [came, goes] = [fields(value), fields(&parent)];
        assert_eq!(goes[0], "00", "the highest version that is known");
        assert_eq!(goes[1], came[1], "{value}");
        assert_ne!(goes[2], came[2], "{value}");
        assert_eq!(goes[3], came[3], "{value}");
        assert_eq!(goes.len(), 4, "{parent}");
    }
}

#[test]
fn of_the_flags_sampled_and_random_are_passed_on_and_the_others_are_zero() {
    // "Trace Flags": "Other Flags ... MUST set those to zero"
    for (came, goes) in [
        ("00", "00"),
        ("01", "01"),
        ("02", "02"),
        ("03", "03"),
        ("ff", "03"),
        ("fc", "00"),
        ("09", "01"),
    ] {
        for version in ["00", "cc"] {
            let value = format!("{version}-{ID}-1234567890123456-{came}");

            let (parent, _) = sent(&[("traceparent", &value)]);

            assert!(parent.ends_with(&format!("-{goes}")), "{value}: {parent}");
        }
    }
}

#[test]
fn an_invalid_traceparent_starts_a_trace_without_the_tracestate_and_is_told() {
    for value in [
        // test_traceparent_version_0x00
        "00-12345678901234567890123456789012-1234567890123456-01.",
        "00-12345678901234567890123456789012-1234567890123456-01-what-the-future-will-be-like",
        // test_traceparent_version_0xcc, _0xff
        "cc-12345678901234567890123456789012-1234567890123456-01.what-the-future-will-be-like",
        "ff-12345678901234567890123456789012-1234567890123456-01",
        // test_traceparent_version_illegal_characters, _too_long, _too_short
        ".0-12345678901234567890123456789012-1234567890123456-01",
        "0.-12345678901234567890123456789012-1234567890123456-01",
        "000-12345678901234567890123456789012-1234567890123456-01",
        "0000-12345678901234567890123456789012-1234567890123456-01",
        "0-12345678901234567890123456789012-1234567890123456-01",
        // test_traceparent_trace_id_all_zero, _illegal_characters, _too_long, _too_short
        "00-00000000000000000000000000000000-1234567890123456-01",
        "00-.2345678901234567890123456789012-1234567890123456-01",
        "00-1234567890123456789012345678901.-1234567890123456-01",
        "00-123456789012345678901234567890123-1234567890123456-01",
        "00-1234567890123456789012345678901-1234567890123456-01",
        // test_traceparent_parent_id_all_zero, _illegal_characters, _too_long, _too_short
        "00-12345678901234567890123456789012-0000000000000000-01",
        "00-12345678901234567890123456789012-.234567890123456-01",
        "00-12345678901234567890123456789012-123456789012345.-01",
        "00-12345678901234567890123456789012-12345678901234567-01",
        "00-12345678901234567890123456789012-123456789012345-01",
        // test_traceparent_trace_flags_illegal_characters, _too_long, _too_short
        "00-12345678901234567890123456789012-1234567890123456-.0",
        "00-12345678901234567890123456789012-1234567890123456-0.",
        "00-12345678901234567890123456789012-1234567890123456-001",
        "00-12345678901234567890123456789012-1234567890123456-1",
        // HEXDIGLC: lower case alone
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00F067AA0BA902B7-01",
        "0A-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0A",
        "00-4bf92f3577b34da6a3ce929d0e0e4736+00f067aa0ba902b7-01",
        "",
    ] {
        let headers = [("traceparent", value), ("tracestate", "foo=1")];

        let incoming = Headers::default()
            .remember_positions(100)
            .extract(&map(&headers));

        let told: Vec<_> = incoming
            .refused()
            .iter()
            .map(|refused| (refused.header(), refused.why()))
            .collect();
        assert_eq!(told, [("traceparent", Why::Malformed)], "{value:?}");
        let (parent, state) = sent(&headers);
        for id in value.split('-').filter(|field| field.len() > 16) {
            assert!(!parent.contains(id), "{value:?}: {parent}");
        }
        assert_eq!(state, None, "{value:?}");
    }
}

#[test]
fn tracestate_included_traceparent_missing() {
    assert_eq!(sent(&[("tracestate", "foo=1")]).1, None);
    assert_eq!(sent(&[("tracestate", "foo=1,bar=2")]).1, None);

    let incoming = Headers::default()
        .remember_positions(100)
        .extract(&map(&[("tracestate", "foo=1")]));
    assert_eq!(incoming.refused()[0].why(), Why::Incomplete);
}

#[test]
fn a_valid_tracestate_is_passed_on() {
    let value: String = (' '..='~').filter(|sign| !",=".contains(*sign)).collect();
    let plain = format!("abcdefghijklmnopqrstuvwxyz0123456789_-*/={value}");
    let vendor = format!("abcdefghijklmnopqrstuvwxyz0123456789_-*/@a-z0-9_-*/={value}");
    let z = format!("{}=1", "z".repeat(256));
    let tenant = format!("{}@{}=1", "t".repeat(241), "v".repeat(14));
    let bars = |numbers: std::ops::RangeInclusive<u32>| -> String {
        numbers
            .map(|n| format!("bar{n:02}={n:02}"))
            .collect::<Vec<_>>()
            .join(",")
    };
    let [tens, all] = [
        [bars(1..=10), bars(11..=20), bars(21..=30), bars(31..=32)],
        [bars(1..=32), String::new(), String::new(), String::new()],
    ];
    for (values, expected) in [
        // test_tracestate_included_traceparent_included
        (vec!["foo=1,bar=2"], "foo=1,bar=2"),
        // test_tracestate_empty_header
        (vec!["foo=1", ""], "foo=1"),
        (vec!["", "foo=1"], "foo=1"),
        // test_tracestate_multiple_headers_different_keys
        (
            vec!["foo=1,bar=2", "rojo=1,congo=2", "baz=3"],
            "foo=1,bar=2,rojo=1,congo=2,baz=3",
        ),
        // test_tracestate_all_allowed_characters
        (vec![&plain], &plain),
        (vec![&vendor], &vendor),
        // test_tracestate_ows_handling
        (vec!["foo=1 \t , \t bar=2, \t baz=3"], "foo=1,bar=2,baz=3"),
        (
            vec!["foo=1\t \t,\t \tbar=2,\t \tbaz=3"],
            "foo=1,bar=2,baz=3",
        ),
        (vec![" foo=1"], "foo=1"),
        (vec!["\tfoo=1"], "foo=1"),
        (vec!["foo=1 "], "foo=1"),
        (vec!["foo=1\t"], "foo=1"),
        (vec!["\t foo=1 \t"], "foo=1"),
        // "Value": leading spaces are part of it
        (vec!["foo=  1"], "foo=  1"),
        // "list": entries may be empty
        (vec!["foo=1,,bar=2, ,"], "foo=1,bar=2"),
        // test_tracestate_member_count_limit: 32, the number that is allowed
        (tens.iter().map(String::as_str).collect(), &all[0]),
        // test_tracestate_key_length_limit
        (vec!["foo=1", &z], &format!("foo=1,{z}")),
        (vec!["foo=1", &tenant], &format!("foo=1,{tenant}")),
        // "Key" of level 2: a digit may be the first, and `@` stands anywhere but there. The suite
        // still asks for the form of level 1 (test_tracestate_key_illegal_vendor_format, its first,
        // third and fourth case).
        (vec!["0foo=1"], "0foo=1"),
        (vec!["foo@=1,bar=2"], "foo@=1,bar=2"),
        (vec!["foo@@bar=1,bar=2"], "foo@@bar=1,bar=2"),
        (vec!["foo@bar@baz=1,bar=2"], "foo@bar@baz=1,bar=2"),
        // "Examples of tracestate HTTP Headers"
        (
            vec!["rojo=00f067aa0ba902b7,congo=t61rcWkgMzE"],
            "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE",
        ),
    ] {
        assert_eq!(state(&values).as_deref(), Some(expected), "{values:?}");
    }
}

#[test]
fn an_invalid_tracestate_is_dropped_as_a_whole_and_told() {
    let bars: Vec<_> = (1..=33).map(|n| format!("bar{n:02}={n:02}")).collect();
    let bars = bars.join(",");
    let z = format!("foo=1,{}=1", "z".repeat(257));
    let long = format!("foo=1,bar={}", "1".repeat(257));
    for values in [
        // test_tracestate_duplicated_keys
        vec!["foo=1,foo=1"],
        vec!["foo=1,foo=2"],
        vec!["foo=1", "foo=1"],
        vec!["foo=1", "foo=2"],
        // test_tracestate_key_illegal_characters
        vec!["foo =1"],
        vec!["FOO=1"],
        vec!["foo.bar=1"],
        // test_tracestate_key_illegal_vendor_format, the second case
        vec!["@foo=1,bar=2"],
        // test_tracestate_member_count_limit
        vec![&bars],
        // test_tracestate_key_length_limit, the second case; and "Value"
        vec![&z],
        vec![&long],
        // test_tracestate_value_illegal_characters
        vec!["foo=bar=baz"],
        vec!["foo=,bar=3"],
        vec!["foo"],
        vec!["=1"],
        vec!["foo=1\t2"],
    ] {
        assert_eq!(state(&values), None, "{values:?}");

        let mut headers = vec![PARENT];
        headers.extend(values.iter().map(|value| ("tracestate", *value)));
        let incoming = Headers::default()
            .remember_positions(100)
            .extract(&map(&headers));
        let told: Vec<_> = incoming
            .refused()
            .iter()
            .map(|refused| (refused.header(), refused.why()))
            .collect();
        assert_eq!(told, [("tracestate", Why::Malformed)], "{values:?}");
    }
    assert_eq!(state(&[""]), None);
}

#[test]
fn a_long_tracestate_loses_its_long_entries_first_and_then_its_last() {
    // "tracestate Limits": 512 characters are passed on, entries of more than 128 are removed
    // first.
    let long = format!("long={}", "x".repeat(124));
    let at_limit = format!("limit={}", "x".repeat(122));
    let entries: Vec<_> = (0..10)
        .map(|n| format!("k{n}={}", "x".repeat(97)))
        .collect();
    assert_eq!(
        (long.len(), at_limit.len(), entries[0].len()),
        (129, 128, 100)
    );

    // Three of 100 and one of 128 with their commas are 431; one of 129 more would be 561.
    let whole = [
        &entries[..2],
        std::slice::from_ref(&long),
        &entries[2..3],
        std::slice::from_ref(&at_limit),
    ]
    .concat();
    let shortened = [&entries[..3], &[at_limit]].concat();
    assert_eq!(state(&[&whole.join(",")]).unwrap(), shortened.join(","));

    // Five of 100 with their commas are 504.
    assert_eq!(
        state(&[&entries.join(",")]).unwrap(),
        entries[..5].join(",")
    );
    // Nothing is removed up to 512.
    let fits = [&entries[..4], &[format!("k={}", "x".repeat(106))]]
        .concat()
        .join(",");
    assert_eq!(fits.len(), 512);
    assert_eq!(state(&[&fits]).unwrap(), fits);

    let incoming = Headers::default()
        .remember_positions(100)
        .extract(&map(&[PARENT, ("tracestate", &whole.join(","))]));
    let told: Vec<_> = incoming
        .refused()
        .iter()
        .map(|refused| (refused.header(), refused.why()))
        .collect();
    assert_eq!(told, [("tracestate", Why::Shortened)]);
}

#[test]
fn multiple_requests_with_valid_traceparent() {
    let value = format!("00-{ID}-1234567890123456-01");

    let sent = requests(
        &Headers::default().remember_positions(100),
        &[("traceparent", &value)],
        3,
    );

    let parents: std::collections::HashSet<_> = sent
        .iter()
        .map(|sent| sent["traceparent"].clone())
        .collect();
    assert_eq!(
        parents.len(),
        3,
        "each request has a span of its own: {parents:?}"
    );
    assert!(
        parents
            .iter()
            .all(|parent| parent.to_str().unwrap().contains(ID))
    );
}

#[test]
fn multiple_requests_without_and_with_illegal_traceparent() {
    let zero = "00-00000000000000000000000000000000-1234567890123456-01";
    for headers in [&[][..], &[("traceparent", zero)]] {
        let sent = requests(&Headers::default().remember_positions(100), headers, 3);

        let parents: std::collections::HashSet<_> = sent
            .iter()
            .map(|sent| sent["traceparent"].clone())
            .collect();
        assert_eq!(parents.len(), 3);
        assert!(
            parents
                .iter()
                .all(|parent| !parent.to_str().unwrap().contains(&"0".repeat(32)))
        );
    }
}

#[test]
fn without_a_position_the_span_is_that_of_the_current_action() {
    let headers = Headers::none()
        .remember_positions(100)
        .read_and_write(Format::TraceContext);
    let mut first = HeaderMap::new();
    let mut second = HeaderMap::new();

    tasktrail::example::lines(|| {
        let _request = tracing::info_span!("request").entered();
        headers.inject(&mut first);
        headers.inject(&mut second);
        let current = tasktrail::current().unwrap();
        let position = tasktrail::record::Position::new(current.id(), current.level().clone());
        let span = tasktrail_http::span_id(&position);

        let expected = format!("00-{}-{span:016x}-03", current.id().trace_id());
        assert_eq!(first["traceparent"], expected);
        assert_eq!(first, second);
        // No number was taken.
        assert_eq!(
            tasktrail::hand_over().into_text().unwrap(),
            format!("{}@/2", current.id())
        );
    });
}
