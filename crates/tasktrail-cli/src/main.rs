//! The command `tasktrail`: turns log lines back into trees.
#![forbid(unsafe_code)]

mod inputs;
mod tree;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Turns log lines back into trees
#[derive(Debug, Parser)]
#[command(name = "tasktrail", version, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Tree(tree::Arguments),
}

fn main() -> ExitCode {
    match Arguments::parse().command {
        Command::Tree(arguments) => tree::run(&arguments),
    }
}
