//! What becomes of a call of a tower client.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

#[cfg(test)]
mod serving;

use std::collections::VecDeque;
use std::convert::Infallible;
use std::future::{Ready, ready};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::{HeaderMap, Request, Response};
use hyper_util::client::legacy::Client as Hyper;
use hyper_util::rt::TokioExecutor;
use serving::{
    Broken, Message, POSITION, assert_complete, assert_failed, assert_succeeded, drawing, logged,
    serve, start,
};
use tasktrail_http::{ClientLayer, Format, Headers, SendTo, ServerLayer, Trust};
use tower::retry::{Policy, RetryLayer};
use tower::{ServiceBuilder, ServiceExt};

const TASK_ID: &str = "x-eliot-task-id";

fn get(uri: &str) -> http::request::Builder {
    Request::get(uri)
}

/// Calls somebody who gives these answers, one after the other, and keeps the headers of each call.
fn called(
    layer: ClientLayer,
    request: http::request::Builder,
    answers: impl IntoIterator<Item = Result<u16, Broken>>,
) -> (Vec<Message>, Vec<HeaderMap>) {
    let sent = Arc::new(Mutex::new(Vec::new()));
    let keep = Arc::clone(&sent);
    let answers: VecDeque<_> = answers.into_iter().collect();
    let answers = Arc::new(Mutex::new(answers));
    let messages = logged(async move |_| {
        let client = ServiceBuilder::new()
            .layer(RetryLayer::new(Again))
            .layer(layer)
            .service_fn(move |request: Request<()>| {
                keep.lock().unwrap().push(request.headers().clone());
                let answer = answers.lock().unwrap().pop_front().unwrap();
                ready(answer.map(|status| Response::builder().status(status).body(()).unwrap()))
            });
        let order = tracing::info_span!("order");
        let call = client.oneshot(request.body(()).unwrap());
        drop(tasktrail::in_span(order, call).await);
    });
    let sent = sent.lock().unwrap().clone();
    (messages, sent)
}

/// Tries again until there is an answer that is no failure of the server.
#[derive(Clone)]
struct Again;

impl Policy<Request<()>, Response<()>, Broken> for Again {
    type Future = Ready<()>;

    fn retry(
        &mut self,
        _: &mut Request<()>,
        answer: &mut Result<Response<()>, Broken>,
    ) -> Option<Ready<()>> {
        let is_fine = matches!(answer, Ok(answer) if !answer.status().is_server_error());
        (!is_fine).then(|| ready(()))
    }

    fn clone_request(&mut self, request: &Request<()>) -> Option<Request<()>> {
        Some(request.clone())
    }
}

fn positions(sent: &[HeaderMap]) -> Vec<&str> {
    let texts = sent
        .iter()
        .map(|headers| headers[TASK_ID].to_str().unwrap());
    texts.map(|text| text.split_once('@').unwrap().1).collect()
}

#[test]
fn a_call_is_an_action_that_ends_with_the_head_of_the_answer() {
    let uri = "http://ada:secret@Orders.internal:8080/orders/17?token=secret";
    let (messages, sent) = called(ClientLayer::new(), get(uri), [Ok(200)]);

    let start = start(&messages, "http_call");
    assert_eq!(start.get("method"), "GET");
    assert_eq!(start.get("host"), "Orders.internal");
    assert_eq!(start.get("port"), 8080);
    assert_eq!(start.get("path"), "/orders/17");
    let end = last_end(&messages);
    assert_eq!(end.status(), Some("succeeded"));
    assert_eq!(end.get("status"), 200);
    assert!(end.get("duration_ms").is_f64());
    assert!(!end.has("bytes"));
    assert!(!format!("{messages:?}").contains("secret"));
    assert_eq!(positions(&sent), ["/2/2"]);
}

#[test]
fn each_attempt_is_an_action_with_a_position_of_its_own() {
    let answers = [Err(Broken), Ok(503), Ok(200)];

    let (messages, sent) = called(ClientLayer::new(), get("http://orders/"), answers);

    assert_eq!(positions(&sent), ["/2/2", "/3/2", "/4/2"]);
    let drawn = drawing(&messages);
    for line in [
        "  http_call /2/3 failed\n",
        "  http_call /3/3 failed\n",
        "  http_call /4/3 succeeded\n",
    ] {
        assert!(drawn.contains(line), "{drawn}");
    }
    let reasons: Vec<_> = messages
        .iter()
        .map(|message| message.get("reason"))
        .collect();
    assert!(reasons.iter().any(|reason| **reason == "it broke"));
    assert!(
        reasons
            .iter()
            .any(|reason| **reason == "503 Service Unavailable")
    );
}

