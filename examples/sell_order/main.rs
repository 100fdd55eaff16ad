//! The sell order of a small broker: three processes, one task.
//!
//! ```text
//! client ─▶ gateway ─▶ orders ─▶ market
//!                        ├─▶ a thread
//!                        └─▶ a tokio task
//! ```
//!
//! `cargo run --example sell_order` starts the three processes on loopback, sells, stops them and
//! prints the tree that their joined logs give. The processes are this same program: its first
//! argument says which of them it is.

mod gateway;
mod market;
mod orders;
mod run;
mod service;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};

type Error = Box<dyn std::error::Error + Send + Sync>;

/// Sells shares through three processes and prints what their joined logs tell.
#[derive(Debug, Parser)]
struct Arguments {
    /// Let the market refuse the order.
    #[arg(long)]
    fail: bool,

    /// How many orders to sell at once; each may take two open files in a process, and `ulimit -n`
    /// says how many a process may have.
    #[arg(long, value_name = "N", default_value_t = 1)]
    orders: usize,

    /// The schema of the log lines.
    #[arg(long, value_enum, default_value_t = Schema::Eliot)]
    schema: Schema,

    /// Keep the logs, one file for each process, in this folder [default: a temporary one].
    #[arg(long)]
    dir: Option<PathBuf>,

    #[command(subcommand)]
    service: Option<Service>,
}

/// Which process this is, with what it needs to know of the others.
#[derive(Debug, Subcommand)]
enum Service {
    #[command(hide = true)]
    Gateway { orders: String },
    #[command(hide = true)]
    Orders { market: String },
    #[command(hide = true)]
    Market,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Schema {
    Eliot,
    Logstash,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let result = match &arguments.service {
        None => run::run(&arguments).await,
        Some(Service::Gateway { orders }) => {
            service::serve("gateway", &arguments, gateway::routes(orders.clone())).await
        }
        Some(Service::Orders { market }) => {
            service::serve("orders", &arguments, orders::routes(market.clone())).await
        }
        Some(Service::Market) => {
            service::serve("market", &arguments, market::routes(arguments.fail)).await
        }
    };
    match result {
        Ok(status) => status,
        Err(error) => {
            run::complain(&*error);
            ExitCode::FAILURE
        }
    }
}
