//! What happens when a thread ends and its thread-local memory goes. Alone in its program, for a
//! subscriber of one thread is gone by then. A panic there would end the program.
#[cfg(test)]
mod support;

use std::cell::RefCell;
use std::future::pending;
use std::sync::OnceLock;

use support::{Captured, assert_complete, drawing};
use tasktrail::{HandOver, JsonLayer, TaskLayer, continue_task, hand_over};
use tracing::{info, info_span};
use tracing_subscriber::layer::SubscriberExt;

/// Runs what it holds when it is dropped.
struct AtTheEnd(Option<Box<dyn FnOnce()>>);

impl Drop for AtTheEnd {
    fn drop(&mut self) {
        if let Some(run) = self.0.take() {
            run();
        }
    }
}

/// Runs `first`, and `last` when the thread's memory goes: after all that `first` has used there.
#[cfg(test)]
fn thread(first: impl FnOnce() + Send + 'static, last: impl FnOnce() + Send + 'static) {
    thread_local! {
        static LAST: RefCell<AtTheEnd> = const { RefCell::new(AtTheEnd(None)) };
    }
    let run = move || {
        LAST.with(|kept| kept.borrow_mut().0 = Some(Box::new(last)));
        first();
    };
    std::thread::spawn(run).join().expect("the thread ends");
}

#[cfg(test)]
fn output() -> &'static Captured {
    static OUTPUT: OnceLock<Captured> = OnceLock::new();
    OUTPUT.get_or_init(|| {
        let output = Captured::new();
        let subscriber = tracing_subscriber::registry()
            .with(TaskLayer::new())
            .with(JsonLayer::eliot().with_writer(output.clone()));
        tracing::subscriber::set_global_default(subscriber).expect("the first");
        output
    })
}

#[test]
fn the_end_of_a_thread_harms_nobody() {
    let output = output();

    thread(
        || info_span!("before").in_scope(|| info!("in time")),
        || info!("at the end"),
    );
    thread(|| info!("first"), || continue_task("nonsense").run(|| {}));
    thread(|| info!("second"), || drop(hand_over()));
    thread_local! {
        static KEPT: RefCell<Option<HandOver>> = const { RefCell::new(None) };
    }
    thread(
        || {
            KEPT.with(|_| {});
            let _order = info_span!("order").entered();
            KEPT.with(|kept| *kept.borrow_mut() = Some(hand_over()));
        },
        || {},
    );

    let messages = output.messages();
    let names: Vec<_> = messages.iter().map(support::Message::name).collect();
    assert!(names.contains(&"at the end"), "{names:?}");
    // Each message has its place, also the one that came when there was no memory for it.
    let at_the_end: Vec<_> = messages
        .into_iter()
        .filter(|message| message.name() == "at the end")
        .collect();
    assert_complete(&at_the_end);
    assert_eq!(drawing(&at_the_end), "at the end /1\n");
}

#[test]
fn a_future_that_is_dropped_at_the_end_of_a_thread_ends_as_cancelled() {
    let output = output();
    let work = info_span!("kept").in_scope(|| hand_over().instrument(pending::<()>()));

    thread(|| info!("third"), move || drop(work));

    let messages = output.messages();
    let cancelled: Vec<_> = messages
        .iter()
        .filter(|message| message.get("exception") == "cancelled")
        .collect();
    assert_eq!(cancelled.len(), 1);
    assert_eq!(cancelled[0].get("reason"), "dropped before it was done");
}