#[test]
fn a_status_below_500_does_not_fail_the_call() {
    for status in [302, 404, 429] {
        let (messages, _) = called(ClientLayer::new(), get("http://orders/"), [Ok(status)]);
        assert_eq!(last_end(&messages).status(), Some("succeeded"));
    }
}

/// Gives the end of the last call, of a task that nobody continued where it was handed over.
fn last_end(messages: &[Message]) -> &Message {
    let mut calls = messages
        .iter()
        .filter(|message| message.name() == "http_call");
    calls.next_back().unwrap()
}

#[test]
fn headers_that_the_request_had_already_are_replaced() {
    let request = get("http://orders/")
        .header(TASK_ID, POSITION)
        .header(TASK_ID, "x");

    let (messages, sent) = called(ClientLayer::new(), request, [Ok(200)]);

    let values: Vec<_> = sent[0].get_all(TASK_ID).iter().collect();
    assert_eq!(values, [&format!("{}@/2/2", messages[0].task())]);
}

#[test]
fn a_position_that_the_request_had_already_reaches_no_stranger() {
    let layer = ClientLayer::new().send_to(SendTo::Nobody);
    let request = get("http://weather.example/").header(TASK_ID, POSITION);

    let (_, sent) = called(layer, request, [Ok(200)]);

    assert!(sent[0].is_empty(), "{:?}", sent[0]);
}

#[test]
fn what_another_trace_said_beside_its_id_is_not_passed_on_with_this_one() {
    let headers = Headers::default()
        .remember_positions(100)
        .write(Format::B3Multi);
    let request = get("http://orders/")
        .header("tracestate", "vendor=1")
        .header("x-b3-flags", "1")
        .header("correlation-id", "order-17");

    let (_, sent) = called(ClientLayer::new().headers(headers), request, [Ok(200)]);

    assert!(!sent[0].contains_key("tracestate"), "{:?}", sent[0]);
    assert!(!sent[0].contains_key("x-b3-flags"), "{:?}", sent[0]);
    assert_eq!(sent[0]["x-b3-sampled"], "1");
    // There is no other that it could be taken for.
    assert_eq!(sent[0]["correlation-id"], "order-17");
}

#[test]
fn strangers_are_told_nothing_and_no_number_is_taken_for_them() {
    let layer = || ClientLayer::new().send_to(SendTo::when(|host| host.ends_with(".internal")));

    let (messages, sent) = called(layer(), get("http://weather.example/"), [Ok(200)]);
    assert!(sent[0].is_empty());
    assert_complete(&messages);

    let (_, sent) = called(layer(), get("http://orders.internal:80/"), [Ok(200)]);
    assert_eq!(positions(&sent), ["/2/2"]);

    let nobody = ClientLayer::new().send_to(SendTo::Nobody);
    let (messages, sent) = called(nobody, get("http://orders.internal/"), [Ok(200)]);
    assert!(sent[0].is_empty());
    assert_complete(&messages);

    let panics = ClientLayer::new().send_to(SendTo::when(|_| panic!("who knows")));
    let (messages, sent) = called(panics, get("http://orders.internal/"), [Ok(200)]);
    assert!(sent[0].is_empty());
    assert_complete(&messages);
}

#[test]
fn only_the_formats_that_are_asked_for_are_written() {
    let layer = ClientLayer::new().headers(
        Headers::none()
            .remember_positions(100)
            .write(Format::TraceContext),
    );

    let (messages, sent) = called(layer, get("http://orders/"), [Ok(200)]);

    let names: Vec<_> = sent[0].keys().map(http::HeaderName::as_str).collect();
    assert_eq!(names, ["traceparent"]);
    // Without a position there is nothing for others to continue.
    assert_complete(&messages);
}

#[test]
fn a_call_that_names_its_host_in_a_header_shows_it() {
    let request = get("/orders/17").header("host", "orders.internal:8080");

    let (messages, _) = called(ClientLayer::new(), request, [Ok(200)]);

    let start = start(&messages, "http_call");
    assert_eq!(start.get("host"), "orders.internal");
    assert_eq!(start.get("port"), 8080);
}

