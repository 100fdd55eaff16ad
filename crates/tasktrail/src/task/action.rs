//! One action: where it stands in its task, the counter of what happens in it, and how it ended.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{
    Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
};
use std::time::Duration;

use smallvec::SmallVec;
use tasktrail_record::{Failure, Place, Position, TaskId, TaskLevel, Timestamp};

use super::cancel::{Opened, dropped};
use super::failure::{Cause, forget_panic, last_panic};
use super::opentelemetry::{KeptTraced, Traced};
use super::{Carried, Continued};
use crate::json::JsonSpans;

/// The length of a task id as text.
const UUID: usize = 36;

/// An action that has its place in a task; or a span that may become one, as long as it has none.
#[derive(Debug)]
pub(crate) struct Action {
    name: &'static str,
    placed: OnceLock<Placed>,
    next: AtomicU64,
    /// The number of its end, 0 until then.
    end: AtomicU64,
    started: Moment,
    ended: Moment,
    failure: Mutex<Option<(Cause, Arc<Failure>)>>,
    unwinding_at_start: bool,
    opened: Opened,
    /// It is among those that are open with none around them, where these are counted.
    is_counted: AtomicBool,
    /// What the task carries that starts here.
    carried: Option<Arc<Carried>>,
    /// What OpenTelemetry says of it, until it has its place.
    traced: KeptTraced,
    /// What each output keeps of the span that the action is: found with the action, they need not
    /// look for the span.
    outputs: RwLock<JsonSpans>,
}

/// What is known of an action once it has its place.
#[derive(Debug)]
struct Placed {
    /// The task id and the level as lines show them, `<task_uuid>2,1,`: encoded once.
    text: Box<str>,
    carried: Option<Arc<Carried>>,
    /// The id that the span has in a trace.
    span_id: Option<u64>,
}

impl Placed {
    #[inline]
    fn new(text: Box<str>, carried: Option<Arc<Carried>>, traced: Option<Traced>) -> Self {
        let carried = match traced {
            Some(traced) => {
                let (task_uuid, level) = parts(&text);
                Some(traced.carried(task_uuid, level, carried))
            }
            None => carried,
        };
        Self {
            text,
            span_id: carried.as_ref().and_then(|carried| carried.span_id()),
            carried,
        }
    }

    /// Starts a new task.
    #[inline]
    fn root(started: &Moment, carried: Option<Arc<Carried>>, traced: Option<Traced>) -> Self {
        let task = traced.as_ref().and_then(Traced::task);
        // A new task's id needs the clock, as its start does.
        let task = task.unwrap_or_else(|| TaskId::random_at(started.get()));
        let text = task.encode(&mut [0; UUID]).into();
        let carried = match &traced {
            Some(traced) => traced.carried_by_root(carried),
            None => carried,
        };
        Self::new(text, carried, traced)
    }

    /// Continues a task at exactly this position.
    fn at(position: &Position, carried: Option<Arc<Carried>>, traced: Option<Traced>) -> Self {
        let mut uuid = [0; UUID];
        let uuid = position.task().encode(&mut uuid);
        let mut text = SmallVec::<[u8; 96]>::from_slice(uuid.as_bytes());
        for &number in position.level().numbers() {
            text.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
            text.push(b',');
        }
        let text = std::str::from_utf8(&text).unwrap_or_default();
        Self::new(text.into(), carried, traced)
    }

    /// Stands in an action, which takes a number for it.
    fn within(around: &Action, traced: Option<Traced>) -> Self {
        let number = around.take();
        let mut digits = itoa::Buffer::new();
        let digits = digits.format(number);
        let own = around.encoded();
        let mut text = String::with_capacity(own.len() + digits.len() + 1);
        text.push_str(own);
        text.push_str(digits);
        text.push(',');
        Self::new(text.into(), around.carried().cloned(), traced)
    }
}

impl Action {
    /// The number of each action's first message, its start.
    pub(crate) const START: u64 = 1;

