//! Many requests at once, on many threads: nothing is missing, and nothing is there twice.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

#[cfg(test)]
mod serving;

use std::collections::HashSet;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::Response;
use axum::routing::get;
use bytes::Bytes;
use http::Request;
use http_body_util::BodyExt;
use hyper_util::client::legacy::Client as Hyper;
use hyper_util::rt::TokioExecutor;
use serving::{Captured, Step, Steps, assert_complete, serve};
use tasktrail::{JsonLayer, TaskLayer};
use tasktrail_http::{ClientLayer, ServerLayer, Trust};
use tokio::sync::{Barrier, Semaphore};
use tokio::task::JoinSet;
use tower::util::BoxCloneService;
use tower::{ServiceBuilder, ServiceExt};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt;

const REQUESTS: usize = 1_000;

/// Each connection takes two of the files that a process may have open.
const CONNECTIONS: usize = 100;

#[test]
fn a_thousand_requests_are_complete_at_once_in_a_program_and_over_a_hundred_connections() {
    let captured = Captured::new();
    let subscriber = tracing_subscriber::registry()
        .with(LevelFilter::INFO)
        .with(TaskLayer::new())
        .with(JsonLayer::eliot().with_writer(captured.clone()));
    tracing::subscriber::set_global_default(subscriber).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(4)
        .enable_all()
        .build()
        .unwrap();

    runtime.block_on(async {
        call_all(&in_the_program(), "http://orders", REQUESTS).await;
        let (client, address) = over_connections().await;
        call_all(&client, &address, CONNECTIONS).await;
    });
    // What the server has still to do ends with it.
    drop(runtime);

    let messages = captured.messages();
    assert_complete(&messages);
    let tasks: HashSet<_> = messages.iter().map(|message| message.task()).collect();
    assert_eq!(tasks.len(), 2 * REQUESTS);
    for action in ["http_call", "http_request", "pack"] {
        let ends = messages
            .iter()
            .filter(|message| message.name() == action && message.status() == Some("succeeded"));
        assert_eq!(ends.count(), 2 * REQUESTS, "{action}");
    }
}

type Caller = BoxCloneService<Request<String>, Response<Body>, tower::BoxError>;

/// Calls a thousand times, so many at once.
async fn call_all(client: &Caller, address: &str, at_once: usize) {
    let permits = Arc::new(Semaphore::new(at_once));
    let mut calls = JoinSet::new();
    for id in 0..REQUESTS {
        let request = Request::get(format!("{address}/orders/{id}"));
        let call = client.clone().oneshot(request.body(String::new()).unwrap());
        let permits = Arc::clone(&permits);
        calls.spawn(async move {
            let _permit = permits.acquire().await.unwrap();
            let body = call.await.unwrap().into_body().collect().await.unwrap();
            assert_eq!(body.to_bytes(), "sold!");
        });
    }
    while let Some(call) = calls.join_next().await {
        call.unwrap();
    }
}

/// Makes a client whose calls a service answers once all of them are there.
fn in_the_program() -> Caller {
    let all = Arc::new(Barrier::new(REQUESTS));
    ServiceBuilder::new()
        .map_response(boxed)
        .layer(ClientLayer::new())
        .layer(ServerLayer::new().trust(Trust::Anybody))
        .service_fn(move |_: Request<String>| {
            let all = Arc::clone(&all);
            async move {
                all.wait().await;
                Ok::<_, tower::BoxError>(answer().await)
            }
        })
        .boxed_clone()
}

async fn over_connections() -> (Caller, String) {
    let routes = Router::new()
        .route("/orders/{id}", get(answer))
        .layer(ServerLayer::new().trust(Trust::Anybody));
    let address = serve(routes).await;
    let client = ServiceBuilder::new()
        .map_response(boxed)
        .map_err(tower::BoxError::from)
        .layer(ClientLayer::new())
        .service(Hyper::builder(TokioExecutor::new()).build_http::<String>());
    (client.boxed_clone(), format!("http://{address}"))
}

fn boxed<B>(answer: Response<B>) -> Response<Body>
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<tower::BoxError>,
{
    answer.map(Body::new)
}

async fn answer() -> Response<Body> {
    pack().await;
    Response::new(Body::new(Steps::new([Step::Data("sold"), Step::Data("!")])))
}

#[tracing::instrument]
async fn pack() {
    tokio::task::yield_now().await;
}
