//! Tells where a thread or a future was probably started without its task.

use std::cell::Cell;
use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{PoisonError, RwLock};

use tracing_core::callsite::Identifier;
use tracing_core::span::{Attributes, Id};
use tracing_core::{Event, Level, Metadata};
use tracing_log::NormalizeEvent;

/// What is known of the tasks that are open, and of what starts others.
#[derive(Debug)]
pub(crate) struct Trails {
    is_on: AtomicBool,
    /// The actions that are open with none around them.
    open: AtomicUsize,
    /// The call sites that have started a task already.
    known: RwLock<HashSet<Identifier>>,
}

impl Default for Trails {
    fn default() -> Self {
        Self {
            is_on: AtomicBool::new(cfg!(debug_assertions)),
            open: AtomicUsize::new(0),
            known: RwLock::default(),
        }
    }
}

impl Trails {
    pub(super) fn set(&self, is_on: bool) {
        self.is_on.store(is_on, Ordering::Relaxed);
    }

    pub(crate) fn is_on(&self) -> bool {
        self.is_on.load(Ordering::Relaxed)
    }

    /// Looks at a span that opens; `starts` says that nothing was handed over to it and that no
    /// action is around it.
    pub(super) fn open_span(&self, id: &Id, attributes: &Attributes<'_>, starts: bool) {
        let is_first = is_first_on_thread();
        // A span that was given no parent on purpose is no accident.
        let is_lost = starts
            && attributes.is_contextual()
            && self.is_first_of_site(attributes.metadata())
            && self.open.load(Ordering::Relaxed) > 0
            && is_first
            && !runs_in_tokio()
            && is_started_thread();
        set_lost(is_lost.then(|| Lost::Span(id.into_u64())));
    }

    /// Counts an action with none around it that opens.
    pub(super) fn count_open(&self) {
        self.open.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn count_closed(&self) {
        self.open.fetch_sub(1, Ordering::Relaxed);
    }

    /// Looks at an event; `is_alone` says that it is in no span.
    pub(super) fn see_event(&self, event: &Event<'_>, is_alone: bool) {
        let is_first = is_first_on_thread();
        let metadata = event.metadata();
        let is_lost = is_alone
            && event.is_contextual()
            // Libraries have threads and futures of their own, and speak there of details.
            && *metadata.level() <= Level::INFO
            && !event.is_log()
            && self.is_first_of_site(metadata)
            && self.open.load(Ordering::Relaxed) > 0
            && (runs_in_tokio() || (is_first && is_started_thread()));
        set_lost(is_lost.then(|| Lost::event(event)));
    }

    fn is_first_of_site(&self, metadata: &Metadata<'_>) -> bool {
        let site = metadata.callsite();
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        if known.contains(&site) {
            return false;
        }
        drop(known);
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.insert(site)
    }
}

thread_local! {
    /// A task layer has seen something on this thread.
    static SEEN: Cell<bool> = const { Cell::new(false) };
    /// What the thread logs just now, if its trail is probably lost.
    static LOST: Cell<Option<Lost>> = const { Cell::new(None) };
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lost {
    /// An event, by where it and its metadata are in memory.
    Event(usize, usize),
    Span(u64),
}

impl Lost {
    fn event(event: &Event<'_>) -> Self {
        let metadata: *const _ = event.metadata();
        Self::Event(std::ptr::from_ref(event).addr(), metadata.addr())
    }
}

fn is_first_on_thread() -> bool {
    !SEEN.try_with(|seen| seen.replace(true)).unwrap_or(true)
}

fn set_lost(lost: Option<Lost>) {
    let _ = LOST.try_with(|kept| kept.set(lost));
}

/// Tells an output whether the trail of this event is probably lost.
pub(crate) fn is_event_lost(event: &Event<'_>) -> bool {
    LOST.try_with(Cell::get).ok().flatten() == Some(Lost::event(event))
}

/// Tells an output whether the trail of this span, which opens now, is probably lost.
pub(crate) fn is_span_lost(id: &Id) -> bool {
    LOST.try_with(Cell::get).ok().flatten() == Some(Lost::Span(id.into_u64()))
}

/// Gives what an output says then.
pub(crate) fn warning(metadata: &Metadata<'_>) -> String {
    let file = metadata.file().unwrap_or("an unknown file");
    let line = metadata.line().unwrap_or_default();
    format!(
        "{file}:{line} starts a task of its own while others are open: if one of them started this \
         thread or future, hand it over by tasktrail::preserve_context or hand_over().instrument \
         (told once; TaskLayer::warn_of_lost_trails(false) turns it off)"
    )
}

/// Tells whether this is a thread that somebody started who might have handed a task over.
fn is_started_thread() -> bool {
    let thread = std::thread::current();
    // tokio's own threads are started by whichever task needs one first.
    let is_other = |name: &str| name == "main" || name.starts_with("tokio-");
    !thread.name().is_some_and(is_other)
}

#[cfg(feature = "tokio")]
fn runs_in_tokio() -> bool {
    ::tokio::task::try_id().is_some()
}

#[cfg(not(feature = "tokio"))]
fn runs_in_tokio() -> bool {
    false
}
