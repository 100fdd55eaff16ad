//! The gateway: takes orders from outside and passes them on.

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use tracing::{info, instrument};

use crate::service::{Next, Order, Receipt, Refused};

pub(crate) fn routes(orders: String) -> Router {
    Router::new()
        .route("/sell", post(handle))
        .with_state(Next::new(format!("{orders}/orders")))
}

async fn handle(
    State(orders): State<Next>,
    Json(order): Json<Order>,
) -> Result<Json<Receipt>, (StatusCode, String)> {
    sell(&orders, order)
        .await
        .map(Json)
        .map_err(Refused::answer)
}

// No task comes from outside: each order starts one.
#[instrument(name = "sell_order", skip_all, fields(stock = order.stock, shares = order.shares), err)]
async fn sell(orders: &Next, order: Order) -> Result<Receipt, Refused> {
    info!(customer = order.customer, "order received");
    let receipt = orders.call(&order).await?;
    info!(price = receipt.price, "sold");
    Ok(receipt)
}