    /// Opens a span that has no place yet.
    pub(super) fn open(name: &'static str, traced: Option<Traced>) -> Self {
        let unwinding_at_start = std::thread::panicking();
        if !unwinding_at_start {
            // A panic that was caught before is none of this span's.
            forget_panic();
        }
        Self {
            name,
            placed: OnceLock::new(),
            next: AtomicU64::new(Self::START + 1),
            end: AtomicU64::new(0),
            started: Moment::default(),
            ended: Moment::default(),
            failure: Mutex::default(),
            unwinding_at_start,
            opened: Opened::now(),
            is_counted: AtomicBool::new(false),
            carried: None,
            traced: KeptTraced::new(traced),
            outputs: RwLock::default(),
        }
    }

    /// Opens an action that continues a task at exactly the position that was handed over, or the
    /// span that starts a task.
    pub(super) fn continued(
        continued: Continued,
        name: &'static str,
        traced: Option<Traced>,
    ) -> Self {
        let Continued { position, carried } = continued;
        match position {
            Some(position) => Self {
                placed: OnceLock::from(Placed::at(&position, carried, traced)),
                ..Self::open(name, None)
            },
            None => Self {
                carried,
                ..Self::open(name, traced)
            },
        }
    }

    /// Gives the span its place, unless it has one: in the action around it, which takes a number
    /// for it, or as a new task.
    pub(super) fn accept(&self, around: Option<&Self>) {
        self.placed.get_or_init(|| {
            let traced = self.traced.take();
            match around {
                Some(around) => Placed::within(around, traced),
                None => Placed::root(&self.started, self.carried.clone(), traced),
            }
        });
    }

    /// Tells whether it has its place.
    pub(super) fn is_accepted(&self) -> bool {
        self.placed.get().is_some()
    }

    fn encoded(&self) -> &str {
        self.placed.get().map_or("", |placed| &placed.text)
    }

    /// Takes the next number of the action.
    ///
    /// The order of one counter agrees with every "happened before" between threads, so nothing
    /// stronger than a relaxed addition is needed.
    pub(crate) fn take(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    /// Gives the ids that the task carries besides its own.
    pub(crate) fn carried(&self) -> Option<&Arc<Carried>> {
        self.placed.get()?.carried.as_ref()
    }

    #[inline]
    pub(crate) fn outputs(&self) -> RwLockReadGuard<'_, JsonSpans> {
        self.outputs.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn outputs_mut(&self) -> RwLockWriteGuard<'_, JsonSpans> {
        self.outputs.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives the place of the message that took a number here.
    pub(crate) fn place(&self, number: u64) -> Place<'_> {
        let placed = self.placed.get();
        let (task_uuid, action) = placed.map(|placed| parts(&placed.text)).unwrap_or_default();
        Place {
            task_uuid,
            action,
            number,
            span_id: placed.and_then(|placed| placed.span_id),
        }
    }

    /// Says that the action failed.
    pub(super) fn fail(&self, cause: Cause, failure: Failure) {
        let mut kept = self.kept_failure();
        if kept.as_ref().is_none_or(|(old, _)| cause >= *old) {
            *kept = Some((cause, Arc::new(failure)));
        }
    }

    /// Gives the reason why the action failed; `None` if it succeeded.
    pub(crate) fn failure(&self) -> Option<Arc<Failure>> {
        let kept = self.kept_failure();
        kept.as_ref().map(|(_, failure)| Arc::clone(failure))
    }

    fn kept_failure(&self) -> MutexGuard<'_, Option<(Cause, Arc<Failure>)>> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the action: takes the number of its end, the last one.
    pub(super) fn close(&self) {
        // A span that was opened while the thread was unwinding already is part of the clean-up.
        if std::thread::panicking() && !self.unwinding_at_start {
            self.fail_by(Cause::Panic, last_panic);
        }
        if self.opened.is_cancelled_now() {
            self.fail_by(Cause::Dropped, dropped);
        }
        // It gets no place any more, and a thread may keep it until its next span.
        self.traced.take();
        if !self.has_ended() {
            self.end.store(self.take(), Ordering::Relaxed);
        }
    }

    #[cold]
    fn fail_by(&self, cause: Cause, failure: fn() -> Failure) {
        self.fail(cause, failure());
    }

    /// Gives the number of the action's end, once it has ended, and 0 before.
    pub(crate) fn end(&self) -> u64 {
        self.end.load(Ordering::Relaxed)
    }

