//! The README's program: one task over two threads, with a failure in it.

use tracing::{info, instrument};

#[instrument(err)]
fn price(item: &str) -> Result<u32, String> {
    match item {
        "pen" => Ok(3),
        _ => Err(format!("no price for {item}")),
    }
}

#[instrument]
fn order(id: u32) {
    let _ = price("pen").and_then(|_| price("ink"));
    let task = tasktrail::hand_over();
    let packing = std::thread::spawn(move || task.run(|| info!(boxes = 1, "packed")));
    let _ = packing.join();
}

fn main() -> Result<(), tasktrail::SetupError> {
    let worker = tasktrail::eliot().start()?;
    order(17);
    assert_eq!(worker.finish().lost(), 0);
    Ok(())
}
