//! Panics as lines.

use std::cell::Cell;
use std::panic::PanicHookInfo;
use std::sync::Once;

use tracing_core::callsite::{DefaultCallsite, Identifier};
use tracing_core::field::{FieldSet, Value};
use tracing_core::metadata::Kind;
use tracing_core::{Dispatch, Event, Level, Metadata, dispatcher};

use crate::json::Backtraces;
use crate::task;

/// Logs each panic of the program as an ERROR, in the task in which it happens, and then runs the
/// panic hook that was there before; by default nothing of ours does.
///
/// The event is called `panic`, and so is its target; its text is the panic's message. Its fields are
/// `panic_location`, the place as `src/main.rs:12:5`, `panic_thread`, the name of the thread if it has
/// one, and `panic_backtrace`, one text of at most 64 KiB, where it is asked for. All layers see it,
/// also those that are not ours; a filter may keep it away like any other, and `panic=error` among its
/// directives lets it pass. It fails no action by itself: the panic may be caught. An action that it
/// breaks off ends `failed` for the same reason.
///
/// Call it after logging was started: lines then are in the writer's memory before the writer's own
/// hook empties it, which matters where a panic aborts. A second call does nothing, nor does one on a
/// thread that panics.
///
/// A panic within logging is not logged: that of a value while one of our layers formats it, which is
/// told in the value's place, that of a writer, which is counted, and those of the writer's own
/// threads. A layer that is not ours may hold a lock while it formats a value; if that value panics,
/// such a layer would wait for itself, as for any value that logs while it is formatted. A writer or a
/// layer that panics while a panic is logged aborts the program: Rust allows no panic in a panic hook.
/// The crate's own do not.
///
/// ```
/// use tasktrail::Backtraces;
///
/// tasktrail::log_panics(Backtraces::LeftOut);
///
/// # let lines = tasktrail::example::lines(|| {
/// let caught = std::panic::catch_unwind(|| panic!("no rate for 7"));
/// assert!(caught.is_err());
/// # });
/// assert!(lines[0].contains(r#""log_level":"ERROR","logger":"panic""#));
/// assert!(lines[0].contains(r#""message":"no rate for 7""#));
/// # assert!(!lines[0].contains("panic_backtrace"));
/// ```
pub fn log_panics(backtraces: Backtraces) {
    static ONCE: Once = Once::new();
    // A thread that panics must not touch the hooks.
    if std::thread::panicking() {
        return;
    }
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            log(info, backtraces);
            before(info);
        }));
    });
}

/// The call site of all panics, which is in no source file.
static CALLSITE: DefaultCallsite = DefaultCallsite::new(&METADATA);

static METADATA: Metadata<'static> = Metadata::new(
    "panic",
    "panic",
    Level::ERROR,
    None,
    None,
    None,
    FieldSet::new(
        &[
            "message",
            "panic_location",
            "panic_thread",
            "panic_backtrace",
        ],
        Identifier(&CALLSITE),
    ),
    Kind::EVENT,
);

fn log(info: &PanicHookInfo<'_>, backtraces: Backtraces) {
    let thread = std::thread::current();
    // What the writer's own threads meet is counted; a line about it would be written by them.
    let is_writers = |name: &str| name == "tasktrail" || name.starts_with("tasktrail-");
    if thread.name().is_some_and(is_writers) || task::survives() {
        return;
    }
    let Some(_logging) = Logging::start() else {
        return;
    };
    if CALLSITE.register().is_never() {
        return;
    }
    dispatcher::get_default(|dispatch| {
        if dispatch.enabled(&METADATA) {
            let reason = task::panic_message(info);
            let location = info.location().map(ToString::to_string);
            let backtrace = match backtraces {
                Backtraces::Shown => Some(task::backtrace()),
                Backtraces::LeftOut => None,
            };
            let (location, backtrace) = (location.as_deref(), backtrace.as_deref());
            send(
                dispatch,
                [Some(&reason), location, thread.name(), backtrace],
            );
        }
    });
}

/// Gives the event to a subscriber, with the values of its fields in their order.
fn send(dispatch: &Dispatch, values: [Option<&str>; 4]) {
    let fields = METADATA.fields();
    let mut names = fields.iter();
    let values = values
        .each_ref()
        .map(|value| Some((names.next()?, value.as_ref().map(|text| text as &dyn Value))));
    let [Some(message), Some(location), Some(thread), Some(backtrace)] = &values else {
        return;
    };
    let values = [message, location, thread, backtrace].map(|(name, value)| (name, *value));
    dispatch.event(&Event::new(&METADATA, &fields.value_set(&values)));
}

thread_local! {
    static LOGGING: Cell<bool> = const { Cell::new(false) };
}

/// Says that the thread logs a panic, until it is dropped.
struct Logging;

impl Logging {
    /// Gives `None` if the thread logs one already, or has no thread-local memory any more.
    fn start() -> Option<Self> {
        let was_logging = LOGGING.try_with(|logging| logging.replace(true)).ok()?;
        (!was_logging).then_some(Self)
    }
}

impl Drop for Logging {
    fn drop(&mut self) {
        let _ = LOGGING.try_with(|logging| logging.set(false));
    }
}
