//! Takes log lines off the calling thread: bounded memory, a worker, and an exact account of what
//! was lost.
//!
//! Callers copy whole lines into memory and go on. A worker thread writes them to the destination,
//! many with one write. What can't be written is counted by cause, told in the output itself as soon
//! as it can be, and readable from the program.
//!
//! ```
//! use tasktrail_writer::{Builder, MIB, WhenFull};
//!
//! # let path = std::env::temp_dir().join(format!("tasktrail-lib-{}.log", std::process::id()));
//! # let file = std::fs::File::create(&path)?;
//! let worker = Builder::new(file).memory(8 * MIB).when_full(WhenFull::Block).start()?;
//! let writer = worker.writer();
//!
//! writer.write_line(b"{\"message\":\"hello\"}\n");
//!
//! let outcome = worker.finish();
//! assert_eq!(outcome.written(), 1);
//! assert_eq!(outcome.lost(), 0);
//! # assert_eq!(std::fs::read(&path)?, b"{\"message\":\"hello\"}\n");
//! # std::fs::remove_file(&path)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
#![cfg_attr(
    feature = "make-writer",
    doc = "
Under `tracing-subscriber`, with the feature `make-writer`, which is on by default:

```
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt;

let worker = tasktrail_writer::Builder::new(Vec::new()).start()?;
let subscriber =
    tracing_subscriber::registry().with(fmt::layer().with_writer(worker.writer()));

tracing::subscriber::with_default(subscriber, || tracing::info!(\"hello\"));

assert_eq!(worker.finish().written(), 1);
# Ok::<(), tasktrail_writer::StartError>(())
```
"
)]
//! The destination is anything that implements [`std::io::Write`], or the [`Destination`] trait.
//! [`LogFile`] is one that rolls by size and time, removes and compresses what is old (the latter with
//! the feature `compress`), and is opened again after somebody moved it away; what it guarantees
//! stands there.
//! [`TcpLines`] and [`UdpLines`] send lines over the network, [`stdout()`] and [`stderr()`] need no
//! lock of the program, and a [`Tee`] copies to several destinations.
//!
//! # What is guaranteed
//!
//! - **Every line is accounted for, once.** Each call that writes a line ends as one of: written,
//!   lost for one cause, or waiting in memory. After [`Worker::finish`] nothing waits.
//! - **Lines are whole.** One call is one line; no other line comes in between, however short the
//!   destination's writes are and however often they fail. After a failure the worker goes on with
//!   the byte that comes next.
//! - **Lines of one thread keep their order.**
//! - **No caller waits for the destination** as long as there is room in memory; after that, what
//!   [`WhenFull`] says. With a [`reserve`](Builder::reserve) there is room for errors when debug lines
//!   have filled the rest.
//! - **Memory is bounded** by [`Builder::memory`], and an idle worker wakes nobody and is woken by
//!   nobody.
//! - **Callers that wait for room are let in together**, in their order, when half of the memory is
//!   free, or the first of them has waited 5 ms and there is room.
//! - **Nothing fails or panics into the caller.** A destination that fails is tried again, after 10
//!   ms, 20 ms and so on, up to 1 s, until it works or the program ends. One that panics has failed,
//!   and is tried again too.
//! - **A disk that was full or read-only is taken up again** with the next byte: no line is torn,
//!   doubled or out of order.
//! - **A receiver may come later and go.** [`TcpLines`] connects when there are lines, and again after
//!   each failure, resolving anew. Each connection begins with the beginning of a line; a line that
//!   was cut comes again whole. With [`UdpLines`] a line is a datagram.
//! - **A destination that fails can be stood in for** by a [`fallback`](Builder::fallback), which
//!   gets whole lines.
//! - **Lines can be made durable**: each batch before it counts as written, or when
//!   [`Worker::sync`] asks for it. See [`SyncWhen`].
//! - **The end waits only for a destination that may still take lines.** One that has failed for good
//!   is given up after 70 ms, a pipe without a reader at once; see [`Worker::finish_within`].
//! - **An exit writes what is in memory**, on Unix, be it a return from `main` or
//!   [`std::process::exit`], and wherever the [`Worker`] is by then; a **panic** writes it before it can
//!   abort the program. [`AtExit`] and [`OnPanic`] say how long they wait: 5 seconds and 1 second.
//! - **A signal writes what is in memory**, with the feature `signals`, in a program that asks for it
//!   by `flush_on_signals`: then the program dies of the signal, or goes on with its own handlers. A
//!   second signal ends it at once.
//! - **The child of a fork waits for nobody**, on Unix. Its parent's worker is not there: lines are
//!   counted as [`WorkerGone`](Cause::WorkerGone) in an account of its own, flushes say the same, and
//!   a worker that the child starts works, as far as threads do there (see *Troubleshooting*). What was
//!   in memory at the fork is its parent's to write.
//! - **A logging call from the destination itself**, on the worker's thread, never waits: if there is
//!   no room its line is lost, and counted.
//!
//! # What can be lost
//!
//! - Lines in memory when the process is killed, aborts without a panic, or is ended by a signal that
//!   `flush_on_signals` was not told of: at most those of the last [`Builder::longest_delay`], if the
//!   destination keeps up. A program that is about to end itself in such a way calls [`flush_all`]
//!   before.
//! - Lines that come after a signal that ends the program, and those left at its deadline or at a
//!   second signal. If that strikes while a batch is written, one line may be torn.
//! - Lines in memory at an exit on other systems than Unix, without [`Worker::finish`] or the worker's
//!   drop (`std::process::exit` drops nothing), and at an exit that the destination itself calls.
//! - Lines in memory when a panic aborts the program, if a panic hook was set after the first worker
//!   was started and does not call the one before it.
//! - Lines that come after an exit has begun. They are counted, for whoever still looks.
//! - Lines that the child of a fork writes to its parent's worker. They are counted there.
//! - What the destination took and did not keep: a pipe's reader that dies with unread bytes, a disk
//!   cache without power unless lines are [synced](SyncWhen). Lines count as written when the
//!   destination's `write` took them and its `flush` succeeded after them; when the end gives up within
//!   a batch, those of it that `write` took count as written without that.
//! - What the system took for a TCP connection and the receiver had not read when it broke, and all
//!   that a proxy accepts for a receiver that is not there. These lines count as written. The receiver
//!   of the broken connection may have a torn last line.
//! - Datagrams, on their way or at a full receiver; nobody knows.
//! - Lines behind a [`Tee`] of which one destination has failed for good at the end: all get the batch
//!   in hand, and the rest is lost for all, and counted.
//! - Lines for a standard output that was closed before the program started: Rust puts `/dev/null`
//!   there.
//! - Lines that [`WhenFull`] drops, lines that are [too large](Cause::TooLarge), and lines that come
//!   after the end. All of these are counted.
//! - Lines that the destination does not take at the end: those that are left when it has failed for
//!   good, even if it would have healed later, and those that are left at the deadline. All of these
//!   are counted. One of them can be torn in the output, if the destination had taken a part of it.
//! - The notice that tells of losses, by the same rule: the losses are then only in [`Outcome`].
//!
//! In a program that is built with `panic = "abort"`, a destination that panics ends the program, and
//! the lines of all workers are lost that are still in memory.
//!
//! Lines can be doubled by a destination that fails or panics after it has written what it was
//! given: nobody can know what it wrote.
//!
//! # Troubleshooting
//!
//! - *The output has a line `tasktrail-writer: 17 lines lost: 17 memory full (17 DEBUG)`.* The destination was
//!   slower than the program for longer than the memory lasts. Give it more [`Builder::memory`],
//!   keep a [`reserve`](Builder::reserve) for what matters, or let callers wait with
//!   [`WhenFull::Block`] or [`WhenFull::BlockFor`].
//! - *Lines are missing and nothing tells of them.* Compare [`Outcome::lost`]. If it is zero, look at
//!   how the program ends, and whether the [`Worker`] was kept: `let _ = builder.start()?` drops it
//!   at once.
//! - *The program hangs when it logs.* The destination takes nothing, and callers
//!   [block](WhenFull::Block). [`Worker::flush`] with a timeout says what it failed with.
//! - *The program takes 5 seconds to end.* The destination hangs or is busy, and
//!   [`Worker::finish`] or the exit waits for it; see [`Worker::finish_within`] and
//!   [`Builder::at_exit`]. Or the thread that exits holds a lock that the destination needs, such as
//!   [`std::io::StdoutLock`]: [`stdout()`] of this crate needs none.
//! - *Ctrl-C or SIGTERM loses the last lines.* Call `flush_on_signals`, after handlers that are not set
//!   with `signal-hook`, such as those of the crate `ctrlc`.
//! - *The program does not end on SIGTERM.* With `AfterSignal::GoOn` a handler of its own must end it.
//!   Otherwise it waits for the deadline; a second signal ends it at once.
//! - *Single calls take milliseconds.* Callers have been faster than the destination for longer than
//!   the memory lasts, and wait for half of it. More [`Builder::memory`] makes that rarer.
//! - *Nothing arrives over TCP.* [`TcpLinesHandle::last_failure`] and the source of a [`FlushError`] name
//!   the address and the cause. If nothing has failed and lines wait, the receiver does not read.
//! - *There is a new connection for each batch.* The receiver closes its side for writing, as netcat
//!   does without standard input.
//! - *One slow destination of a [`Tee`] holds up the others.* Use a worker for each, and
//!   `MakeWriterExt::and` of `tracing-subscriber`.
//! - *Each panic takes a second.* The destination hangs, is busy or fails, and the panicking thread
//!   waits for it; see [`Builder::on_panic`].
//! - *Nothing is logged after a fork.* See above: the child starts a worker of its own, or `exec`s.
//! - *A worker that the child of a fork has started writes nothing.* If another thread of the parent was
//!   just starting or ending when it forked, it held a lock of Rust's standard library, which nobody
//!   lets go in the child: no thread of the child runs then. Fork while no threads come and go, or
//!   `exec`.
//! - *A lone line comes late.* It waits no longer than [`Builder::longest_delay`]. An ERROR is written at once.
//!
//! Whether a destination keeps up can be seen in [`Outcome::waiting`].

