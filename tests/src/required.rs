//! What a test needs and may not find.

use std::env;
use std::io::{self, Write};

/// Something that a machine may lack, and what says that it must be there.
pub(crate) struct Need {
    /// The environment variable that is `required` where a test that can't run is an error.
    variable: &'static str,
}

/// The originals in Python.
pub(crate) const PEERS: Need = Need {
    variable: "TASKTRAIL_PEERS",
};

/// The right to mount disks and to drop privileges.
pub(crate) const FAULTS: Need = Need {
    variable: "TASKTRAIL_FAULTS",
};

impl Need {
    /// Tells whether a test that can't run is an error.
    ///
    /// # Panics
    ///
    /// If the environment variable is anything else that is not empty.
    pub(crate) fn is_required(&self) -> bool {
        let variable = self.variable;
        match env::var(variable).as_deref() {
            Ok("required") => true,
            Ok("") | Err(env::VarError::NotPresent) => false,
            other => panic!("{variable}: expected required or nothing, found {other:?}"),
        }
    }

    /// Says on the standard error that tests are left out, or panics if that is an error.
    pub(crate) fn leave_out(&self, tests: &str, reason: &str) {
        let variable = self.variable;
        assert!(!self.is_required(), "{variable}=required, but {reason}");
        // Not by `eprintln`, which the harness hides for tests that pass.
        let _ = writeln!(
            io::stderr(),
            "LEFT OUT: {tests}: {reason}\n(with {variable}=required this is an error)"
        );
    }
}
