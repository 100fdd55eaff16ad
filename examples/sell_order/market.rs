//! The market: finds a buyer, or refuses.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use axum::{Json, Router};
use tracing::{info, instrument};

use crate::service::{self, Order, Receipt, Refused};

pub(crate) fn routes(refuses: bool) -> Router {
    Router::new()
        .route("/match", post(handle))
        .with_state(refuses)
}

async fn handle(
    State(refuses): State<bool>,
    headers: HeaderMap,
    Json(order): Json<Order>,
) -> Result<Json<Receipt>, (StatusCode, String)> {
    service::continued(&headers)
        .run(|| match_order(refuses, &order).inspect_err(tasktrail::fail))
        .map(Json)
        .map_err(Refused::answer)
}

#[instrument(skip_all, fields(stock = order.stock), err)]
fn match_order(refuses: bool, order: &Order) -> Result<Receipt, Refused> {
    info!(buyers = if refuses { 0 } else { 3 }, "buyers asked");
    if refuses {
        return Err(Refused::new(format!("nobody buys {}", order.stock)));
    }
    Ok(Receipt { price: 12.5 })
}
