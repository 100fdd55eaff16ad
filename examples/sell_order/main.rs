//! The sell order of a small broker: three processes, one task; a fourth in Python, and nginx in
//! front of them all, where asked for.
//!
//! ```text
//! customer ─▶ (nginx) ─▶ gateway ─▶ orders ─▶ market
//!                                     ├─▶ a thread  ▲
//!                                     ├─▶ a tokio task
//!                                     └─▶ (compliance, in Python)
//! ```
//!
//! `cargo run --example sell_order` starts the three processes on loopback, sells, stops them and
//! prints the tree that their joined logs give. The processes are this same program: its first
//! argument says which of them it is. README.md, beside this file, tells of the others.

mod gateway;
mod market;
mod nginx;
mod orders;
mod process;
mod run;
mod service;
mod story;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand, ValueEnum};

use crate::market::Conduct;
use crate::story::Flags;

type Error = Box<dyn std::error::Error + Send + Sync>;

/// Sells shares through three processes and prints what their joined logs tell.
#[derive(Debug, Parser)]
struct Arguments {
    #[command(flatten)]
    flags: Flags,

    /// Let nginx stand before the gateway; PROGRAM says which [default: the one in PATH].
    #[arg(long, value_name = "PROGRAM", num_args = 0..=1, require_equals = true, default_missing_value = "nginx")]
    nginx: Option<PathBuf>,

    /// Let the orders service ask one in Python; PROGRAM says which Python, with what
    /// python/requirements.txt names [default: the one in PATH].
    #[arg(long, value_name = "PROGRAM", num_args = 0..=1, require_equals = true, default_missing_value = "python3")]
    python: Option<PathBuf>,

    /// How many orders to sell at once; each may take two open files in a process, and `ulimit -n`
    /// says how many a process may have.
    #[arg(long, value_name = "N", default_value_t = 1)]
    orders: usize,

    /// The schema of the log lines; those from Python are always Eliot's.
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
    Orders {
        market: String,
        /// In seconds.
        patience: u64,
        compliance: Option<String>,
    },
    #[command(hide = true)]
    Market { conduct: Conduct },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Schema {
    Eliot,
    Logstash,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let result = match &arguments.service {
        None => run::run(&arguments),
        Some(Service::Gateway { orders }) => {
            service::serve("gateway", &arguments, gateway::routes(orders))
        }
        Some(Service::Orders {
            market,
            patience,
            compliance,
        }) => {
            let patience = Duration::from_secs(*patience);
            let routes = orders::routes(market, patience, compliance.as_deref());
            service::serve("orders", &arguments, routes)
        }
        Some(Service::Market { conduct }) => {
            service::serve("market", &arguments, market::routes(*conduct))
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            run::complain(&*error);
            ExitCode::FAILURE
        }
    }
}
