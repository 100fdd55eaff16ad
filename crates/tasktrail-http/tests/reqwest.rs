//! What becomes of a call of a `reqwest` client.
#![cfg(feature = "reqwest")]
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

#[cfg(test)]
mod serving;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware};
use reqwest_retry::RetryTransientMiddleware;
use reqwest_retry::policies::ExponentialBackoff;
use serving::{
    assert_complete, assert_failed, assert_succeeded, drawing, end, logged, serve, start,
};
use tasktrail_http::{ClientMiddleware, SendTo, ServerLayer, Trust};

fn client(middleware: ClientMiddleware) -> ClientWithMiddleware {
    // A proxy of the environment shall not see this.
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let waits = Duration::from_millis(1);
    let retry = ExponentialBackoff::builder()
        .retry_bounds(waits, waits)
        .build_with_max_retries(2);
    ClientBuilder::new(client)
        .with(RetryTransientMiddleware::new_with_policy(retry))
        .with(middleware)
        .build()
}

#[test]
fn each_attempt_is_an_action_that_a_server_continues_at_a_position_of_its_own() {
    let messages = logged(async |_| {
        let attempts = Arc::new(AtomicUsize::new(0));
        let handler = async move || match attempts.fetch_add(1, Ordering::Relaxed) {
            0 => (StatusCode::SERVICE_UNAVAILABLE, "busy"),
            _ => (StatusCode::OK, "sold"),
        };
        let routes = Router::new()
            .route("/orders", get(handler))
            .layer(ServerLayer::new().trust(Trust::Anybody));
        let address = serve(routes).await;

        let client = client(ClientMiddleware::new());
        let call = client
            .get(format!("http://{address}/orders?token=secret"))
            .send();
        let order = tracing::info_span!("order");
        let answer = tasktrail::in_span(order, call).await.unwrap();
        assert_eq!(answer.text().await.unwrap(), "sold");
    });

    assert_complete(&messages);
    assert_eq!(
        drawing(&messages),
        "\
order /1 started
  http_call /2/1 started
    http_request /2/2/1 started
    http_request /2/2/2 failed
  http_call /2/3 failed
  http_call /3/1 started
    http_request /3/2/1 started
    http_request /3/2/2 succeeded
  http_call /3/3 succeeded
order /4 succeeded
"
    );
    let call = messages
        .iter()
        .find(|message| message.name() == "http_call");
    let call = call.unwrap();
    assert_eq!(call.get("method"), "GET");
    assert_eq!(call.get("host"), "127.0.0.1");
    assert!(call.get("port").is_u64());
    assert_eq!(call.get("path"), "/orders");
    assert!(!format!("{messages:?}").contains("secret"));
}

#[test]
fn a_call_that_reaches_nobody_fails_with_an_address_that_shows_no_secrets() {
    let messages = logged(async |_| {
        let address = nobody();
        let client = ClientBuilder::new(reqwest::Client::builder().no_proxy().build().unwrap())
            .with(ClientMiddleware::new().send_to(SendTo::Nobody))
            .build();

        let url = format!("http://ada:sesame@{address}/orders?token=secret#part");
        let error = client.get(&url).send().await.unwrap_err();
        // The caller's own error still knows the whole address.
        let reqwest_middleware::Error::Reqwest(error) = error else {
            panic!("{error}");
        };
        assert!(
            error
                .url()
                .unwrap()
                .as_str()
                .ends_with("?token=secret#part")
        );
    });

    let end = end(&messages, "http_call");
    assert_eq!(end.status(), Some("failed"));
    assert_eq!(end.get("exception"), "reqwest::error::Error");
    let reason = end.get("reason").as_str().unwrap();
    assert!(reason.ends_with("/orders)"), "{reason}");
    assert!(
        end.get("exception_sources").to_string().contains("onnect"),
        "{end:?}"
    );
    let text = format!("{messages:?}");
    for secret in ["secret", "sesame", "ada", "part"] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
}

/// Gives an address at which nobody listens.
fn nobody() -> String {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    nobody.local_addr().unwrap().to_string()
}

#[test]
fn the_place_of_a_call_that_never_left_is_closed() {
    let messages = logged(async |_| {
        let client = ClientBuilder::new(reqwest::Client::builder().no_proxy().build().unwrap())
            .with(ClientMiddleware::new().unsent_if(reqwest::Error::is_connect))
            .build();
        let call = client.get(format!("http://{}/orders", nobody())).send();
        assert!(call.await.is_err());
    });

    assert_complete(&messages);
    assert_eq!(
        drawing(&messages),
        "\
http_call /1 started
  eliot:remote_task /2/1 started
  eliot:remote_task /2/2 succeeded
http_call /3 failed
"
    );
}

#[test]
fn a_password_in_an_address_that_a_call_is_redirected_to_is_not_shown() {
    let messages = logged(async |_| {
        let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let location = format!("http://ada:sesame@{}/", nobody.local_addr().unwrap());
        drop(nobody);
        let redirect = async move || axum::response::Redirect::temporary(&location);
        let address = serve(Router::new().route("/", get(redirect))).await;
        let middleware = ClientMiddleware::new().send_to(SendTo::Nobody);
        let client = ClientBuilder::new(reqwest::Client::builder().no_proxy().build().unwrap())
            .with(middleware)
            .build();

        assert!(
            client
                .get(format!("http://{address}/"))
                .send()
                .await
                .is_err()
        );
    });

    assert_eq!(end(&messages, "http_call").status(), Some("failed"));
    let text = format!("{messages:?}");
    assert!(!text.contains("sesame") && !text.contains("ada"), "{text}");
}

#[test]
fn a_call_that_is_dropped_before_its_answer_is_cancelled() {
    let messages = logged(async |_| {
        let routes = Router::new().route("/", get(std::future::pending::<&str>));
        let address = serve(routes).await;
        let client = client(ClientMiddleware::new().send_to(SendTo::Nobody));

        let call = client.get(format!("http://{address}/")).send();
        let waits = tokio::time::timeout(Duration::from_millis(1), call);
        assert!(waits.await.is_err());
    });

    let end = assert_failed(&messages, "http_call", "dropped before its answer");
    assert_eq!(end.get("exception"), "cancelled");
}

#[test]
fn strangers_are_told_nothing() {
    let messages = logged(async |_| {
        let handler = async |headers: axum::http::HeaderMap| {
            assert!(!headers.contains_key("x-eliot-task-id"));
            assert!(!headers.contains_key("traceparent"));
        };
        let address = serve(Router::new().route("/", get(handler))).await;
        let middleware = ClientMiddleware::new().send_to(SendTo::when(|host| host == "orders"));

        let answer = client(middleware)
            .get(format!("http://{address}/"))
            .send()
            .await;
        assert_eq!(answer.unwrap().status(), 200);
    });

    assert_succeeded(&messages, "http_call");
    assert!(!start(&messages, "http_call").has("status"));
}
