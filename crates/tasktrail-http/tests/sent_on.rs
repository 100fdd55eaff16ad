//! What goes out with the requests and messages of a task.
#![expect(clippy::unwrap_used, reason = "what goes wrong here fails the test")]

use std::collections::HashMap;

use http::{HeaderMap, HeaderName, HeaderValue};
use tasktrail_http::{Format, Headers, span_id};

const TASK: &str = "192f76ea-915e-4131-95dc-da28c6bcdbb5";
const OTHER: &str = "0af7651916cd43dd8448eb211c80319c";

fn map(headers: &[(&str, &str)]) -> HeaderMap {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
        map.append(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
    }
    map
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

#[test]
fn a_task_that_starts_here_is_its_own_trace_and_its_position_is_the_span() {
    let headers = all();
    let mut sent = HeaderMap::new();

    tasktrail::example::lines(|| {
        let _request = tracing::info_span!("request").entered();
        headers.inject(&mut sent);
    });

    let position = sent["x-eliot-task-id"].to_str().unwrap();
    let (task, level) = position.split_once('@').unwrap();
    assert_eq!(level, "/2");
    let id = task.replace('-', "");
    let span = format!("{:016x}", span_id(&position.parse().unwrap()));
    assert_eq!(sent["traceparent"], format!("00-{id}-{span}-03"));
    assert_eq!(sent["uber-trace-id"], format!("{id}:{span}:0:1"));
    assert_eq!(sent["b3"], format!("{id}-{span}-1"));
    assert_eq!(sent["x-b3-traceid"], id);
    assert_eq!(sent["x-b3-spanid"], span);
    assert_eq!(sent["x-b3-sampled"], "1");
    assert_eq!(
        sent.len(),
        7,
        "no correlation id and no tracestate: {sent:?}"
    );
}

#[test]
fn only_an_id_that_says_it_is_random_is_called_random() {
    // Versions 4 and 7 of RFC 9562, and a version 4 of another variant.
    for (task, flags) in [
        (TASK, "03"),
        ("192f76ea-915e-7131-95dc-da28c6bcdbb5", "01"),
        ("192f76ea-915e-4131-c5dc-da28c6bcdbb5", "01"),
    ] {
        let incoming = all().extract(&map(&[("x-eliot-task-id", &format!("{task}@/2"))]));
        let mut sent = HeaderMap::new();
        tasktrail::example::lines(|| incoming.continue_task().run(|| all().inject(&mut sent)));

        let parent = sent["traceparent"].to_str().unwrap();
        assert!(parent.ends_with(&format!("-{flags}")), "{task}: {parent}");
    }
}

#[test]
fn what_a_task_carries_goes_on_unchanged_from_service_to_service() {
    let headers = all();
    let parent = format!("00-{OTHER}-b7ad6b7169203331-02");
    let mut request = map(&[
        ("traceparent", &parent),
        ("tracestate", "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE"),
        ("x-request-id", "order-17"),
    ]);
    let mut tasks = Vec::new();

    for _ in 0..3 {
        let incoming = headers.extract(&request);
        assert_eq!(incoming.refused(), []);
        request = HeaderMap::new();
        tasktrail::example::lines(|| {
            incoming.continue_task().run(|| {
                tasks.push(tasktrail::current().unwrap().id());
                let _within = tracing::info_span!("within").entered();
                headers.inject(&mut request);
            });
        });
        let sent = request["traceparent"].to_str().unwrap();
        assert!(
            sent.starts_with(&format!("00-{OTHER}-")) && sent.ends_with("-02"),
            "{sent}"
        );
        assert_eq!(
            request["tracestate"],
            "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE"
        );
        for name in ["correlation-id", "x-correlation-id", "x-request-id"] {
            assert_eq!(request[name], "order-17");
        }
    }

    assert!(
        tasks.iter().all(|task| *task == tasks[0]),
        "one task: {tasks:?}"
    );
}

#[test]
fn outside_any_action_nothing_is_written() {
    let mut sent = HeaderMap::new();

    all().inject(&mut sent);
    tasktrail::example::lines(|| all().inject(&mut sent));

    assert!(sent.is_empty(), "{sent:?}");
}

#[test]
fn each_format_is_read_and_written_alone() {
    let mut sent = HeaderMap::new();
    let headers = Headers::none()
        .remember_positions(100)
        .read(Format::B3Single)
        .write(Format::Jaeger);
    let request = map(&[
        ("b3", "80f198ee56343ba864fe8b2a57d3eff7-05e3ac9a4f6e3b90-1"),
        ("traceparent", "x"),
    ]);

    let incoming = headers.extract(&request);
    tasktrail::example::lines(|| incoming.continue_task().run(|| headers.inject(&mut sent)));

    let names: Vec<_> = sent.keys().map(HeaderName::as_str).collect();
    assert_eq!(names, ["uber-trace-id"]);
    let value = sent["uber-trace-id"].to_str().unwrap();
    assert!(
        value.starts_with("80f198ee56343ba864fe8b2a57d3eff7:"),
        "{value}"
    );
}

#[test]
fn a_map_of_texts_is_a_carrier_whose_names_have_any_case() {
    let mut message = HashMap::from([("TraceParent".to_owned(), "stale".to_owned())]);
    let headers = Headers::default().remember_positions(100);

    tasktrail::example::lines(|| {
        let _task = tracing::info_span!("task").entered();
        headers.inject(&mut message);
    });

    assert_eq!(message.len(), 2, "{message:?}");
    let incoming = headers.extract(&message);
    assert_eq!(incoming.position().unwrap().level().to_string(), "/2");
    assert_eq!(incoming.refused(), []);
    assert!(
        incoming.carried().is_empty(),
        "the task's own trace is none to carry"
    );
}

#[test]
fn a_span_that_another_tracer_in_the_program_gave_its_id_is_the_parent_of_what_comes_next() {
    let headers = all();
    let mut sent = HeaderMap::new();

    tasktrail::example::lines(|| {
        let ids = tasktrail::Carried::new().hide("span_id", "00f067aa0ba902b7");
        tasktrail::start_task()
            .carrying(ids)
            .run(|| headers.inject(&mut sent));
    });

    let parent = sent["traceparent"].to_str().unwrap();
    assert!(parent.ends_with("-00f067aa0ba902b7-03"), "{parent}");
    assert_eq!(sent["x-b3-spanid"], "00f067aa0ba902b7");
}

#[test]
fn whether_another_tracer_records_its_span_is_passed_on() {
    for (sampled, flags) in [("0", "02"), ("1", "03")] {
        let headers = all();
        let mut sent = HeaderMap::new();

        tasktrail::example::lines(|| {
            let ids = tasktrail::Carried::new()
                .hide("span_id", "00f067aa0ba902b7")
                .hide("span_sampled", sampled);
            tasktrail::start_task()
                .carrying(ids)
                .run(|| headers.inject(&mut sent));
        });

        let parent = sent["traceparent"].to_str().unwrap();
        assert!(parent.ends_with(flags), "{parent}");
        assert_eq!(sent["x-b3-sampled"], sampled);
    }
}
