//! Takes part in a task that goes through several processes.
//!
//! - `relay LOG first` begins a task, hands it on and prints its id
//! - `relay LOG between ID` continues it, hands it on and prints its id
//! - `relay LOG last ID` continues and ends it
#![expect(clippy::print_stdout, reason = "the next process takes it from there")]

use std::env;
use std::error::Error;

use tracing::{Span, info, info_span};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (log, place, id) = match arguments[..] {
        [log, "first"] => (log, "first", None),
        [log, place @ ("between" | "last"), id] => (log, place, Some(id)),
        _ => return Err("usage: relay LOG first|between|last [ID]".into()),
    };
    let worker = tasktrail::eliot().field("place", place).file(log).start()?;

    action(id).in_scope(|| {
        info_span!("rust:work", done = tracing::field::Empty).in_scope(|| {
            info!(at = 1, "rust:working");
            Span::current().record("done", true);
        });
        if place != "last" {
            println!("{}", tasktrail::hand_over().into_text().unwrap_or_default());
            info!("rust:handed-on");
        }
    });

    match worker.finish().lost() {
        0 => Ok(()),
        lost => Err(format!("{lost} lines lost").into()),
    }
}

fn action(id: Option<&str>) -> Span {
    match id {
        Some(id) => tasktrail::continue_task(id).into_span(),
        None => info_span!("rust:relay"),
    }
}
