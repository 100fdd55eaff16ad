//! What the processes share: how they serve, and how they ask the next one.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use reqwest::redirect::Policy;
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware};
use reqwest_retry::RetryTransientMiddleware;
use reqwest_retry::policies::ExponentialBackoff;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tasktrail_http::ClientMiddleware;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::{Arguments, Error, Schema};

/// Where each process serves: only for this machine, on a port that the system chooses.
const LOOPBACK: &str = "127.0.0.1:0";

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Order {
    pub(crate) customer: String,
    pub(crate) stock: String,
    pub(crate) shares: u32,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Receipt {
    pub(crate) price: f64,
}

/// Says why an order is not sold.
#[derive(Debug)]
pub(crate) struct Refused {
    status: StatusCode,
    why: String,
}

impl Refused {
    pub(crate) fn new(status: StatusCode, why: impl Into<String>) -> Self {
        let why = why.into();
        Self { status, why }
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        (self.status, self.why).into_response()
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)
    }
}

/// Something went wrong that is no matter of the order.
impl<E: std::error::Error + 'static> From<E> for Refused {
    fn from(error: E) -> Self {
        Self::new(StatusCode::BAD_GATEWAY, with_reasons(&error))
    }
}

/// The next process, as the one before sees it.
#[derive(Debug, Clone)]
pub(crate) struct Next {
    /// One for all requests: it keeps the connections, and its clones share them.
    client: ClientWithMiddleware,
    url: String,
}

impl Next {
    /// Takes the address to which orders are sent.
    pub(crate) fn new(url: String) -> Self {
        Self::with(ClientBuilder::new(client()), url)
    }

    /// Takes the address to which an order is sent up to three times, where it was not taken.
    pub(crate) fn trying_again(url: String) -> Self {
        let policy = ExponentialBackoff::builder()
            .retry_bounds(Duration::from_millis(10), Duration::from_millis(100))
            .build_with_max_retries(2);
        let again = RetryTransientMiddleware::new_with_policy(policy);
        Self::with(ClientBuilder::new(client()).with(again), url)
    }

    fn with(outer: ClientBuilder, url: String) -> Self {
        // Innermost, so that each attempt is an action and hands over a position of its own; where
        // nobody was there to take it, the place of the position is closed.
        let task = ClientMiddleware::new().unsent_if(reqwest::Error::is_connect);
        let client = outer.with(task).build();
        Self { client, url }
    }

    /// Passes an order on, and with it the task.
    pub(crate) async fn call<A: DeserializeOwned>(&self, order: &Order) -> Result<A, Refused> {
        let response = self.client.post(&self.url).json(order).send().await?;
        match response.status() {
            StatusCode::OK => Ok(response.json().await?),
            status => Err(Refused::new(status, response.text().await?)),
        }
    }
}

/// Tells an error and what led to it.
pub(crate) fn with_reasons(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(source) = next {
        let reason = source.to_string();
        // Some errors tell their source themselves.
        if !text.ends_with(&reason) {
            text.push_str(&format!(": {reason}"));
        }
        next = source.source();
    }
    text
}

/// Gives the file to which a process logs.
pub(crate) fn log_file(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}.log"))
}

/// Serves until standard input ends: whoever started this process wants it to stop, or is gone.
pub(crate) fn serve(name: &str, arguments: &Arguments, routes: Router) -> Result<(), Error> {
    let folder = arguments.dir.clone().unwrap_or_else(std::env::temp_dir);
    let setup = match arguments.schema {
        Schema::Eliot => tasktrail::eliot(),
        Schema::Logstash => tasktrail::logstash(),
    };
    let worker = setup
        .field("service", name)
        .file(log_file(&folder, name))
        .start()?;

    serve_until_stopped(name, routes)?;

    // tokio's runtime is gone by now, and all its tasks with it: no action is open any more.
    let outcome = worker.finish();
    match outcome.lost() {
        0 => Ok(()),
        _ => Err(format!("{name}: {}", outcome.losses()).into()),
    }
}

#[tokio::main]
async fn serve_until_stopped(name: &str, routes: Router) -> Result<(), Error> {
    let failed = |error| format!("{name} can't serve on {LOOPBACK}: {error}");
    let listener = TcpListener::bind(LOOPBACK).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    tell(&format!("http://{address}\n")).await;
    let served = axum::serve(listener, routes).with_graceful_shutdown(stopped());
    Ok(served.await.map_err(failed)?)
}

/// Tells whoever started this process; if it does not listen, it doesn't want to know.
pub(crate) async fn tell(line: &str) {
    let mut output = tokio::io::stdout();
    let _ = output.write_all(line.as_bytes()).await;
    let _ = output.flush().await;
}

async fn stopped() {
    // Ctrl-C reaches all processes of a terminal; the one that started this one says when to stop.
    let ignored = async { while tokio::signal::ctrl_c().await.is_ok() {} };
    let mut byte = [0];
    let mut input = tokio::io::stdin();
    tokio::select! {
        _ = input.read(&mut byte) => {}
        () = ignored => {}
    }
}

/// Makes a client for requests on this machine, which no proxy of the environment shall see.
pub(crate) fn client() -> reqwest::Client {
    reqwest::Client::builder()
        .no_proxy()
        // It would bring the position of one request to two servers.
        .redirect(Policy::none())
        .build()
        .unwrap_or_default()
}
