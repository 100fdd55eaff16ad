//! What happens to the orders.

use std::time::Duration;

use axum::http::StatusCode;
use clap::Args;

use crate::market::Conduct;

/// The command line's choice of a story: one at most; without one the orders are sold.
#[derive(Debug, Clone, Args)]
#[group(multiple = false)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(crate) struct Flags {
    /// Let the market refuse the order.
    #[arg(long)]
    fail: bool,

    /// Let the market be closed at the first attempt, so that there is a second.
    #[arg(long)]
    retry: bool,

    /// Let the market take longer than the orders service waits, which is 3 seconds then.
    #[arg(long)]
    timeout: bool,

    /// Let the customer hang up while the market looks for a buyer.
    #[arg(long)]
    hang_up: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Story {
    Sold,
    Refused,
    Retried,
    TimedOut,
    HungUp,
}

impl Flags {
    pub(crate) fn story(&self) -> Story {
        match self {
            Self { fail: true, .. } => Story::Refused,
            Self { retry: true, .. } => Story::Retried,
            Self { timeout: true, .. } => Story::TimedOut,
            Self { hang_up: true, .. } => Story::HungUp,
            _ => Story::Sold,
        }
    }
}

impl Story {
    /// Gives what the market does in it.
    pub(crate) fn conduct(self) -> Conduct {
        match self {
            Self::Sold => Conduct::Sells,
            Self::Refused => Conduct::Refuses,
            Self::Retried => Conduct::OpensLate,
            Self::TimedOut | Self::HungUp => Conduct::NeverAnswers,
        }
    }

    /// Gives how long the orders service waits for the market.
    pub(crate) fn patience(self) -> Duration {
        match self {
            Self::TimedOut => Duration::from_secs(3),
            _ => Duration::from_secs(60),
        }
    }

    /// Gives the status that answers each order.
    pub(crate) fn answer(self) -> StatusCode {
        match self {
            Self::Refused => StatusCode::CONFLICT,
            Self::TimedOut => StatusCode::GATEWAY_TIMEOUT,
            Self::Sold | Self::Retried | Self::HungUp => StatusCode::OK,
        }
    }
}
