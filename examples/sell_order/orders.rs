//! The orders service: checks an order, books it, and finds a buyer on the market.

use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use serde::Deserialize;
use tasktrail_http::{ServerLayer, Trust};
use tokio::time::timeout;
use tracing::{info, instrument};

use crate::service::{Next, Order, Receipt, Refused};

#[derive(Debug, Clone)]
struct Asked {
    market: Next,
    /// How long the market may take.
    patience: Duration,
    compliance: Option<Next>,
}

#[derive(Debug, Deserialize)]
struct Verdict {
    allowed: bool,
}

pub(crate) fn routes(market: &str, patience: Duration, compliance: Option<&str>) -> Router {
    let asked = Asked {
        market: Next::trying_again(format!("{market}/match")),
        patience,
        compliance: compliance.map(|address| Next::new(format!("{address}/check"))),
    };
    Router::new()
        .route("/orders", post(place))
        // Only the gateway sends requests here: the task is the one that it hands over.
        .layer(ServerLayer::new().trust(Trust::Anybody))
        .with_state(asked)
}

#[instrument(name = "place_order", skip_all, fields(shares = order.shares), err)]
async fn place(
    State(asked): State<Asked>,
    Json(order): Json<Order>,
) -> Result<Json<Receipt>, Refused> {
    // The risk is a matter of computing: a thread of its own.
    let task = tasktrail::hand_over();
    let shares = order.shares;
    let risk = tokio::task::spawn_blocking(move || task.run(|| risk(shares)));

    // The customer hears of the order while it goes to the market: a tokio task.
    let task = tasktrail::hand_over();
    let notice = tokio::spawn(task.instrument(notify(order.customer.clone())));

    let risk = risk.await?;
    info!(risk, "risk accepted");
    let receipt = asked.sell(&order).await;
    notice.await?;
    receipt.map(Json)
}

impl Asked {
    async fn sell(&self, order: &Order) -> Result<Receipt, Refused> {
        if let Some(compliance) = &self.compliance {
            let verdict: Verdict = compliance.call(order).await?;
            if !verdict.allowed {
                return Err(Refused::new(StatusCode::FORBIDDEN, "above the limit"));
            }
        }
        match timeout(self.patience, self.market.call(order)).await {
            Ok(answer) => answer,
            // By then the call is dropped: its action ended as cancelled.
            Err(_) => Err(Refused::new(
                StatusCode::GATEWAY_TIMEOUT,
                format!("no answer of the market within {:?}", self.patience),
            )),
        }
    }
}

#[instrument(name = "assess_risk", fields(risk))]
fn risk(shares: u32) -> f64 {
    let risk = f64::from(shares) / 1000.0;
    tracing::Span::current().record("risk", risk);
    risk
}

#[instrument(name = "notify_customer")]
async fn notify(customer: String) {
    tokio::task::yield_now().await;
    info!("customer notified");
}
