//! Takes the position of an event once, whoever asks first.
//!
//! The task layer sees each event before the outputs do and announces it here, on the thread that
//! logs. An output that accepts the event asks; the first one to ask takes the number, the others
//! are given the same.

use std::cell::{Cell, RefCell};
use std::sync::Arc;

use tasktrail_record::{Place, Position, TaskId, TaskLevel};
use tracing_core::Event;

use super::Action;

/// The place that an event took.
#[derive(Debug, Clone)]
pub(crate) enum EventPlace {
    /// It happened in an action and took this number there.
    In(Arc<Action>, u64),
    /// It happened outside all actions and is a task of its own.
    Alone(TaskId),
}

impl EventPlace {
    fn take(action: Option<&Arc<Action>>) -> Self {
        match action {
            Some(action) => Self::In(Arc::clone(action), action.take()),
            None => Self::Alone(TaskId::random()),
        }
    }

    /// Gives the place as lines show it; `uuid` lends the memory for a task id.
    pub(crate) fn encoded<'a>(&'a self, uuid: &'a mut [u8; 36]) -> Place<'a> {
        match self {
            Self::In(action, number) => action.place(*number),
            Self::Alone(task) => Place {
                task_uuid: task.encode(uuid),
                action: "",
                number: 1,
            },
        }
    }

    fn position(&self) -> Option<Position> {
        match self {
            Self::In(action, number) => action.position_of(*number),
            Self::Alone(task) => Some(Position::new(*task, TaskLevel::root().child(1))),
        }
    }
}

/// An event that the task layer has seen on this thread, not long ago.
#[derive(Debug)]
struct Announced {
    /// Where the event and its metadata are in memory. No two events that live at the same time
    /// share an address, and an event that ended is forgotten when the next one takes its place.
    identity: Identity,
    action: Option<Arc<Action>>,
    taken: Option<EventPlace>,
    /// The outputs that have asked, a bit for each.
    askers: u64,
}

type Identity = (usize, usize);

fn identity(event: &Event<'_>) -> Identity {
    let metadata: *const _ = event.metadata();
    (std::ptr::from_ref(event).addr(), metadata.addr())
}

/// Events of one thread overlap only where formatting one logs another: this many are told apart.
const KEPT: usize = 16;

thread_local! {
    static ANNOUNCED: RefCell<Vec<Announced>> = const { RefCell::new(Vec::new()) };
    /// The last event that an output asked for in vain.
    static MISSED: Cell<Option<Identity>> = const { Cell::new(None) };
}

/// Says that an event happens in an action, before any output sees it.
///
/// Gives `false` if an output has already asked for this very event: it stands before the task
/// layer.
pub(super) fn announce(event: &Event<'_>, action: Option<Arc<Action>>) -> bool {
    let identity = identity(event);
    let announced = Announced {
        identity,
        action,
        taken: None,
        askers: 0,
    };
    // Without thread-local memory, at the very end of a thread, events have no position.
    let _ = ANNOUNCED.try_with(|list| {
        let Ok(mut list) = list.try_borrow_mut() else {
            return;
        };
        let stale = list.iter().rposition(|old| old.identity.0 == identity.0);
        if let Some(at) = stale.or((list.len() >= KEPT).then_some(0)) {
            list.remove(at);
        }
        list.push(announced);
    });
    MISSED.try_with(Cell::take).ok().flatten() != Some(identity)
}

/// Forgets that an output asked in vain: another event begins, perhaps in the same place.
pub(crate) fn begin() {
    let _ = MISSED.try_with(Cell::take);
}

/// Gives the place of an event to an output, and takes it if nobody has asked before.
///
/// `None` if the task layer has not seen the event: there is none, it stands behind the output,
/// or a filter keeps the event from it.
pub(crate) fn ask(event: &Event<'_>, asker: u32) -> Option<EventPlace> {
    // Each output asks once for an event. If it asks again, what is remembered here is another
    // event that happened to be in the same place.
    let bit = 1_u64.checked_shl(asker).unwrap_or_default();
    let place = take(event, bit);
    if place.is_none() {
        let _ = MISSED.try_with(|missed| missed.set(Some(identity(event))));
    }
    place
}

/// Gives the position of an event, for formatters and layers that are not ours.
///
/// To ask is to accept the event: the first who asks takes a number of the action, and all who ask
/// for the same event are given the same position. Ask only for an event that is then shown, from
/// within `on_event` or `format_event`. `None` if no [`TaskLayer`](crate::TaskLayer) has seen the
/// event: there is none before the one who asks, or a filter keeps the event from it.
///
/// ```
/// use tracing::{Event, Subscriber};
/// use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
///
/// struct Positions(std::sync::mpsc::Sender<String>);
///
/// impl<S: Subscriber> Layer<S> for Positions {
///     fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
///         if let Some(position) = tasktrail::event_position(event) {
///             let _ = self.0.send(position.level().to_string());
///         }
///     }
/// }
///
/// let (sender, receiver) = std::sync::mpsc::channel();
/// let subscriber = tracing_subscriber::registry()
///     .with(tasktrail::TaskLayer::new())
///     .with(Positions(sender));
/// tracing::subscriber::with_default(subscriber, || {
///     let _order = tracing::info_span!("order").entered();
///     tracing::info!("received");
///     tracing::info!("sold");
/// });
/// assert_eq!(receiver.iter().collect::<Vec<_>>(), ["/2", "/3"]);
/// ```
pub fn event_position(event: &Event<'_>) -> Option<Position> {
    take(event, 0)?.position()
}

fn take(event: &Event<'_>, asker: u64) -> Option<EventPlace> {
    let identity = identity(event);
    ANNOUNCED
        .try_with(|list| {
            let mut list = list.try_borrow_mut().ok()?;
            let announced = list.iter_mut().rfind(|old| old.identity == identity)?;
            if announced.askers & asker != 0 {
                return None;
            }
            announced.askers |= asker;
            let action = announced.action.as_ref();
            let taken = announced
                .taken
                .get_or_insert_with(|| EventPlace::take(action));
            Some(taken.clone())
        })
        .ok()
        .flatten()
}
