//! How it is known that an action failed, and why.

use std::any::type_name;
use std::cell::{Cell, RefCell};
use std::error::Error;
use std::fmt;
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind};
use std::sync::Once;

use tasktrail_record::Failure;
use tracing_core::field::{Field, Visit};
use tracing_core::{Event, Level};

use super::backtrace;
use super::current::with_current;

/// How it is known that an action failed; a later cause takes the place of a weaker or equal one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Cause {
    /// The action's future was dropped before it was done.
    Dropped,
    /// What came out of it, as it was seen from around it.
    Outcome,
    ErrorEvent,
    Call,
    Panic,
}

/// Says that the current action fails: its end will be `failed`, with the type of the error as
/// `exception`, its text as `reason`, and the texts of its sources as `exception_sources`.
///
/// The action goes on until its span closes. A second call takes the place of the first; a panic
/// that closes the span takes the place of both. Outside any action nothing happens. At most 64
/// sources are kept.
///
/// ```
/// # let lines = tasktrail::example::lines(|| {
/// let _order = tracing::info_span!("order").entered();
/// if let Err(error) = "ten".parse::<u32>() {
///     tasktrail::fail(&error);
/// }
/// # });
/// # assert!(lines[1].starts_with(
/// #     r#"{"exception":"core::num::error::ParseIntError","reason":"invalid digit found in string","action_status":"failed","#
/// # ), "{}", lines[1]);
/// ```
pub fn fail<E: Error + ?Sized>(error: &E) {
    let failure = Failure {
        exception: type_name::<E>().to_owned(),
        reason: text(format_args!("{error}")),
        sources: sources(|| error.source()),
        location: String::new(),
        backtrace: backtrace::if_wanted(),
    };
    with_current(|action| action.fail(Cause::Call, failure));
}

/// Gives the texts of what caused an error, the nearest cause first.
pub(crate) fn sources_of(error: &(dyn Error + 'static)) -> Vec<String> {
    sources(|| error.source())
}

/// Gives the texts of a chain of errors, which may have no end, and whose code may panic.
pub(super) fn sources<'e>(
    first: impl FnOnce() -> Option<&'e (dyn Error + 'static)>,
) -> Vec<String> {
    let mut sources = Vec::new();
    let mut next = survive(first).flatten();
    while let Some(error) = next
        && sources.len() < 64
    {
        sources.push(text(format_args!("{error}")));
        next = survive(|| error.source()).flatten();
    }
    sources
}

/// Formats a value of the user's, whose code may panic.
pub(super) fn text(value: fmt::Arguments<'_>) -> String {
    survive(|| {
        let mut text = String::new();
        // A formatter that gives up half-way has said what it could.
        let _ = fmt::write(&mut text, value);
        text
    })
    .unwrap_or_else(|| crate::json::PANICKED.to_owned())
}

/// Gives the failure that an event tells: `#[instrument(err)]` logs an ERROR with a field `error`.
///
/// `tracing` hands over the error as text and not its type, so the type is said to be `Error`.
pub(super) fn of_event(event: &Event<'_>) -> Option<Failure> {
    let metadata = event.metadata();
    if *metadata.level() != Level::ERROR || metadata.fields().field("error").is_none() {
        return None;
    }
    let mut error = ErrorField::default();
    event.record(&mut error);
    let mut failure = error.0?;
    failure.exception = "Error".to_owned();
    Some(failure)
}

#[derive(Default)]
struct ErrorField(Option<Failure>);

impl Visit for ErrorField {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "error" {
            self.set(text(format_args!("{value:?}")), Vec::new());
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "error" {
            self.set(value.to_owned(), Vec::new());
        }
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        if field.name() == "error" {
            self.set(text(format_args!("{value}")), sources_of(value));
        }
    }
}

impl ErrorField {
    fn set(&mut self, reason: String, sources: Vec<String>) {
        self.0 = Some(Failure {
            reason,
            sources,
            ..Failure::default()
        });
    }
}

thread_local! {
    /// The message and the place of the last panic of this thread.
    static LAST_PANIC: RefCell<Option<Failure>> = const { RefCell::new(None) };
    /// A panic of this thread is one that logging survives.
    static SURVIVES: Cell<bool> = const { Cell::new(false) };
}

/// Runs code of the user's; `None` if it panicked.
///
/// If the thread unwinds already, this panic does not take the place of that one.
pub(crate) fn survive<R>(f: impl FnOnce() -> R) -> Option<R> {
    let unwinds_from = std::thread::panicking().then(last_panic);
    let around = SURVIVES.try_with(|survives| survives.replace(true));
    let result = catch_unwind(AssertUnwindSafe(f));
    let _ = SURVIVES.try_with(|survives| survives.set(around.unwrap_or_default()));
    if let Some(panic) = unwinds_from {
        set_last_panic(Some(panic));
    }
    result.ok()
}

/// Tells whether the thread runs code whose panic logging survives.
pub(crate) fn survives() -> bool {
    SURVIVES.try_with(Cell::get).unwrap_or_default()
}

/// Gives what is known of the panic that the thread unwinds from.
pub(super) fn last_panic() -> Failure {
    LAST_PANIC
        .try_with(|last| last.try_borrow().ok().and_then(|last| last.clone()))
        .ok()
        .flatten()
        .unwrap_or_else(|| Failure {
            exception: "panic".to_owned(),
            reason: "the message is not known".to_owned(),
            ..Failure::default()
        })
}

/// Remembers the message and place of each panic, then runs the hook that was there before.
pub(super) fn watch_panics() {
    static ONCE: Once = Once::new();
    // A thread that unwinds may not change the hook; it is set by whoever comes next.
    if std::thread::panicking() {
        return;
    }
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            remember(info);
            before(info);
        }));
    });
}

fn remember(info: &PanicHookInfo<'_>) {
    let location = info.location().map(ToString::to_string);
    let failure = Failure {
        exception: "panic".to_owned(),
        reason: panic_message(info),
        sources: Vec::new(),
        location: location.unwrap_or_default(),
        backtrace: backtrace::if_wanted(),
    };
    set_last_panic(Some(failure));
}

/// Gives the message of a panic.
pub(crate) fn panic_message(info: &PanicHookInfo<'_>) -> String {
    let payload = info.payload();
    payload
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "the message is not a text".to_owned())
}

/// Forgets the last panic: it was caught.
pub(super) fn forget_panic() {
    set_last_panic(None);
}

fn set_last_panic(failure: Option<Failure>) {
    let _ = LAST_PANIC.try_with(|last| {
        if let Ok(mut last) = last.try_borrow_mut() {
            *last = failure;
        }
    });
}
