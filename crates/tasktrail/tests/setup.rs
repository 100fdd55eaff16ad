//! The front door: what it refuses, and what it says then. Alone in its program, for it sets up all
//! of it.

use tasktrail::SetupError;

#[test]
fn what_cant_be_set_up_is_an_error_that_names_the_thing_and_leaves_the_next_start_free() {
    let folder = env!("CARGO_TARGET_TMPDIR");
    let in_file = format!("{folder}/setup-file");
    std::fs::write(&in_file, "no folder").unwrap();
    let no_file = format!("{in_file}/a.log");

    let filter = tasktrail::eliot().filter("shop=loud").start().unwrap_err();
    let file = tasktrail::eliot().file(&no_file).start().unwrap_err();
    let is_folder = tasktrail::eliot().file(folder).start().unwrap_err();
    let memory = tasktrail::eliot().memory(0).start().unwrap_err();
    let reserve = tasktrail::eliot()
        .memory(64)
        .worker(|builder| builder.reserve(tasktrail::writer::Level::Error, 64))
        .start()
        .unwrap_err();
    let worker = tasktrail::eliot().writer(std::io::sink()).start().unwrap();
    let second = tasktrail::logstash().start().unwrap_err();

    assert_eq!(
        filter.to_string(),
        "expected directives such as info,orders=debug in the filter, found \"shop=loud\""
    );
    assert_eq!(
        file.to_string(),
        format!("the log file {no_file} can't be opened")
    );
    assert!(matches!(is_folder, SetupError::File(_)));
    assert!(format!("{is_folder:?}").contains("expected a file, found a folder"));
    assert!(
        format!("{reserve:?}").contains("expected a reserve smaller than the memory of 64 bytes")
    );
    assert!(format!("{memory:?}").ends_with("expected a memory of at least 1 byte, found 0 bytes"));
    assert!(matches!(second, SetupError::AlreadyStarted));
    tracing::info!("the first start is not harmed by the second");
    let outcome = worker.finish();
    assert_eq!((outcome.written(), outcome.lost()), (1, 0));
}
