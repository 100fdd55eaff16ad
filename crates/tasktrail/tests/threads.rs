//! How messages are numbered where several threads and futures work on one task.
#[cfg(test)]
mod support;

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Barrier};
use std::task::{Context, Poll, Waker};

use support::{Message, assert_complete, drawing, eliot, spawn};
use tracing::{Instrument, Span, info, info_span};

#[test]
fn sixty_four_threads_in_one_action_leave_no_gap_and_take_no_number_twice() {
    const THREADS: u64 = 64;
    const EVENTS: u64 = 300;

    let messages = eliot(|| {
        let order = info_span!("order");
        let together = Arc::new(Barrier::new(THREADS as usize));
        let threads: Vec<_> = (0..THREADS)
            .map(|thread| {
                let (order, together) = (order.clone(), Arc::clone(&together));
                spawn(move || {
                    together.wait();
                    for event in 0..EVENTS {
                        info!(parent: &order, thread, event, "worked");
                    }
                })
            })
            .collect();
        drop(order);
        threads
            .into_iter()
            .for_each(|thread| thread.join().unwrap());
    });

    assert_eq!(messages.len() as u64, THREADS * EVENTS + 2);
    assert_complete(&messages);
    assert_in_order(&messages);
}

/// Asserts that the events of each thread have rising numbers.
#[cfg(test)]
fn assert_in_order(messages: &[Message]) {
    let mut threads: BTreeMap<u64, Vec<(Vec<u64>, u64)>> = BTreeMap::new();
    for message in messages {
        if let (Some(thread), Some(event)) = (
            message.get("thread").as_u64(),
            message.get("event").as_u64(),
        ) {
            let events = threads.entry(thread).or_default();
            events.push((message.level(), event));
        }
    }
    for (thread, mut events) in threads {
        events.sort();
        let order: Vec<u64> = events.iter().map(|(_, event)| *event).collect();
        assert!(order.is_sorted(), "thread {thread}: {order:?}");
    }
}

#[test]
fn two_thousand_threads_in_one_task_are_two_thousand_actions() {
    let messages = eliot(|| {
        let order = info_span!("order");
        for _ in 0..40 {
            let threads: Vec<_> = (0..50)
                .map(|event| {
                    let order = order.clone();
                    spawn(move || {
                        let _part = info_span!(parent: &order, "part").entered();
                        info!(event, "worked");
                    })
                })
                .collect();
            threads
                .into_iter()
                .for_each(|thread| thread.join().unwrap());
        }
    });

    assert_eq!(messages.len(), 2 + 2000 * 3);
    assert_complete(&messages);
}

#[test]
fn what_happened_before_on_another_thread_has_the_lower_number() {
    let messages = eliot(|| {
        let order = info_span!("order");
        for event in (0..50).step_by(2) {
            info!(parent: &order, event, "here");
            let order = order.clone();
            spawn(move || info!(parent: &order, event = event + 1, "there"))
                .join()
                .unwrap();
        }
    });

    let events: Vec<_> = messages[1..51]
        .iter()
        .map(|message| (message.level(), message.get("event").as_u64().unwrap()))
        .collect();
    let expected: Vec<_> = (0..50).map(|event| (vec![event + 2], event)).collect();
    assert_eq!(events, expected);
}

#[test]
fn a_span_that_another_thread_closes_ends_there() {
    let messages = eliot(|| {
        let order = info_span!("order");
        order.in_scope(|| info!("received"));
        spawn(move || order.in_scope(|| info!("sold")))
            .join()
            .unwrap();
    });

    assert_eq!(
        drawing(&messages),
        "\
order /1 started
  received /2
  sold /3
order /4 succeeded
"
    );
    assert_complete(&messages);
}

#[test]
fn a_span_entered_on_many_threads_at_once_is_one_action() {
    let messages = eliot(|| {
        let order = info_span!("order");
        let together = Arc::new(Barrier::new(8));
        let threads: Vec<_> = (0..8)
            .map(|thread: u64| {
                let (order, together) = (order.clone(), Arc::clone(&together));
                spawn(move || {
                    let _order = order.enter();
                    together.wait();
                    for event in 0..50_u64 {
                        info!(thread, event, "worked");
                        info_span!("part").in_scope(|| {});
                    }
                })
            })
            .collect();
        threads
            .into_iter()
            .for_each(|thread| thread.join().unwrap());
    });

    assert_eq!(messages.len(), 2 + 8 * 50 * 3);
    assert_complete(&messages);
    assert_in_order(&messages);
}

/// Says something each time that it is polled, and is ready after a number of times.
#[cfg(test)]
struct Steps(u64);

impl Future for Steps {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        info!(left = self.0, "polled");
        self.0 -= 1;
        match self.0 {
            0 => Poll::Ready(()),
            _ => Poll::Pending,
        }
    }
}

#[test]
fn futures_that_take_turns_count_each_for_itself() {
    let messages = eliot(|| {
        let _order = info_span!("order").entered();
        let mut context = Context::from_waker(Waker::noop());
        let mut one = Box::pin(Steps(3).instrument(info_span!("one")));
        let mut two = Box::pin(Steps(3).instrument(info_span!("two")));
        while one.as_mut().poll(&mut context).is_pending()
            | two.as_mut().poll(&mut context).is_pending()
        {
            info!("between");
        }
    });

    assert_eq!(
        drawing(&messages),
        "\
order /1 started
  one /2/1 started
    polled /2/2
    polled /2/3
    polled /2/4
  one /2/5 succeeded
  two /3/1 started
    polled /3/2
    polled /3/3
    polled /3/4
  two /3/5 succeeded
  between /4
  between /5
order /6 succeeded
"
    );
    assert_complete(&messages);
}

#[test]
fn tasks_of_tokio_count_as_their_spans_do() {
    let messages = eliot(|| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        runtime.block_on(
            async {
                let mut tasks = tokio::task::JoinSet::new();
                for thread in 0..20 {
                    tasks.spawn(work(thread).instrument(info_span!("part")));
                    tasks.spawn(work(100 + thread).instrument(Span::current()));
                }
                while tasks.join_next().await.is_some() {}
                info!("all done");
            }
            .instrument(info_span!("order")),
        );
    });

    assert_eq!(messages.len(), 2 + 20 * (2 + 5) + 20 * 5 + 1);
    assert_complete(&messages);
    assert_in_order(&messages);
}

#[cfg(test)]
async fn work(thread: u64) {
    for event in 0..5_u64 {
        info!(thread, event, "worked");
        tokio::task::yield_now().await;
    }
}
