//! The market: finds a buyer, or refuses.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use clap::ValueEnum;
use tasktrail_http::{ServerLayer, Trust};
use tracing::{info, instrument};

use crate::service::{self, Order, Receipt, Refused};

/// What the market does with an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Conduct {
    Sells,
    Refuses,
    /// It is closed when the first order comes.
    OpensLate,
    /// It says on standard output that it looks for a buyer, and does so for ever.
    NeverAnswers,
}

#[derive(Debug, Clone)]
struct Market {
    conduct: Conduct,
    is_open: Arc<AtomicBool>,
}

const PRICE: Receipt = Receipt { price: 12.5 };

pub(crate) fn routes(conduct: Conduct) -> Router {
    let market = Market {
        conduct,
        is_open: Arc::new(AtomicBool::new(conduct != Conduct::OpensLate)),
    };
    Router::new()
        .route("/match", post(match_order))
        .route("/price", get(price))
        .layer(ServerLayer::new().trust(Trust::Anybody))
        .with_state(market)
}

#[instrument(skip_all, fields(stock = order.stock), err)]
async fn match_order(
    State(market): State<Market>,
    Json(order): Json<Order>,
) -> Result<Json<Receipt>, Refused> {
    if !market.is_open.swap(true, Ordering::Relaxed) {
        let status = StatusCode::SERVICE_UNAVAILABLE;
        return Err(Refused::new(status, "the market is closed"));
    }
    let buyers = match market.conduct {
        Conduct::Refuses => 0,
        Conduct::Sells | Conduct::OpensLate | Conduct::NeverAnswers => 3,
    };
    info!(buyers, "buyers asked");
    match market.conduct {
        Conduct::NeverAnswers => {
            service::tell("looking for a buyer\n").await;
            std::future::pending().await
        }
        Conduct::Refuses => Err(Refused::new(
            StatusCode::CONFLICT,
            format!("nobody buys {}", order.stock),
        )),
        Conduct::Sells | Conduct::OpensLate => Ok(Json(PRICE)),
    }
}

async fn price() -> Json<Receipt> {
    info!("price looked up");
    Json(PRICE)
}
