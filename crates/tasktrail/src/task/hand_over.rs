//! Hands a task over to another thread, future, process or host.

use std::cell::RefCell;
use std::fmt;
use std::sync::Arc;

use tasktrail_record::Position;
use tracing::level_filters::LevelFilter;
use tracing::span::EnteredSpan;
use tracing::{Level, Span, warn};
use tracing_core::callsite::DefaultCallsite;
use tracing_core::field::{FieldSet, Value};
use tracing_core::{Dispatch, Kind, Metadata, dispatcher, identify_callsite};

use super::current::current_action;
use super::opentelemetry::Parent;
use super::{Carried, Handle, InSpan, in_span, survive};

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
        Some(position) => {
            let mut task = HandOver::new(What::Position(position));
            task.carried = action.carried().cloned();
            task.parent = Parent::current();
            task
        }
        None => HandOver::new(What::Nothing),
    }
}

/// Starts a task of its own, whatever is open around.
///
/// ```
/// # let lines = tasktrail::example::lines(|| {
/// let _server = tracing::info_span!("server").entered();
/// let request = tasktrail::start_task().into_span_with(|| tracing::info_span!("request"));
/// request.in_scope(|| {
///     assert_eq!(tasktrail::current().unwrap().level().to_string(), "/");
/// });
/// # });
/// # assert!(lines[1].ends_with(r#""action_type":"request","task_level":[1]}"#));
/// ```
pub fn start_task() -> HandOver {
    HandOver::new(What::New)
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

/// Continues a task at a position that was handed over, by whoever is trusted to name one.
///
/// What [`continue_task`] is for texts, this is for a position that was read and checked already,
/// or that [`HandOver::into_position`] gave.
///
/// ```
/// # let lines = tasktrail::example::lines(|| {
/// # let _order = tracing::info_span!("order").entered();
/// let position = tasktrail::hand_over().into_position().unwrap();
/// tasktrail::continue_at(position).run(|| {
///     assert_eq!(tasktrail::current().unwrap().level().to_string(), "/2");
/// });
/// # });
/// ```
pub fn continue_at(position: Position) -> HandOver {
    HandOver::new(What::FromOutside(Ok(position)))
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
    carried: Option<Arc<Carried>>,
    /// The span of OpenTelemetry's in which the action that continues the task opens.
    parent: Parent,
    /// Where a value that is dropped unused says so: the thread that drops it may log elsewhere.
    dispatch: Dispatch,
}

enum What {
    Nothing,
    /// A task that starts.
    New,
    /// A position that was taken in this program.
    Position(Position),
    /// What another process sent: a position, or that many bytes of something else.
    FromOutside(Result<Position, usize>),
}

/// A span of a trace that another program opened, as headers name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RemoteSpan<'a> {
    /// The 128 bits of the trace's id.
    pub trace_id: u128,
    /// The 64 bits of the span's id.
    pub span_id: u64,
    /// The other program may have recorded it.
    pub is_sampled: bool,
    /// What tracing systems on the way noted: W3C's `tracestate`.
    pub tracestate: &'a str,
}

impl What {
    fn position(&self) -> Option<&Position> {
        match self {
            Self::Position(position) | Self::FromOutside(Ok(position)) => Some(position),
            Self::Nothing | Self::New | Self::FromOutside(Err(_)) => None,
        }
    }
}

impl HandOver {
    fn new(what: What) -> Self {
        Self {
            what,
            carried: None,
            parent: Parent::none(),
            dispatch: dispatcher::get_default(Clone::clone),
        }
    }

    /// Gives the position at which the receiver continues; `None` if there is no task to continue.
    pub fn position(&self) -> Option<&Position> {
        self.what.position()
    }

    /// Gives the position as text for another process, which passes it to [`continue_task`];
    /// `None` if there is no task to continue.
    pub fn into_text(self) -> Option<String> {
        Some(self.into_position()?.text())
    }

