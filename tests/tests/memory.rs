//! The writer's memory stays what it is, under load and at rest.
#![cfg(target_os = "linux")]

use std::process::Command;

use tasktrail_tests::{Folder, run};

/// `soak` takes a longer time by hand.
const SECONDS: &str = "8";

#[test]
fn memory_does_not_grow_under_a_steady_load_and_each_line_is_in_a_file_or_was_removed_with_one() {
    let folder = Folder::new(env!("CARGO_TARGET_TMPDIR"), "soak");

    let mut soak = Command::new(env!("CARGO_BIN_EXE_soak"));
    run(soak.arg(SECONDS).arg(folder.path()));
}

#[test]
fn a_worker_at_rest_takes_less_than_a_mebibyte_and_nothing_wakes_it() {
    run(&mut Command::new(env!("CARGO_BIN_EXE_at_rest")));
}
