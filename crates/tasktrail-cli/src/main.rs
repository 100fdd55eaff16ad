//! The command `tasktrail`: turns log lines back into trees, and proves that they are complete.
#![forbid(unsafe_code)]

mod audit;
mod convert;
mod dedup;
mod follow;
mod input;
mod json;
mod pairs;
mod paths;
mod percentiles;
mod place;
mod progress;
mod query;
mod reading;
mod report;
mod stats;
mod table;
mod task_name;
mod timeline;
mod tree;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Turns log lines back into trees, and proves that they are complete
#[derive(Debug, Parser)]
#[command(name = "tasktrail", version, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Tree(tree::Arguments),
    Audit(audit::Arguments),
    Dedup(dedup::Arguments),
    Query(query::Arguments),
    Stats(stats::Arguments),
    Convert(convert::Arguments),
    Follow(follow::Arguments),
    Timeline(timeline::Arguments),
    Report(report::Arguments),
}

fn main() -> ExitCode {
    match Arguments::parse().command {
        Command::Tree(arguments) => tree::run(&arguments),
        Command::Audit(arguments) => audit::run(&arguments),
        Command::Dedup(arguments) => dedup::run(&arguments),
        Command::Query(arguments) => query::run(&arguments),
        Command::Stats(arguments) => stats::run(&arguments),
        Command::Convert(arguments) => convert::run(&arguments),
        Command::Follow(arguments) => follow::run(&arguments),
        Command::Timeline(arguments) => timeline::run(&arguments),
        Command::Report(arguments) => report::run(&arguments),
    }
}
