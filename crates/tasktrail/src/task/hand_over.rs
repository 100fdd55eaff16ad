//! Hands a task over to another thread, future, process or host.

use std::cell::RefCell;
use std::fmt;

use tasktrail_record::Position;
use tracing::instrument::{Instrument, Instrumented};
use tracing::level_filters::LevelFilter;
use tracing::span::EnteredSpan;
use tracing::{Level, Span};
use tracing_core::callsite::DefaultCallsite;
use tracing_core::field::{FieldSet, Value};
use tracing_core::{Dispatch, Kind, Metadata, dispatcher, identify_callsite};

use super::current::current_action;
use super::{Handle, survive};

/// Takes a position of the current action for one receiver, which continues the task there.
///
/// Outside any action there is nothing to hand over, and what the receiver does is not part of a
/// task that is known here.
///
/// ```
/// # let lines = tasktrail::example::lines(|| {
/// let _order = tracing::info_span!("order").entered();
/// let task = tasktrail::hand_over();
/// # let dispatch = tracing::dispatcher::get_default(Clone::clone);
/// std::thread::spawn(move || {
///     # tracing::dispatcher::with_default(&dispatch, || {
///     task.run(|| tracing::info!("on the other thread"))
///     # })
/// })
/// .join()
/// .unwrap();
/// # });
/// # assert!(lines[1].ends_with(r#""action_type":"eliot:remote_task","task_level":[2,1]}"#));
/// # assert!(lines[2].contains(r#""task_level":[2,2],"message_type":"on the other thread""#));
/// # assert!(lines[3].ends_with(r#""action_type":"eliot:remote_task","task_level":[2,3]}"#));
/// ```
pub fn hand_over() -> HandOver {
    let Some(action) = current_action() else {
        return HandOver::new(What::Nothing);
    };
    match action.position_of(action.take()) {
        Some(position) => HandOver::new(What::Position(position)),
        None => HandOver::new(What::Nothing),
    }
}

/// Continues a task whose position came from another process, as the text that
/// [`HandOver::into_text`] gave there: `<task_uuid>@/2/1`, Eliot's serialized task id.
///
/// The text is not trusted: if it is longer than 512 bytes, has more than 64 numbers, or is
/// anything but a position, a new task starts instead. Its first action says so in a field
/// `refused_id_bytes`, the length of the text; the text itself appears nowhere.
///
/// ```
/// # let lines = tasktrail::example::lines(|| {
/// tasktrail::continue_task("192f76ea-915e-4131-95dc-da28c6bcdbb5@/3/2").run(|| {
///     assert_eq!(tasktrail::current().unwrap().level().to_string(), "/3/2");
/// });
/// tasktrail::continue_task("\" or 1=1").run(|| {
///     assert_eq!(tasktrail::current().unwrap().level().to_string(), "/");
/// });
/// # });
/// # assert!(lines[2].starts_with(r#"{"refused_id_bytes":8,"action_status":"started","#));
/// ```
pub fn continue_task(text: &str) -> HandOver {
    let position = Position::from_untrusted(text).map_err(|_| text.len());
    HandOver::new(What::FromOutside(position))
}

/// Wraps a closure so that it continues the task of whoever wraps it, wherever it runs.
///
/// ```
/// # let lines = tasktrail::example::lines(|| {
/// let _order = tracing::info_span!("order").entered();
/// let work = tasktrail::preserve_context(|| tracing::info!("later"));
/// tracing::info!("before");
/// work();
/// # });
/// # assert!(lines[1].contains(r#""task_level":[3]"#));
/// # assert!(lines[3].contains(r#""task_level":[2,2]"#));
/// ```
pub fn preserve_context<R>(f: impl FnOnce() -> R) -> impl FnOnce() -> R {
    let task = hand_over();
    move || task.run(f)
}

/// A task on its way to one receiver, who continues it by consuming this value.
///
/// The receiver's action is called `eliot:remote_task`, stands at exactly the level that was
/// taken for it, at the target `tasktrail` and the level INFO. It shows whatever filters say, for
/// its number is taken; only a task that comes from another process is not continued where the
/// filters let nothing at INFO pass. If nobody consumes the value, its drop closes the level with
/// such an action that has a field `never_continued`, so that the task is not incomplete for ever.
#[must_use = "a task that is handed over must be continued by somebody"]
pub struct HandOver {
    what: What,
    /// Where a value that is dropped unused says so: the thread that drops it may log elsewhere.
    dispatch: Dispatch,
}

enum What {
    Nothing,
    /// A position that was taken in this program.
    Position(Position),
    /// What another process sent: a position, or that many bytes of something else.
    FromOutside(Result<Position, usize>),
}

