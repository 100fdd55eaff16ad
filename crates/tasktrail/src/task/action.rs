//! One action: where it stands in its task, and the counter of what happens in it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use smallvec::SmallVec;
use tasktrail_record::{Place, Position, TaskId, TaskLevel};

use super::Carried;
use super::opentelemetry::Traced;
use crate::json::JsonSpans;

/// The length of a task id as text.
const UUID: usize = 36;

/// An action that has its place in a task.
#[derive(Debug)]
pub(crate) struct Action {
    name: &'static str,
    /// The task id and the level as lines show them, `<task_uuid>2,1,`: encoded once.
    place: Box<str>,
    next: AtomicU64,
    carried: Option<Arc<Carried>>,
    /// The id that the span has in a trace.
    span_id: Option<u64>,
    /// What each output keeps of the span that the action is: found with the action, they need not
    /// look for the span.
    outputs: RwLock<JsonSpans>,
}

impl Action {
    /// The number of each action's first message, its start.
    pub(crate) const START: u64 = 1;

    /// Starts a new task.
    pub(crate) fn root(
        name: &'static str,
        carried: Option<Arc<Carried>>,
        traced: Option<Traced>,
    ) -> Arc<Self> {
        let task = traced.as_ref().and_then(Traced::task);
        let task = task.unwrap_or_else(TaskId::random);
        let place = task.encode(&mut [0; UUID]).into();
        let carried = match &traced {
            Some(traced) => traced.carried_by_root(carried),
            None => carried,
        };
        Self::new(name, place, carried, traced)
    }

    /// Starts an action in this one, and takes a number for it.
    pub(crate) fn child(&self, name: &'static str, traced: Option<Traced>) -> Arc<Self> {
        let number = self.take();
        let mut digits = itoa::Buffer::new();
        let digits = digits.format(number);
        let mut place = String::with_capacity(self.place.len() + digits.len() + 1);
        place.push_str(&self.place);
        place.push_str(digits);
        place.push(',');
        Self::new(name, place.into(), self.carried.clone(), traced)
    }

    /// Continues a task at exactly this position.
    pub(crate) fn at(
        position: &Position,
        name: &'static str,
        carried: Option<Arc<Carried>>,
        traced: Option<Traced>,
    ) -> Arc<Self> {
        let mut uuid = [0; UUID];
        let uuid = position.task().encode(&mut uuid);
        let place = [uuid, &Place::action_text(position.level())].concat();
        Self::new(name, place.into(), carried, traced)
    }

    fn new(
        name: &'static str,
        place: Box<str>,
        carried: Option<Arc<Carried>>,
        traced: Option<Traced>,
    ) -> Arc<Self> {
        let (task_uuid, level) = parts(&place);
        let carried = match traced {
            Some(traced) => Some(traced.carried(task_uuid, level, carried)),
            None => carried,
        };
        Arc::new(Self {
            name,
            place,
            span_id: carried.as_ref().and_then(|carried| carried.span_id()),
            carried,
            next: AtomicU64::new(Self::START + 1),
            outputs: RwLock::default(),
        })
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
        self.carried.as_ref()
    }

    pub(crate) fn outputs(&self) -> RwLockReadGuard<'_, JsonSpans> {
        self.outputs.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn outputs_mut(&self) -> RwLockWriteGuard<'_, JsonSpans> {
        self.outputs.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives the place of the message that took a number here.
    pub(crate) fn place(&self, number: u64) -> Place<'_> {
        let (task_uuid, action) = parts(&self.place);
        Place {
            task_uuid,
            action,
            number,
            span_id: self.span_id,
        }
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

    #[test]
    fn a_child_takes_a_number_and_puts_it_at_the_end_of_its_level() {
        let root = Action::root("root", None, None);

        assert_eq!(root.take(), 2);
        let child = root.child("child", None);
        let grandchild = child.child("grandchild", None);

        let position = grandchild.position().unwrap();
        assert_eq!(position.level().to_string(), "/3/2");
        assert_eq!(position.task(), root.position().unwrap().task());
        assert_eq!(root.take(), 4);
    }

    #[test]
    fn an_action_continues_at_exactly_the_position_it_was_given() {
        let position: Position = "192f76ea-915e-4131-95dc-da28c6bcdbb5@/3/18446744073709551615"
            .parse()
            .unwrap();

        let action = Action::at(&position, "remote", None, None);

        assert_eq!(action.position(), Some(position));
        assert_eq!(action.place(7).action, "3,18446744073709551615,");
    }
}
