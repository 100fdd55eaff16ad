//! Any bytes in any headers are read as ids or refused; what is carried is of known form, and what
//! is sent on is read back as the same ids, without a refusal.

#![no_main]

use std::sync::{Arc, Mutex, PoisonError};

use http::HeaderName;
use libfuzzer_sys::fuzz_target;
use tasktrail_http::{Carrier, Format, Headers, Incoming, Why};
use tracing_subscriber::layer::SubscriberExt;

const FORMATS: [Format; 7] = [
    Format::TaskPosition,
    Format::TraceContext,
    Format::CorrelationId("correlation-id"),
    Format::CorrelationId("x-request-id"),
    Format::Jaeger,
    Format::B3Single,
    Format::B3Multi,
];

const NAMES: [&str; 12] = [
    "x-eliot-task-id",
    "traceparent",
    "tracestate",
    "correlation-id",
    "x-request-id",
    "uber-trace-id",
    "b3",
    "x-b3-traceid",
    "x-b3-spanid",
    "x-b3-sampled",
    "x-b3-flags",
    "x-b3-parentspanid",
];

/// A carrier that takes any bytes.
#[derive(Default)]
struct Bytes(Vec<(String, Vec<u8>)>);

impl Carrier for Bytes {
    fn values_of<'c>(&'c self, name: &HeaderName) -> impl Iterator<Item = &'c [u8]> {
        let values = self.0.iter();
        values
            .filter(move |(found, _)| found == name.as_str())
            .map(|(_, value)| value.as_slice())
    }

    fn set(&mut self, name: &HeaderName, value: String) {
        self.0.retain(|(found, _)| found != name.as_str());
        self.0.push((name.as_str().to_owned(), value.into_bytes()));
    }
}

fn headers(first: u8) -> Headers {
    let first = usize::from(first) % FORMATS.len();
    let order = FORMATS.iter().cycle().skip(first).take(FORMATS.len());
    order.fold(Headers::none(), |headers, format| headers.read_and_write(*format))
}

fn trace(incoming: &Incoming) -> Option<u128> {
    let id = incoming.carried().get("trace_id")?;
    Some(u128::from_str_radix(id, 16).expect("a trace id is hex"))
}

fn check(incoming: &Incoming) {
    let carried = incoming.carried();
    if let Some(id) = carried.get("trace_id") {
        assert!((1..=32).contains(&id.len()));
        assert!(id.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')));
        assert_ne!(trace(incoming), Some(0));
    }
    if let Some(id) = carried.get("parent_span_id") {
        assert_eq!(id.len(), 16);
        assert!(u64::from_str_radix(id, 16).is_ok_and(|id| id != 0));
    }
    if let Some(id) = carried.get("correlation_id") {
        assert!((1..=128).contains(&id.len()));
        assert!(id.bytes().all(|byte| byte.is_ascii_graphic()));
    }
    if let Some(state) = carried.get("tracestate") {
        assert!((1..=512).contains(&state.len()));
        assert!(state.bytes().all(|byte| matches!(byte, b' '..=b'~')));
    }
}

fuzz_target!(|bytes: &[u8]| {
    let Some((order, rest)) = bytes.split_first() else {
        return;
    };
    let mut request = Bytes::default();
    for line in rest.split(|byte| *byte == b'\n') {
        if let Some((name, value)) = line.split_first() {
            let name = NAMES[usize::from(*name) % NAMES.len()];
            request.0.push((name.to_owned(), value.to_vec()));
        }
    }

    let format = headers(*order);
    let mut incoming = format.extract(&request);
    check(&incoming);
    let refusals = incoming.take_refusals();
    assert_eq!(format.refused(), refusals.refused().len() as u64);

    // A second request at one position is at none.
    let again = format.extract(&request);
    check(&again);
    if incoming.position().is_some() {
        assert_eq!(again.position(), None);
        assert!(again.refused().iter().any(|refused| refused.why() == Why::CameBefore));
    }

    // All that was refused and nothing else is in the lines, and the ids go on.
    let lines = Arc::new(Mutex::new(Vec::new()));
    let subscriber = tracing_subscriber::registry()
        .with(tasktrail::TaskLayer::new())
        .with(tasktrail::JsonLayer::eliot().with_writer(tasktrail::example::Shared(Arc::clone(&lines))));
    let (carried, position) = (incoming.carried().clone(), incoming.position().cloned());
    let mut onward = Bytes::default();
    let mut task = None;
    tracing::subscriber::with_default(subscriber, || {
        incoming.continue_task().run(|| {
            refusals.tell();
            task = tasktrail::current().map(|current| current.id());
            format.inject(&mut onward);
        });
    });
    let task = task.expect("there is a task");
    if let Some(position) = position {
        assert_eq!(task, position.task());
    }
    let lines = lines.lock().unwrap_or_else(PoisonError::into_inner);
    for line in lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        serde_json::from_slice::<serde_json::Value>(line).expect("each line is JSON");
    }

    let next = headers(*order).extract(&onward);
    check(&next);
    assert_eq!(next.refused(), [], "{:?}", onward.0);
    assert_eq!(next.position().expect("a position goes on").task(), task);
    assert_eq!(next.carried().get("correlation_id"), carried.get("correlation_id"));
    assert_eq!(next.carried().get("tracestate"), carried.get("tracestate"));
    let came = carried.get("trace_id").map(|id| u128::from_str_radix(id, 16).expect("hex"));
    assert_eq!(trace(&next), came);
});
