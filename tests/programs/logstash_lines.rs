//! Logs what `peers/logstash_lines.py` logs in Python: `logstash_lines SCHEMA LOG`.

use std::error::Error;
use std::{env, num};

use tracing::{debug, error, info, info_span, trace, warn};

fn main() -> Result<(), Box<dyn Error>> {
    let usage = "usage: logstash_lines SCHEMA LOG";
    let schema = env::args().nth(1).ok_or(usage)?;
    let log = env::args_os().nth(2).ok_or(usage)?;
    let worker = tasktrail::schema(schema.parse()?)
        .field("service", "orders")
        .filter("trace")
        .file(log)
        .start()?;

    info_span!("sell", order = 17).in_scope(|| {
        trace!(
            shares = 100,
            price = 3.5,
            sold = true,
            user = "anna",
            "sold"
        );
        debug!(
            shares = 100,
            price = 3.5,
            sold = true,
            user = "anna",
            "sold"
        );
        info!(
            shares = 100,
            price = 3.5,
            sold = true,
            user = "anna",
            "sold"
        );
        warn!(
            shares = 100,
            price = 3.5,
            sold = true,
            user = "anna",
            "sold"
        );
        error!(
            shares = 100,
            price = 3.5,
            sold = true,
            user = "anna",
            "sold"
        );
    });
    info_span!("sell", order = 17).in_scope(|| {
        if let Err(error) = shares("ten") {
            tasktrail::fail(&error);
        }
    });
    info!("zażółć 😀 \"q\" \\ /\n\u{1b}");

    match worker.finish().lost() {
        0 => Ok(()),
        lost => Err(format!("{lost} lines lost").into()),
    }
}

fn shares(text: &str) -> Result<u32, num::ParseIntError> {
    text.parse()
}
