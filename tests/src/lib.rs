//! What crosses the crates of `tasktrail`, and is proven by somebody else's programs.
//!
//! The real Eliot, `eliot-tree` and `logstash_formatter` read what real programs of ours wrote:
//! `programs/` holds those programs, `peers/` what runs in Python, `tests/` what must come out.
//! `conformance/` holds lines that the originals wrote, with the rules behind them.
//!
//! # How to run
//!
//! ```text
//! cargo test --package tasktrail-tests
//! ```
//!
//! The tests find `python3` and make a virtual environment under `target/`, once, with the versions
//! that `peers/requirements.txt` and that of `examples/sell_order/python` name; a test of messages
//! starts `nats-server`, and some start nginx and Chromium (Debian's packages `nats-server`, `nginx`
//! and `chromium`). Some tests on Linux mount a disk in memory, or drop the privileges of root.
//! Where that can't be done, they say so on the standard error and pass. With the environment
//! variable `TASKTRAIL_PEERS=required`, they fail; so do the tests on faulty disks with
//! `TASKTRAIL_FAULTS=required`.
//!
//! What `programs/one_program.rs` logs is compared with `golden/one_program.txt`, which is made by
//!
//! ```text
//! cargo run --package tasktrail-tests --bin one_program one.log
//! target/tmp/peers/bin/python tests/peers/tasks.py one.log > tests/golden/one_program.txt
//! ```
#![forbid(unsafe_code)]
#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "what goes wrong here fails the test that asked for it"
)]

mod account;
mod chromium;
mod faults;
mod folder;
mod memory;
mod nats;
mod nginx;
mod peers;
mod required;
mod run;

pub use account::Account;
pub use chromium::{Chromium, Opened};
pub use faults::{on_small_disk, without_privileges};
pub use folder::Folder;
pub use memory::resident_kib;
pub use nats::Nats;
pub use nginx::nginx;
pub use peers::Peers;
pub use run::{Ran, program, run};
