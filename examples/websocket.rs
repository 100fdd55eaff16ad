//! A conversation over a WebSocket, as one task.
//!
//! A WebSocket begins with a request of HTTP, so the layer continues its task. What is said over the
//! socket afterwards are no requests any more, and have no headers: here each message carries, beside
//! its text, a position of its own, and whoever hears it goes on in the task there.
//!
//! `cargo run --example websocket` talks to itself over loopback.

use axum::Router;
use axum::extract::State;
use axum::extract::ws::{self, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use axum::routing::any;
use futures_util::{SinkExt, StreamExt};
use serde::{Deserialize, Serialize};
use tasktrail_http::{Headers, ServerLayer, Trust};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};
use tracing::{info, info_span, instrument};

type Error = Box<dyn std::error::Error + Send + Sync>;
type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// A message of either side.
#[derive(Debug, Serialize, Deserialize)]
struct Said {
    text: String,
    /// The position at which the task goes on, for whoever hears this, and for nobody else.
    task: String,
}

impl Said {
    /// Says something in the current task.
    fn now(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            task: tasktrail::hand_over().into_text().unwrap_or_default(),
        }
    }
}

fn main() -> Result<(), Error> {
    let worker = tasktrail::eliot().start()?;
    talk()?;
    match worker.finish().lost() {
        0 => Ok(()),
        lost => Err(format!("{lost} lines lost").into()),
    }
}

#[tokio::main]
async fn talk() -> Result<(), Error> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("ws://{}/prices", listener.local_addr()?);
    // Each conversation holds a sender until its end: then the receiver has nobody to wait for.
    let (open, mut all_closed) = mpsc::channel(1);
    let routes = Router::new()
        .route("/prices", any(upgrade))
        .layer(ServerLayer::new().trust(Trust::Anybody))
        .with_state(open);
    let serving = tokio::spawn(async { axum::serve(listener, routes).await });

    ask_for_prices(&url).await?;

    serving.abort();
    let _ = all_closed.recv().await;
    Ok(())
}

/// The server: takes a request that becomes a WebSocket.
async fn upgrade(State(open): State<mpsc::Sender<()>>, request: WebSocketUpgrade) -> Response {
    // What follows outlasts the request, whose action ends now; it is of the same task.
    let task = tasktrail::hand_over();
    request.on_upgrade(async |socket| {
        task.instrument(converse(socket)).await;
        drop(open);
    })
}

#[instrument(skip_all, fields(answered))]
async fn converse(mut socket: WebSocket) {
    let mut answered = 0;
    while let Some(Ok(ws::Message::Text(text))) = socket.recv().await {
        let Ok(question) = serde_json::from_str(&text) else {
            tracing::warn!(bytes = text.len(), "no question");
            continue;
        };
        let answer = serde_json::to_string(&answer(question)).unwrap_or_default();
        if socket.send(answer.into()).await.is_err() {
            break;
        }
        answered += 1;
    }
    tracing::Span::current().record("answered", answered);
}

/// An action for each message that is heard: it stands where the one who asked handed over.
fn answer(question: Said) -> Said {
    tasktrail::continue_task(&question.task)
        .into_span_with(|| info_span!("answer", stock = question.text))
        .in_scope(|| {
            info!("price looked up");
            Said::now("12.5")
        })
}

/// The client: asks for some prices over one WebSocket.
#[instrument(skip_all)]
async fn ask_for_prices(url: &str) -> Result<(), Error> {
    let mut request = url.into_client_request()?;
    Headers::default().inject(request.headers_mut());
    let (mut socket, _) = connect_async(request).await?;
    for stock in ["ACME", "EMCA"] {
        ask(&mut socket, stock).await?;
    }
    Ok(socket.close(None).await?)
}

#[instrument(skip(socket))]
async fn ask(socket: &mut Socket, stock: &str) -> Result<(), Error> {
    let question = serde_json::to_string(&Said::now(stock))?;
    socket.send(Message::text(question)).await?;
    let answer = socket.next().await.ok_or("the server hung up")??;
    let answer: Said = serde_json::from_str(answer.to_text()?)?;
    tasktrail::continue_task(&answer.task).run(|| info!(price = answer.text, "answer heard"));
    Ok(())
}