#[cfg(not(loom))]
mod alive;
mod attempt;
mod backoff;
mod builder;
mod carrier;
mod destination;
mod file;
#[cfg(not(loom))]
mod leaving;
mod level;
mod lines;
mod losses;
#[cfg(feature = "make-writer")]
mod make_writer;
mod network;
mod outcome;
mod process;
mod queue;
mod route;
#[cfg(all(feature = "signals", unix, not(loom)))]
mod signals;
mod standard_stream;
mod sync;
mod tee;
mod worker;
mod writer;

pub use builder::{Builder, KIB, MIB, StartError, SyncWhen, WhenFull};
pub use destination::{Destination, LineTooLarge};
pub use file::{
    Compress, FileCounts, FileFailure, LogFile, LogFileBuilder, LogFileHandle, OpenError, Period,
};
#[cfg(not(loom))]
pub use leaving::{AtExit, FlushAllError, OnPanic, flush_all};
pub use level::Level;
pub use losses::{Cause, Losses};
#[cfg(feature = "make-writer")]
pub use make_writer::EventWriter;
pub use network::{
    NetworkFailure, ResolveError, TcpLines, TcpLinesBuilder, TcpLinesHandle, UdpLines,
    UdpLinesBuilder,
};
pub use outcome::Outcome;
#[cfg(all(feature = "signals", unix, not(loom)))]
pub use signals::{
    AfterSignal, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SignalError, flush_on_signals,
};
pub use standard_stream::{StandardStream, stderr, stdout};
pub use tee::Tee;
pub use worker::{FlushError, Worker};
pub use writer::Writer;
