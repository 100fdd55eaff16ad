//! The gateway: takes orders from outside and passes them on.

use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use tasktrail_http::{Format, Headers, ServerLayer, Trust};
use tracing::{info, instrument};

use crate::service::{Next, Order, Receipt, Refused};

pub(crate) fn routes(orders: &str) -> Router {
    // No task comes from outside: each order starts one. Anybody may name it, though.
    let named = Headers::none().read(Format::CorrelationId("Correlation-Id"));
    Router::new()
        .route("/sell", post(sell))
        .layer(ServerLayer::new().headers(named).trust(Trust::Anybody))
        .with_state(Next::new(format!("{orders}/orders")))
}

#[instrument(name = "sell_order", skip_all, fields(stock = order.stock, shares = order.shares), err)]
async fn sell(
    State(orders): State<Next>,
    Json(order): Json<Order>,
) -> Result<Json<Receipt>, Refused> {
    info!(customer = order.customer, "order received");
    let receipt: Receipt = orders.call(&order).await?;
    info!(price = receipt.price, "sold");
    Ok(Json(receipt))
}
