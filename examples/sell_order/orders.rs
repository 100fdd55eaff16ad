//! The orders service: checks an order, books it, and finds a buyer on the market.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use axum::{Json, Router};
use tracing::{info, instrument};

use crate::service::{self, Next, Order, Receipt, Refused};

pub(crate) fn routes(market: String) -> Router {
    Router::new()
        .route("/orders", post(handle))
        .with_state(Next::new(format!("{market}/match")))
}

async fn handle(
    State(market): State<Next>,
    headers: HeaderMap,
    Json(order): Json<Order>,
) -> Result<Json<Receipt>, (StatusCode, String)> {
    let placed = async { place(&market, order).await.inspect_err(tasktrail::fail) };
    service::continued(&headers)
        .instrument(placed)
        .await
        .map(Json)
        .map_err(Refused::answer)
}

#[instrument(name = "place_order", skip_all, fields(shares = order.shares), err)]
async fn place(market: &Next, order: Order) -> Result<Receipt, Refused> {
    // The risk is a matter of computing: a thread of its own.
    let task = tasktrail::hand_over();
    let shares = order.shares;
    let risk = tokio::task::spawn_blocking(move || task.run(|| risk(shares)));

    // The customer hears of the order while it goes to the market: a tokio task.
    let task = tasktrail::hand_over();
    let notice = tokio::spawn(task.instrument(notify(order.customer.clone())));

    let risk = risk
        .await
        .map_err(|error| Refused::new(error.to_string()))?;
    info!(risk, "risk accepted");
    let receipt = market.call(&order).await;
    notice
        .await
        .map_err(|error| Refused::new(error.to_string()))?;
    receipt
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
