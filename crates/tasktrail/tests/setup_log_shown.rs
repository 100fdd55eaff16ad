//! The front door shows records of the `log` crate. Alone in its program, for it sets up all of it.
#[cfg(test)]
mod support;

use support::{Message, assert_complete, drawing};

#[test]
fn records_of_the_log_crate_are_lines_as_far_as_the_filter_lets_them_pass() {
    let path = format!("{}/setup_log_shown.log", env!("CARGO_TARGET_TMPDIR"));
    let _ = std::fs::remove_file(&path);
    let setup = tasktrail::eliot()
        .file(&path)
        .filter("warn,chatty=debug,setup_log_shown=info");

    let worker = setup.start().unwrap();
    tracing::info_span!("order").in_scope(|| {
        log::warn!(target: "lib", "shown");
        log::info!(target: "lib", "turned away");
        log::debug!(target: "chatty", "shown, too");
        log::trace!(target: "chatty", "not even formatted");
    });
    let outcome = worker.finish();

    assert_eq!((outcome.written(), outcome.lost()), (4, 0));
    assert_eq!(log::max_level(), log::LevelFilter::Debug);
    let lines = std::fs::read_to_string(path).unwrap();
    let messages: Vec<_> = lines.lines().map(Message::read).collect();
    assert_complete(&messages);
    assert_eq!(
        drawing(&messages),
        "\
order /1 started
  shown /2
  shown, too /3
order /4 succeeded
"
    );
}