#[test]
fn a_call_that_is_dropped_before_its_answer_is_cancelled() {
    let messages = logged(async |_| {
        let client = ServiceBuilder::new()
            .layer(ClientLayer::new().send_to(SendTo::Nobody))
            .service_fn(|_| std::future::pending::<Result<Response<()>, Infallible>>());
        let call = client.oneshot(get("http://orders/").body(()).unwrap());
        assert!(tokio::time::timeout(Duration::ZERO, call).await.is_err());
    });

    let end = assert_failed(&messages, "http_call", "dropped before its answer");
    assert_eq!(end.get("exception"), "cancelled");
}

#[test]
fn a_task_goes_on_from_a_client_to_a_server() {
    let messages = logged(async |_| {
        let routes = axum::Router::new()
            .route("/orders", axum::routing::get(async || "sold"))
            .layer(ServerLayer::new().trust(Trust::Anybody));
        let address = serve(routes).await;
        let client = ServiceBuilder::new()
            .layer(ClientLayer::new())
            .service(Hyper::builder(TokioExecutor::new()).build_http::<String>());

        let request = get(&format!("http://{address}/orders?token=secret"));
        let answer = client
            .oneshot(request.body(String::new()).unwrap())
            .await
            .unwrap();
        assert_eq!(
            http_body_util::BodyExt::collect(answer.into_body())
                .await
                .unwrap()
                .to_bytes(),
            "sold"
        );
    });

    assert_succeeded(&messages, "http_call");
    assert_eq!(
        drawing(&messages),
        "http_call /1 started\n  http_request /2/1 started\n  http_request /2/2 succeeded\nhttp_call /3 succeeded\n"
    );
}

#[test]
fn a_request_that_a_program_passes_on_to_itself_is_an_action_of_its_own_there() {
    let received = |layer: ServerLayer| layer.trust(Trust::Anybody);
    let messages = logged(async |_| {
        let behind = ServiceBuilder::new()
            .layer(received(ServerLayer::new()))
            .service_fn(async |_: Request<String>| {
                Ok::<_, Infallible>(Response::new(String::new()))
            });
        let client = ServiceBuilder::new()
            .layer(ClientLayer::new())
            .service(behind);
        let proxy = ServiceBuilder::new()
            .layer(received(ServerLayer::new()))
            .service_fn(move |request| client.clone().oneshot(request));
        let request = get("http://orders.internal/").body(String::new()).unwrap();
        drop(proxy.oneshot(request).await.unwrap());
    });

    assert_complete(&messages);
    assert!(
        drawing(&messages).contains("    http_request /2/2/1 started"),
        "{}",
        drawing(&messages)
    );
}

#[test]
fn what_caused_the_error_of_a_client_is_told_if_the_type_of_the_error_is() {
    let messages = logged(async |_| {
        let client = ServiceBuilder::new()
            .layer(
                ClientLayer::new()
                    .send_to(SendTo::Nobody)
                    .sources_of::<hyper_util::client::legacy::Error>(),
            )
            .service(Hyper::builder(TokioExecutor::new()).build_http::<String>());
        let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let uri = format!("http://{}/", nobody.local_addr().unwrap());
        drop(nobody);

        let call = client.oneshot(get(&uri).body(String::new()).unwrap());
        assert!(call.await.is_err());
    });

    let end = assert_failed(&messages, "http_call", "client error (Connect)");
    assert_eq!(
        end.get("exception"),
        "hyper_util::client::legacy::client::Error"
    );
    let sources = end.get("exception_sources").to_string();
    assert!(sources.contains("tcp connect error"), "{sources}");
}

#[test]
fn the_place_of_a_call_that_never_left_is_closed() {
    let layer = ClientLayer::new().unsent_if(|_: &Broken| true);
    let (messages, _) = called(layer, get("http://orders/"), [Err(Broken), Ok(200)]);

    // The second one did leave, and its place is left to whoever received it.
    assert_eq!(
        drawing(&messages),
        "\
order /1 started
  http_call /2/1 started
    eliot:remote_task /2/2/1 started
    eliot:remote_task /2/2/2 succeeded
  http_call /2/3 failed
  http_call /3/1 started
  http_call /3/3 succeeded
order /4 succeeded
"
    );
}