    pub(super) fn has_ended(&self) -> bool {
        self.end() != 0
    }

    /// Says that it is counted among those that are open with none around them.
    pub(super) fn count(&self) {
        self.is_counted.store(true, Ordering::Relaxed);
    }

    /// Tells, once, that it was counted.
    pub(super) fn take_counted(&self) -> bool {
        self.is_counted.load(Ordering::Relaxed) && self.is_counted.swap(false, Ordering::Relaxed)
    }

    /// Gives the time of the start, which is that at which it was asked for first: all outputs show
    /// the same.
    pub(crate) fn started(&self) -> Timestamp {
        self.started.get()
    }

    /// Gives the time of the end, as [`started`](Self::started) does.
    pub(crate) fn ended(&self) -> Timestamp {
        self.ended.get()
    }

    /// Gives the position of the action itself.
    pub(crate) fn position(&self) -> Option<Position> {
        let place = self.place(0);
        let task = place.task_uuid.parse().ok()?;
        Some(Position::new(task, level(place.action)?))
    }

    /// Gives the position of what took a number here.
    pub(crate) fn position_of(&self, number: u64) -> Option<Position> {
        let own = self.position()?;
        Some(Position::new(own.task(), own.level().child(number)))
    }
}

/// The moment at which it was asked for first: nanoseconds since 1970, 0 before.
#[derive(Debug, Default)]
struct Moment(AtomicU64);

impl Moment {
    fn get(&self) -> Timestamp {
        let mut nanoseconds = self.0.load(Ordering::Relaxed);
        if nanoseconds == 0 {
            // Enough until the year 2554.
            let now = Timestamp::now().since_epoch().as_nanos();
            let now = u64::try_from(now).unwrap_or(u64::MAX);
            let before = self
                .0
                .compare_exchange(0, now, Ordering::Relaxed, Ordering::Relaxed);
            nanoseconds = before.map_or_else(|before| before, |_| now);
        }
        Timestamp::from_epoch(Duration::from_nanos(nanoseconds))
    }
}

/// Gives the task id and the level of `<task_uuid>2,1,`.
fn parts(place: &str) -> (&str, &str) {
    place.split_at_checked(UUID).unwrap_or_default()
}

fn level(text: &str) -> Option<TaskLevel> {
    let numbers = text.split_terminator(',').map(str::parse);
    let numbers: Result<SmallVec<[u64; 8]>, _> = numbers.collect();
    TaskLevel::from_numbers(&numbers.ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepted(around: Option<&Action>) -> Action {
        let action = Action::open("name", None);
        action.accept(around);
        action
    }

    #[test]
    fn a_child_takes_a_number_and_puts_it_at_the_end_of_its_level() {
        let root = accepted(None);

        assert_eq!(root.take(), 2);
        let child = accepted(Some(&root));
        let grandchild = accepted(Some(&child));

        let position = grandchild.position().unwrap();
        assert_eq!(position.level().to_string(), "/3/2");
        assert_eq!(position.task(), root.position().unwrap().task());
        assert_eq!(root.take(), 4);
    }

    #[test]
    fn a_span_takes_its_number_once() {
        let root = accepted(None);
        let child = Action::open("child", None);
        assert!(!child.is_accepted());

        child.accept(Some(&root));
        child.accept(Some(&root));

        assert_eq!(child.place(7).action, "2,");
        assert_eq!(root.take(), 3);
    }

    #[test]
    fn an_action_continues_at_exactly_the_position_it_was_given() {
        let position: Position = "192f76ea-915e-4131-95dc-da28c6bcdbb5@/3/18446744073709551615"
            .parse()
            .unwrap();
        let continued = Continued {
            position: Some(position.clone()),
            carried: None,
        };

        let action = Action::continued(continued, "remote", None);

        assert_eq!(action.position(), Some(position));
        assert_eq!(action.place(7).action, "3,18446744073709551615,");
    }

    #[test]
    fn a_moment_is_the_one_at_which_it_was_asked_for_first() {
        let before = Timestamp::now();
        let moment = Moment::default();
        let first = moment.get();

        assert!(before <= first && first <= Timestamp::now());
        assert_eq!(moment.get(), first);
    }
}
