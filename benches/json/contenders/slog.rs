//! slog, which knows no spans: child loggers carry their fields, and nothing is numbered or timed.

use std::sync::Mutex;

use slog::{Drain, Logger, info, o};

use super::Contender;
use crate::row::{Row, UseIt};
use crate::sink::Sink;

pub(super) const SLOG: Contender = Contender {
    key: "slog",
    title: "slog-json, child loggers for spans",
    run,
};

fn run(row: Row, use_it: UseIt<'_>) {
    let drain = Mutex::new(slog_json::Json::default(Sink)).fuse();
    let root = Logger::root(drain, o!());
    match row {
        Row::Event { spans } => {
            let names = (0..spans).map(|depth| {
                let name = |what| &*Box::leak(format!("{what}_{depth}").into_boxed_str());
                (depth, name("number"), name("text"))
            });
            let log = names.fold(root, |log, (depth, number, text)| {
                log.new(o!(number => depth, text => "shop"))
            });
            use_it(&mut |times| (0..times).for_each(|n| event(&log, n)));
        }
        Row::Span => use_it(&mut |times| (0..times).for_each(|n| span(&root, n))),
    }
}

fn event(log: &Logger, n: u64) {
    info!(log, "priced";
        "n" => n, "delta" => -3_i64, "price" => 12.5, "cached" => true, "currency" => "EUR");
}

fn span(log: &Logger, n: u64) {
    let order = log.new(o!("id" => n, "customer" => "ada", "express" => true));
    info!(order, "sold"; "n" => n);
}