    /// Gives the position itself, which somebody else continues from now on, by [`continue_at`] or as
    /// text; `None` if there is no task to continue.
    pub fn into_position(mut self) -> Option<Position> {
        match self.take().0 {
            What::Position(position) | What::FromOutside(Ok(position)) => Some(position),
            What::Nothing | What::New | What::FromOutside(Err(_)) => None,
        }
    }

    /// Lets the task carry these ids from here on, in place of those that it carries.
    ///
    /// A hand-over in the program takes along by itself what its task carries.
    pub fn carrying(mut self, ids: Carried) -> Self {
        self.carried = (!ids.is_empty()).then(|| Arc::new(ids));
        self
    }

    /// Lets OpenTelemetry's span of the action be a child of one that another program opened, so that
    /// both are in one trace.
    ///
    /// It counts where the feature `opentelemetry` is on, and the span that continues the task has no
    /// other around it; else nothing happens. An id of 0 names no span. To name the trace on lines, let
    /// the task [carry](Self::carrying) it.
    ///
    /// ```
    /// use tasktrail::RemoteSpan;
    ///
    /// # let lines = tasktrail::example::lines(|| {
    /// let caller = RemoteSpan {
    ///     trace_id: 0x4bf92f3577b34da6a3ce929d0e0e4736,
    ///     span_id: 0x00f067aa0ba902b7,
    ///     is_sampled: true,
    ///     tracestate: "",
    /// };
    /// tasktrail::start_task().in_trace(caller).run(|| tracing::info!("sold"));
    /// # });
    /// # assert_eq!(lines.len(), 3);
    /// ```
    pub fn in_trace(mut self, span: RemoteSpan<'_>) -> Self {
        self.parent = Parent::remote(span);
        self
    }

    /// Runs a closure as the action that continues the task.
    pub fn run<R>(self, f: impl FnOnce() -> R) -> R {
        self.into_span().in_scope(f)
    }

    /// Lets a future be the action that continues the task; it starts now and ends when the future
    /// is done. Dropped before, it ends as cancelled: [`in_span`](crate::in_span) says how.
    pub fn instrument<F: Future>(self, future: F) -> InSpan<F> {
        in_span(self.into_span(), future)
    }

    /// Enters the action that continues the task, until the guard is dropped.
    pub fn enter(self) -> EnteredSpan {
        self.into_span().entered()
    }

    /// Opens the action that continues the task.
    pub fn into_span(mut self) -> Span {
        let (what, carried) = self.take();
        self.in_its_place(&what, || open(&what, carried, &self.parent, false))
    }

    /// Lets the span that `make` opens be the action that continues the task, at exactly the
    /// position that was handed over; if it opens several, the first.
    ///
    /// Where a filter turns that span away, an action `eliot:remote_task` stands for it if a number
    /// was taken or the task carries something. The text of an id that was refused is not shown; an event in the span, at the
    /// level WARN, says so.
    ///
    /// ```
    /// # let lines = tasktrail::example::lines(|| {
    /// let task = tasktrail::continue_task("192f76ea-915e-4131-95dc-da28c6bcdbb5@/3/2");
    /// let request = task.into_span_with(|| tracing::info_span!("request", method = "GET"));
    /// request.in_scope(|| {
    ///     let current = tasktrail::current().unwrap();
    ///     assert_eq!(current.name(), "request");
    ///     assert_eq!(current.level().to_string(), "/3/2");
    /// });
    /// # });
    /// ```
    pub fn into_span_with(mut self, make: impl FnOnce() -> Span) -> Span {
        let (what, carried) = self.take();
        if let What::Nothing = what {
            return make();
        }
        let (span, is_taken) = self.in_its_place(&what, || {
            let next = Next::new(&what, carried.clone(), false);
            let waiting = Waiting::start(next);
            let _parent = self.parent.attach();
            (make(), waiting.is_taken())
        });
        match what {
            What::FromOutside(Err(bytes)) => span.in_scope(|| {
                warn!(refused_id_bytes = bytes, "the id of a task was refused");
            }),
            // What is carried stands on lines that come of it, too.
            What::New if !is_taken && carried.is_none() => {}
            What::New | What::Position(_) | What::FromOutside(Ok(_)) if !is_taken => {
                return self.in_its_place(&what, || open(&what, carried, &self.parent, false));
            }
            _ => {}
        }
        span
    }

