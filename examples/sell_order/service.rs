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

/// Passes an order on to the next process, and with it the task.
#[tracing::instrument(name = "http_request", skip_all, fields(url = url), err)]
pub(crate) async fn call(url: &str, order: &Order) -> Result<Receipt, Refused> {
    let broken = |error: reqwest::Error| Refused::new(error.to_string());
    let mut request = reqwest::Client::new().post(url).json(order);
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

    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = format!("http://{}\n", listener.local_addr()?);
    tokio::io::stdout().write_all(address.as_bytes()).await?;
    axum::serve(listener, routes)
        .with_graceful_shutdown(stopped())
        .await?;

    let outcome = worker.finish();
    match outcome.lost() {
        0 => Ok(ExitCode::SUCCESS),
        lost => Err(format!("{name} lost {lost} lines").into()),
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
