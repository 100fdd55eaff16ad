//! Requests to a real server: axum's, over connections that do what connections do.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

#[cfg(test)]
mod serving;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::MatchedPath;
use axum::http::{Response, StatusCode};
use axum::routing::get;
use serving::{
    Step, Steps, assert_complete, assert_failed, assert_succeeded, drawing, end, logged, serve,
    start,
};
use tasktrail_http::ServerLayer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;

/// Nothing here takes as long, so that nothing here hangs for ever.
const AGES: Duration = Duration::from_secs(60);

/// Sends a request and reads until the server closes the connection.
async fn ask(address: &str, request: &str) -> String {
    let mut connection = send(address, request).await;
    let mut answer = String::new();
    let read = connection.read_to_string(&mut answer);
    tokio::time::timeout(AGES, read).await.unwrap().unwrap();
    answer
}

async fn send(address: &str, request: &str) -> TcpStream {
    let mut connection = TcpStream::connect(address).await.unwrap();
    let request = format!("{request} HTTP/1.1\r\nhost: orders\r\nconnection: close\r\n\r\n");
    connection.write_all(request.as_bytes()).await.unwrap();
    connection
}

/// What the first request takes.
type Guard = Arc<Mutex<Option<oneshot::Sender<()>>>>;

/// Says when it is dropped.
fn dropped() -> (Guard, oneshot::Receiver<()>) {
    let (sender, receiver) = oneshot::channel();
    (Arc::new(Mutex::new(Some(sender))), receiver)
}

#[test]
fn axum_tells_the_route() {
    let messages = logged(async |_| {
        let layer =
            ServerLayer::new().route(|request| request.extensions.get().map(MatchedPath::as_str));
        let routes = Router::new()
            .route("/orders/{id}", get(async || "sold"))
            .layer(layer);
        let address = serve(routes).await;

        let answer = ask(&address, "GET /orders/17?token=secret").await;
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        assert!(answer.contains("\r\nx-task-id: "), "{answer}");
        assert!(answer.ends_with("\r\n\r\nsold"), "{answer}");
    });

    assert_succeeded(&messages, "http_request");
    let start = start(&messages, "http_request");
    assert_eq!(start.get("route"), "/orders/{id}");
    assert_eq!(start.get("path"), "/orders/17");
    let end = end(&messages, "http_request");
    assert_eq!(end.get("bytes"), 4);
    assert_eq!(end.get("status"), 200);
}

#[test]
fn a_client_that_hangs_up_while_the_handler_works_cancels_the_action() {
    let messages = logged(async |_| {
        let (work, dropped) = dropped();
        let (sender, begun) = oneshot::channel::<()>();
        let begin = Arc::new(Mutex::new(Some(sender)));
        let handler = async move || {
            let _work = work.lock().unwrap().take();
            let begin = begin.lock().unwrap().take();
            drop(begin);
            std::future::pending::<&str>().await
        };
        let routes = Router::new()
            .route("/", get(handler))
            .layer(ServerLayer::new());
        let address = serve(routes).await;

        let connection = send(&address, "GET /").await;
        assert!(begun.await.is_err());
        drop(connection);
        assert!(tokio::time::timeout(AGES, dropped).await.unwrap().is_err());
    });

    let end = assert_failed(&messages, "http_request", "dropped before its answer");
    assert_eq!(end.get("exception"), "cancelled");
}

#[test]
fn a_client_that_hangs_up_in_the_middle_of_the_answer_cancels_the_action() {
    let messages = logged(async |_| {
        let (body, dropped) = dropped();
        let handler = async move || {
            let guard = body.lock().unwrap().take();
            let steps = Steps::new([Step::Data("sold"), Step::Wait]);
            Response::new(Body::new(steps.until_dropped(guard)))
        };
        let routes = Router::new()
            .route("/", get(handler))
            .layer(ServerLayer::new());
        let address = serve(routes).await;

        let mut connection = send(&address, "GET /").await;
        let mut answer = Vec::new();
        while !answer.ends_with(b"sold\r\n") {
            let read = connection.read_buf(&mut answer);
            assert_ne!(tokio::time::timeout(AGES, read).await.unwrap().unwrap(), 0);
        }
        drop(connection);
        assert!(tokio::time::timeout(AGES, dropped).await.unwrap().is_err());
    });

    let end = assert_failed(
        &messages,
        "http_request",
        "dropped before the end of its answer",
    );
    assert_eq!(end.get("exception"), "cancelled");
    assert_eq!(end.get("bytes"), 4);
    assert_eq!(end.get("status"), 200);
}

#[test]
fn an_answer_to_head_and_one_of_promised_length_are_whole() {
    let messages = logged(async |_| {
        let handler = async || {
            let steps = Steps::new([Step::Data("sold"), Step::Wait]);
            let mut answer = Response::new(Body::new(steps));
            answer.headers_mut().insert("content-length", 4.into());
            answer
        };
        let routes = Router::new()
            .route("/", get(handler))
            .layer(ServerLayer::new());
        let address = serve(routes).await;

        let answer = ask(&address, "GET /").await;
        assert!(answer.ends_with("\r\n\r\nsold"), "{answer}");
        let answer = ask(&address, "HEAD /").await;
        assert!(answer.ends_with("\r\n\r\n"), "{answer}");
    });

    assert_complete(&messages);
    let ends: Vec<_> = messages
        .iter()
        .filter(|message| message.has("status"))
        .map(|end| (end.status().unwrap(), end.get("bytes").to_string()))
        .collect();
    assert_eq!(
        ends,
        [("succeeded", "4".to_owned()), ("succeeded", "0".to_owned())]
    );
}

#[test]
fn an_answer_that_changes_the_protocol_ends_the_action() {
    let messages = logged(async |captured| {
        let handler = async |mut request: axum::extract::Request| {
            let upgrade = hyper::upgrade::on(&mut request);
            tokio::spawn(async move {
                let upgraded = upgrade.await.unwrap();
                let mut upgraded = hyper_util::rt::TokioIo::new(upgraded);
                upgraded.write_all(b"hello").await.unwrap();
            });
            let answer = Response::builder()
                .status(StatusCode::SWITCHING_PROTOCOLS)
                .header("connection", "upgrade")
                .header("upgrade", "chat");
            answer.body(Body::empty()).unwrap()
        };
        let routes = Router::new()
            .route("/", get(handler))
            .layer(ServerLayer::new());
        let address = serve(routes).await;

        let mut connection = TcpStream::connect(address).await.unwrap();
        let request =
            "GET / HTTP/1.1\r\nhost: orders\r\nconnection: upgrade\r\nupgrade: chat\r\n\r\n";
        connection.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(b"hello") {
            let read = connection.read_buf(&mut answer);
            assert_ne!(tokio::time::timeout(AGES, read).await.unwrap().unwrap(), 0);
        }

        assert_succeeded(&captured.messages(), "http_request");
    });

    assert_eq!(end(&messages, "http_request").get("status"), 101);
    assert_eq!(drawing(&messages).lines().count(), 2);
}
