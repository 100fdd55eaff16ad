//! The front door and records of the `log` crate. Alone in its program, for it sets up all of it.
#[cfg(test)]
mod support;

use support::Message;
use tasktrail::{LogRecords, SetupError};

/// A logger that was there before.
struct Theirs;

impl log::Log for Theirs {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, _: &log::Record<'_>) {}

    fn flush(&self) {}
}

#[test]
fn a_logger_that_was_there_before_is_an_error_unless_it_is_left_alone() {
    log::set_logger(&Theirs).unwrap();
    log::set_max_level(log::LevelFilter::Warn);
    let path = format!("{}/setup_log.log", env!("CARGO_TARGET_TMPDIR"));
    let _ = std::fs::remove_file(&path);

    let refused = tasktrail::eliot().file(&path).start().unwrap_err();
    let setup = tasktrail::eliot()
        .file(&path)
        .log_records(LogRecords::LeftAlone);
    let worker = setup.start().unwrap();
    let second = tasktrail::eliot()
        .writer(std::io::sink())
        .start()
        .unwrap_err();
    log::error!("to the other logger");
    tracing::info!("to the file");

    assert!(matches!(refused, SetupError::LogRecords(_)));
    let text = format!("{refused:?}");
    assert!(
        text.contains("expected it to have no logger, found one"),
        "{text}"
    );
    assert!(matches!(second, SetupError::AlreadyStarted));
    assert_eq!(log::max_level(), log::LevelFilter::Warn);
    assert_eq!(worker.finish().written(), 1);
    let lines = std::fs::read_to_string(path).unwrap();
    assert_eq!(Message::read(lines.trim_end()).name(), "to the file");
}