    /// Runs `open` where the task is known: if no tasks are known here, the action shows at least
    /// where its number was taken.
    fn in_its_place<R>(&self, what: &What, open: impl FnOnce() -> R) -> R {
        match what {
            What::Position(_) if !dispatcher::get_default(|here| here.is::<Handle>()) => {
                dispatcher::with_default(&self.dispatch, open)
            }
            _ => open(),
        }
    }

    fn take(&mut self) -> (What, Option<Arc<Carried>>) {
        let what = std::mem::replace(&mut self.what, What::Nothing);
        (what, self.carried.take())
    }
}

impl Drop for HandOver {
    fn drop(&mut self) {
        let (what, carried) = self.take();
        if what.position().is_some() {
            dispatcher::with_default(&self.dispatch, || {
                drop(open(&what, carried, &self.parent, true));
            });
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

/// Where a span stands that continues a task, or starts one, and what the task carries.
#[derive(Debug)]
pub(crate) struct Continued {
    /// `None` if it starts one.
    pub(crate) position: Option<Position>,
    pub(crate) carried: Option<Arc<Carried>>,
}

/// What waits for the span that this thread is just opening.
#[derive(Debug)]
struct Next {
    continued: Continued,
    /// Only the action that is made for it takes it, and not whatever span is opened first.
    is_remote_task: bool,
}

impl Next {
    fn new(what: &What, carried: Option<Arc<Carried>>, is_remote_task: bool) -> Self {
        let position = what.position().cloned();
        Self {
            continued: Continued { position, carried },
            is_remote_task,
        }
    }
}

thread_local! {
    static NEXT: RefCell<Option<Next>> = const { RefCell::new(None) };
}

/// Lets something wait for a span until it is dropped, and then again what waited before.
struct Waiting(Option<Next>);

impl Waiting {
    fn start(next: Next) -> Self {
        Self(
            NEXT.try_with(|waits| waits.replace(Some(next)))
                .ok()
                .flatten(),
        )
    }

    fn is_taken(&self) -> bool {
        NEXT.try_with(|waits| waits.borrow().is_none())
            .unwrap_or(false)
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let _ = NEXT.try_with(|waits| waits.replace(self.0.take()));
    }
}

/// Opens the action that continues a task.
///
/// Filters are not asked: `tracing`'s macros would ask them, the span itself does not.
fn open(
    what: &What,
    carried: Option<Arc<Carried>>,
    parent: &Parent,
    never_continued: bool,
) -> Span {
    let refused = match what {
        What::Nothing => return Span::none(),
        What::New | What::FromOutside(_) if LevelFilter::current() < LevelFilter::INFO => {
            return Span::none();
        }
        What::FromOutside(Err(bytes)) => Some(bytes),
        What::Position(_) | What::New | What::FromOutside(Ok(_)) => None,
    };
    let names = METADATA.fields();
    let (Some(refused_id_bytes), Some(unused)) = (
        names.field("refused_id_bytes"),
        names.field("never_continued"),
    ) else {
        return Span::none();
    };
    let values = [
        (&refused_id_bytes, refused.map(|bytes| bytes as &dyn Value)),
        (&unused, never_continued.then_some(&true as &dyn Value)),
    ];
    // Without a task layer nobody takes it.
    let _waiting = Waiting::start(Next::new(what, carried, true));
    // At the very end of a thread the registry panics, and a value that was kept in thread-local
    // memory may be dropped just then.
    let span = survive(|| parent.open_root(&METADATA, &names.value_set(&values)));
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

/// Tells whether a new span continues a task, and where, or starts one.
pub(super) fn continued(metadata: &Metadata<'_>) -> Option<Continued> {
    let next = NEXT.try_with(|next| {
        let mut next = next.try_borrow_mut().ok()?;
        next.take_if(|next| !next.is_remote_task || metadata.callsite() == METADATA.callsite())
    });
    Some(next.ok().flatten()?.continued)
}
