//! Whatever comes is of known form or refused, and goes on as it came.

use std::collections::HashMap;

use proptest::prelude::*;
use tasktrail_http::{Format, Headers, Incoming};

const FORMATS: [Format; 6] = [
    Format::TaskPosition,
    Format::TraceContext,
    Format::CorrelationId("x-request-id"),
    Format::Jaeger,
    Format::B3Single,
    Format::B3Multi,
];

/// All formats, the first of which is another each time.
fn headers(first: usize) -> Headers {
    let order = FORMATS.iter().cycle().skip(first).take(FORMATS.len());
    order.fold(
        Headers::none().remember_positions(100),
        |headers, format| headers.read_and_write(*format),
    )
}

fn sent(headers: &Headers, incoming: Incoming) -> HashMap<String, String> {
    let mut sent = HashMap::new();
    tasktrail::example::lines(|| incoming.continue_task().run(|| headers.inject(&mut sent)));
    sent
}

fn carried<'i>(incoming: &'i Incoming, name: &str) -> Option<&'i str> {
    incoming.carried().get(name)
}

/// Values that are nearly right, and any.
fn values() -> impl Strategy<Value = HashMap<String, String>> {
    let value = prop_oneof![
        "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}@(/[0-9]{1,3}){0,4}",
        "(00|01|ff)-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}(-x)?",
        "([a-z@]{1,3}=[!-~]{0,5} ?[,\t]?){0,5}",
        "[0-9a-fA-F]{1,33}(:|%3A)[0-9a-f]{1,17}:[0-9a-f]:[0-9a-f]{1,2}",
        "[0-9a-f]{16}([0-9a-f]{16})?-[0-9a-f]{16}(-[01d])?(-[0-9a-f]{16})?",
        "[0-9a-f]{16}([0-9a-f]{16})?",
        "[01d]",
        "[!-~]{1,130}",
        ".*",
    ];
    let name = prop::sample::select(vec![
        "x-eliot-task-id",
        "traceparent",
        "tracestate",
        "x-request-id",
        "uber-trace-id",
        "b3",
        "x-b3-traceid",
        "x-b3-spanid",
        "x-b3-sampled",
        "x-b3-flags",
    ]);
    prop::collection::hash_map(name.prop_map(str::to_owned), value, 0..10)
}

proptest! {
    #[test]
    fn what_is_carried_is_of_known_form_and_what_is_sent_is_read_back_as_the_same(
        request in values(),
        first in 0_usize..6,
    ) {
        let incoming = headers(first).extract(&request);
        let ids = headers(first).extract(&request);
        if let Some(id) = carried(&ids, "trace_id") {
            prop_assert!((1..=32).contains(&id.len()) && u128::from_str_radix(id, 16).unwrap() != 0);
        }
        if let Some(id) = carried(&ids, "parent_span_id") {
            prop_assert!(id.len() == 16 && u64::from_str_radix(id, 16).unwrap() != 0);
        }
        if let Some(id) = carried(&ids, "correlation_id") {
            prop_assert!(id.len() <= 128 && id.bytes().all(|byte| byte.is_ascii_graphic()));
        }

        let sent = sent(&headers(first), incoming);
        let read = headers(first).extract(&sent);

        prop_assert_eq!(read.refused(), [], "{:?}", sent);
        if let Some(position) = ids.position() {
            prop_assert_eq!(read.position().unwrap().task(), position.task());
        }
        let trace = |ids: &Incoming| carried(ids, "trace_id").map(|id| u128::from_str_radix(id, 16));
        prop_assert_eq!(trace(&read), trace(&ids));
        prop_assert_eq!(carried(&read, "correlation_id"), carried(&ids, "correlation_id"));
        prop_assert_eq!(carried(&read, "tracestate"), carried(&ids, "tracestate"));
    }
}