impl HandOver {
    fn new(what: What) -> Self {
        Self {
            what,
            dispatch: dispatcher::get_default(Clone::clone),
        }
    }

    /// Gives the position at which the receiver continues; `None` if there is no task to continue.
    pub fn position(&self) -> Option<&Position> {
        match &self.what {
            What::Position(position) | What::FromOutside(Ok(position)) => Some(position),
            What::Nothing | What::FromOutside(Err(_)) => None,
        }
    }

    /// Gives the position as text for another process, which passes it to [`continue_task`];
    /// `None` if there is no task to continue.
    pub fn into_text(mut self) -> Option<String> {
        let text = self.position().map(ToString::to_string);
        self.what = What::Nothing;
        text
    }

    /// Runs a closure as the action that continues the task.
    pub fn run<R>(self, f: impl FnOnce() -> R) -> R {
        self.into_span().in_scope(f)
    }

    /// Lets a future be the action that continues the task; it starts now and ends when the future
    /// is dropped.
    pub fn instrument<F: Future>(self, future: F) -> Instrumented<F> {
        future.instrument(self.into_span())
    }

    /// Enters the action that continues the task, until the guard is dropped.
    pub fn enter(self) -> EnteredSpan {
        self.into_span().entered()
    }

    /// Opens the action that continues the task.
    pub fn into_span(mut self) -> Span {
        match self.take() {
            // Where no tasks are known, the action shows at least where its number was taken.
            what @ What::Position(_) if !dispatcher::get_default(|here| here.is::<Handle>()) => {
                let dispatch = self.dispatch.clone();
                dispatcher::with_default(&dispatch, || open(what, false))
            }
            what => open(what, false),
        }
    }

    fn take(&mut self) -> What {
        std::mem::replace(&mut self.what, What::Nothing)
    }
}

impl Drop for HandOver {
    fn drop(&mut self) {
        let what = self.take();
        if let What::Position(_) | What::FromOutside(Ok(_)) = what {
            dispatcher::with_default(&self.dispatch, || drop(open(what, true)));
        }
    }
}

impl fmt::Debug for HandOver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HandOver")
            .field("position", &self.position())
            .finish_non_exhaustive()
    }
}

thread_local! {
    /// The position for the span that this thread is just opening.
    static CONTINUED: RefCell<Option<Position>> = const { RefCell::new(None) };
}

/// Opens the action that continues a task.
///
/// Filters are not asked: `tracing`'s macros would ask them, the span itself does not.
fn open(what: What, never_continued: bool) -> Span {
    let (position, refused) = match what {
        What::Nothing => return Span::none(),
        What::Position(position) => (Some(position), None),
        What::FromOutside(_) if LevelFilter::current() < LevelFilter::INFO => return Span::none(),
        What::FromOutside(Ok(position)) => (Some(position), None),
        What::FromOutside(Err(bytes)) => (None, Some(bytes)),
    };
    let names = METADATA.fields();
    let (Some(refused_id_bytes), Some(unused)) = (
        names.field("refused_id_bytes"),
        names.field("never_continued"),
    ) else {
        return Span::none();
    };
    let values = [
        (
            &refused_id_bytes,
            refused.as_ref().map(|bytes| bytes as &dyn Value),
        ),
        (&unused, never_continued.then_some(&true as &dyn Value)),
    ];
    let _ = CONTINUED.try_with(|next| next.replace(position));
    // At the very end of a thread the registry panics, and a value that was kept in thread-local
    // memory may be dropped just then.
    let span = survive(|| Span::new_root(&METADATA, &names.value_set(&values)));
    // Without a task layer nobody has taken it.
    let _ = CONTINUED.try_with(RefCell::take);
    span.unwrap_or_else(Span::none)
}

/// The call site of all actions that continue a task.
static REMOTE_TASK: DefaultCallsite = DefaultCallsite::new(&METADATA);
static METADATA: Metadata<'static> = Metadata::new(
    "eliot:remote_task",
    "tasktrail",
    Level::INFO,
    None,
    None,
    None,
    FieldSet::new(
        &["refused_id_bytes", "never_continued"],
        identify_callsite!(&REMOTE_TASK),
    ),
    Kind::SPAN,
);

/// Gives the position at which a new span stands, if it continues a task.
pub(super) fn continued(metadata: &Metadata<'_>) -> Option<Position> {
    if metadata.callsite() != METADATA.callsite() {
        return None;
    }
    CONTINUED.try_with(RefCell::take).ok().flatten()
}
