//! What a test needs and may not find.

use std::env;
use std::io::{self, Write};

/// Tells whether a test that can't run is an error: the environment variable `TASKTRAIL_PEERS` is
/// `required`.
///
/// # Panics
///
/// If it is anything else that is not empty.
pub(crate) fn is_required() -> bool {
    match env::var("TASKTRAIL_PEERS").as_deref() {
        Ok("required") => true,
        Ok("") | Err(env::VarError::NotPresent) => false,
        other => panic!("TASKTRAIL_PEERS: expected required or nothing, found {other:?}"),
    }
}

/// Says on the standard error that tests are left out, or panics if that is an error.
pub(crate) fn leave_out(tests: &str, reason: &str) {
    assert!(!is_required(), "TASKTRAIL_PEERS=required, but {reason}");
    // Not by `eprintln`, which the harness hides for tests that pass.
    let _ = writeln!(
        io::stderr(),
        "LEFT OUT: {tests}: {reason}\n\
         (with TASKTRAIL_PEERS=required this is an error)"
    );
}
