//! What the three processes share: how they serve, and how a task crosses from one to the next.

use std::fmt;
use std::path::PathBuf;
use std::process::ExitCode;

use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use tasktrail::{HandOver, continue_task, hand_over};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::{Arguments, Error, Schema};

/// The header that carries the position of a task, as Eliot's documentation calls it.
const TASK_HEADER: &str = "x-eliot-task-id";

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
pub(crate) struct Refused(String);

impl Refused {
    pub(crate) fn new(why: String) -> Self {
        Self(why)
    }

    pub(crate) fn answer(self) -> (StatusCode, String) {
        (StatusCode::CONFLICT, self.0)
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Refused {}

/// Continues the task of whoever sent the request.
pub(crate) fn continued(headers: &HeaderMap) -> HandOver {
    let text = headers
        .get(TASK_HEADER)
        .map(|value| String::from_utf8_lossy(value.as_bytes()));
    continue_task(&text.unwrap_or_default())
}

/// The next process, as the one before sees it.
#[derive(Debug, Clone)]
pub(crate) struct Next {
    /// One for all requests: it keeps the connections, and its clones share them.
    client: reqwest::Client,
    url: String,
}

impl Next {
    /// Takes the address to which orders are sent.
    pub(crate) fn new(url: String) -> Self {
        let client = client();
        Self { client, url }
    }

    /// Passes an order on, and with it the task.
    #[tracing::instrument(name = "http_request", skip_all, fields(url = self.url), err)]
    pub(crate) async fn call(&self, order: &Order) -> Result<Receipt, Refused> {
        let broken = |error: reqwest::Error| Refused::new(with_reasons(&error));
        let mut request = self.client.post(&self.url).json(order);
        if let Some(task) = hand_over().into_text() {
            request = request.header(TASK_HEADER, task);
        }
        let response = request.send().await.map_err(broken)?;
        if response.status().is_success() {
            response.json().await.map_err(broken)
        } else {
            Err(Refused::new(response.text().await.map_err(broken)?))
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
pub(crate) fn log_file(arguments: &Arguments, name: &str) -> PathBuf {
    let folder = arguments.dir.clone().unwrap_or_else(std::env::temp_dir);
    folder.join(format!("{name}.log"))
}

/// Serves until standard input ends: whoever started this process wants it to stop, or is gone.
pub(crate) async fn serve(
    name: &str,
    arguments: &Arguments,
    routes: Router,
) -> Result<ExitCode, Error> {
    let setup = match arguments.schema {
        Schema::Eliot => tasktrail::eliot(),
        Schema::Logstash => tasktrail::logstash(),
    };
    let worker = setup
        .field("service", name)
        .file(log_file(arguments, name))
        .start()?;

    let failed = |error| format!("{name} can't serve on {LOOPBACK}: {error}");
    let listener = TcpListener::bind(LOOPBACK).await.map_err(failed)?;
    let address = format!("http://{}\n", listener.local_addr().map_err(failed)?);
    tokio::io::stdout()
        .write_all(address.as_bytes())
        .await
        .map_err(|error| format!("{name} can't tell its address on <stdout>: {error}"))?;
    axum::serve(listener, routes)
        .with_graceful_shutdown(stopped())
        .await
        .map_err(failed)?;

    let outcome = worker.finish();
    match outcome.lost() {
        0 => Ok(ExitCode::SUCCESS),
        _ => Err(format!("{name}: {}", outcome.losses()).into()),
    }
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
        .build()
        .unwrap_or_default()
}
