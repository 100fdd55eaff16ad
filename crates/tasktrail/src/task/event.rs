//! Takes the position of an event once, whoever asks first.
//!
//! The task layer sees each event before the outputs do and announces it here, on the thread that
//! logs. An output that accepts the event asks; the first one to ask takes the number, the others
//! are given the same.

use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::thread::AccessError;

use tasktrail_record::{Place, Position, TaskId, TaskLevel, Timestamp};
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
    pub(crate) fn take(action: Option<&Arc<Action>>) -> Self {
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
    taken: Option<(EventPlace, Timestamp)>,
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
    };
    // Without thread-local memory, at the very end of a thread, outputs look for themselves.
    let _ = ANNOUNCED.try_with(|list| {
        let Ok(mut list) = list.try_borrow_mut() else {
            return;
        };
        forget(&mut list, identity);
        if list.len() >= KEPT {
            list.remove(0);
        }
        list.push(announced);
    });
    MISSED.try_with(Cell::take).ok().flatten() != Some(identity)
}

/// Says that an event begins, before any layer is given it: what is remembered of an earlier one
/// in the same place is no longer true.
///
/// The task layer may not see this event, where a filter keeps it away; an output that asks for it
/// must not be given the place of the earlier one then.
pub(crate) fn begin(event: &Event<'_>) {
    let _ = ANNOUNCED.try_with(|list| {
        if let Ok(mut list) = list.try_borrow_mut() {
            forget(&mut list, identity(event));
        }
    });
    let _ = MISSED.try_with(Cell::take);
}

fn forget(list: &mut Vec<Announced>, (place, _): Identity) {
    if let Some(at) = list.iter().rposition(|old| old.identity.0 == place) {
        list.remove(at);
    }
}

/// Gives the place of an event to an output, and its time, and takes both if nobody has asked
/// before: all outputs show the same.
///
/// `None` if the task layer has not seen the event: there is none, it stands behind the output,
/// or a filter keeps the event from it.
///
/// # Errors
///
/// At the very end of a thread, when it has no thread-local memory any more.
pub(crate) fn ask(event: &Event<'_>) -> Result<Option<(EventPlace, Timestamp)>, AccessError> {
    let place = take(event)?;
    if place.is_none() {
        MISSED.try_with(|missed| missed.set(Some(identity(event))))?;
    }
    Ok(place)
}

/// Gives the position of an event, for formatters and layers that are not ours.
///
/// To ask is to accept the event: the first who asks takes a number of the action, and all who ask
/// for the same event are given the same position. Ask only for an event that is then shown, from
/// within `on_event` or `format_event`. `None` if no [`TaskLayer`](crate::TaskLayer) has seen the
/// event: there is none before the one who asks.
///
/// A filter over the task layer must stand over the one who asks, too. Where it does not, and no
/// [`JsonLayer`](crate::JsonLayer) sees all events, an event that is kept from the task layer may be
/// given the position of an earlier one of the same call site.
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
    let (place, _) = take(event).ok()??;
    place.position()
}

fn take(event: &Event<'_>) -> Result<Option<(EventPlace, Timestamp)>, AccessError> {
    let identity = identity(event);
    ANNOUNCED.try_with(|list| {
        let mut list = list.try_borrow_mut().ok()?;
        let announced = list.iter_mut().rfind(|old| old.identity == identity)?;
        let action = announced.action.as_ref();
        let taken = announced
            .taken
            .get_or_insert_with(|| (EventPlace::take(action), Timestamp::now()));
        Some(taken.clone())
    })
}
