//! Takes the position of an event once, whoever asks first.
//!
//! The task layer sees each event before the outputs do and announces it here, on the thread that
//! logs. An output that accepts the event asks; the first one to ask takes the number, the others
//! are given the same.

use std::cell::RefCell;
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
                span_id: None,
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
    around: Around,
    taken: Option<(Taken, Timestamp)>,
}

type Identity = (usize, usize);

fn identity(event: &Event<'_>) -> Identity {
    let metadata: *const _ = event.metadata();
    (std::ptr::from_ref(event).addr(), metadata.addr())
}

/// Where an event happens, as the task layer sees it.
#[derive(Debug, Default)]
pub(super) struct Around {
    pub(super) action: Option<Arc<Action>>,
    /// The action is that of the innermost span of all around the event, whoever sees them.
    pub(super) is_innermost: bool,
}

#[derive(Debug, Clone, Copy)]
enum Taken {
    Number(u64),
    Alone(TaskId),
}

impl Announced {
    /// Gives the place and the time, and takes them if nobody has asked before.
    #[inline]
    fn take(&mut self) -> (EventPlace, Timestamp) {
        let action = self.around.action.as_ref();
        let (taken, time) = *self.taken.get_or_insert_with(|| {
            let now = Timestamp::now();
            let taken = match action {
                Some(action) => Taken::Number(action.take()),
                None => Taken::Alone(TaskId::random_at(now)),
            };
            (taken, now)
        });
        let place = match (taken, action) {
            (Taken::Number(number), Some(action)) => EventPlace::In(Arc::clone(action), number),
            (Taken::Number(_), None) => EventPlace::take(None),
            (Taken::Alone(task), _) => EventPlace::Alone(task),
        };
        (place, time)
    }
}

/// Events of one thread overlap only where formatting one logs another: this many are told apart.
const KEPT: usize = 16;

thread_local! {
    static ANNOUNCED: RefCell<Events> = const { RefCell::new(Events { seen: Vec::new(), missed: None }) };
}

/// What a thread knows of its events.
#[derive(Debug)]
struct Events {
    /// The last one comes last. Most events take the memory of the one before, and then its place
    /// here.
    seen: Vec<Announced>,
    /// The last event that an output asked for in vain.
    missed: Option<Identity>,
}

/// Stands for the metadata of an event that is forgotten.
const NOTHING: usize = 0;

impl Events {
    fn add(&mut self, identity: Identity, around: Around) {
        if let Some(last) = self.seen.last_mut()
            && last.identity.0 == identity.0
        {
            last.identity = identity;
            last.around = around;
            last.taken = None;
            return;
        }
        self.add_last(identity, around);
    }

    #[cold]
    fn add_last(&mut self, identity: Identity, around: Around) {
        if let Some(at) = self
            .seen
            .iter()
            .position(|old| old.identity.0 == identity.0)
        {
            self.seen.remove(at);
        } else if self.seen.len() >= KEPT {
            self.seen.remove(0);
        }
        self.seen.push(Announced {
            identity,
            around,
            taken: None,
        });
    }

    fn forget(&mut self, (place, _): Identity) {
        if let Some(old) = self.seen.iter_mut().rfind(|old| old.identity.0 == place) {
            old.identity.1 = NOTHING;
        }
    }

    fn find(&mut self, identity: Identity) -> Option<&mut Announced> {
        self.seen.iter_mut().rfind(|old| old.identity == identity)
    }
}

/// Says that an event happens in an action, before any output sees it.
///
/// Gives `false` if an output has already asked for this very event: it stands before the task
/// layer.
pub(super) fn announce(event: &Event<'_>, around: Around) -> bool {
    let identity = identity(event);
    // Without thread-local memory, at the very end of a thread, outputs look for themselves.
    let missed = ANNOUNCED.try_with(|events| {
        let mut events = events.try_borrow_mut().ok()?;
        events.add(identity, around);
        events.missed.take()
    });
    missed.ok().flatten() != Some(identity)
}

/// Says that an event begins, before any layer is given it: what is remembered of an earlier one
/// in the same place is no longer true.
///
/// The task layer may not see this event, where a filter keeps it away; an output that asks for it
/// must not be given the place of the earlier one then.
pub(crate) fn begin(event: &Event<'_>) {
    let _ = ANNOUNCED.try_with(|events| {
        if let Ok(mut events) = events.try_borrow_mut() {
            events.forget(identity(event));
            events.missed = None;
        }
    });
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
pub(crate) fn ask(event: &Event<'_>) -> Result<Option<Asked>, AccessError> {
    let identity = identity(event);
    ANNOUNCED.try_with(|events| {
        let mut events = events.try_borrow_mut().ok()?;
        let Some(announced) = events.find(identity) else {
            events.missed = Some(identity);
            return None;
        };
        let (place, time) = announced.take();
        Some(Asked {
            place,
            time,
            is_in_innermost: announced.around.is_innermost,
        })
    })
}

/// What an output is told of an event.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) place: EventPlace,
    pub(crate) time: Timestamp,
    /// The action is that of the innermost span of all around the event, whoever sees them.
    pub(crate) is_in_innermost: bool,
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
    let identity = identity(event);
    let place = ANNOUNCED.try_with(|events| {
        let mut events = events.try_borrow_mut().ok()?;
        let (place, _) = events.find(identity)?.take();
        Some(place)
    });
    place.ok()??.position()
}
