//! Work that threads of a scope, or rayon's, share.
#[cfg(test)]
mod support;

use rayon::prelude::*;
use support::{assert_complete, assert_failed, assert_succeeded, drawing, eliot, log_into, spawn};
use tasktrail::{hand_over_each, preserve_context};
use tracing::{dispatcher, info, info_span};

/// Starts rayon's threads so that they log where this one does.
#[cfg(test)]
fn pool() -> rayon::ThreadPool {
    let dispatch = dispatcher::get_default(Clone::clone);
    rayon::ThreadPoolBuilder::new()
        .num_threads(3)
        .start_handler(move |_| log_into(&dispatch))
        .build()
        .unwrap()
}

/// What ten items look like that were each packed.
fn ten_items() -> String {
    let mut expected = "order /1 started\n".to_owned();
    for number in 2..=11 {
        expected += &format!(
            "  eliot:remote_task /{number}/1 started
    packed /{number}/2
  eliot:remote_task /{number}/3 succeeded
"
        );
    }
    expected + "order /12 succeeded\n"
}

#[test]
fn the_threads_of_a_scope_go_on_in_the_task_and_may_borrow() {
    let messages = eliot(|| {
        let dispatch = dispatcher::get_default(Clone::clone);
        let _order = info_span!("order").entered();
        let items = [17, 4];
        let total: u32 = std::thread::scope(|scope| {
            let threads = items.each_ref().map(|item| {
                let work = preserve_context(|| {
                    info!("packed");
                    *item
                });
                let dispatch = &dispatch;
                scope.spawn(move || dispatcher::with_default(dispatch, work))
            });
            threads.map(|thread| thread.join().unwrap()).iter().sum()
        });
        assert_eq!(total, 21);
    });

    assert_eq!(
        drawing(&messages),
        "\
order /1 started
  eliot:remote_task /2/1 started
    packed /2/2
  eliot:remote_task /2/3 succeeded
  eliot:remote_task /3/1 started
    packed /3/2
  eliot:remote_task /3/3 succeeded
order /4 succeeded
"
    );
    assert_complete(&messages);
}

#[test]
fn a_thread_of_a_scope_that_panics_fails_alone() {
    let messages = eliot(|| {
        let _order = info_span!("order").entered();
        std::thread::scope(|scope| {
            let work = preserve_context(|| panic!("no rate"));
            scope.spawn(work).join().unwrap_err();
        });
    });

    assert_failed(&messages, "eliot:remote_task", "no rate");
    assert_succeeded(&messages, "order");
}

#[test]
fn each_item_of_a_parallel_iterator_goes_on_at_a_level_of_its_own() {
    let messages = eliot(|| {
        let pool = pool();
        let _order = info_span!("order").entered();
        let items: Vec<_> = hand_over_each(0..10).collect();
        let packed: Vec<u32> = pool.install(|| {
            let pack = |(task, item): (tasktrail::HandOver, u32)| {
                task.run(|| {
                    info!("packed");
                    item
                })
            };
            items.into_par_iter().map(pack).collect()
        });
        assert_eq!(packed, (0..10).collect::<Vec<_>>());
    });

    assert_eq!(drawing(&messages), ten_items());
    assert_complete(&messages);
}

#[test]
fn numbers_are_taken_in_the_right_action_where_rayons_threads_take_the_items_out() {
    let messages = eliot(|| {
        let pool = pool();
        let items = info_span!("order").in_scope(|| hand_over_each(0..10));
        pool.install(|| {
            let pack = |(task, _): (tasktrail::HandOver, u32)| task.run(|| info!("packed"));
            items.par_bridge().for_each(pack);
        });
    });

    // The action was left before any item was taken out, and is open until all were.
    assert_eq!(drawing(&messages), ten_items());
    assert_complete(&messages);
}

#[test]
fn both_sides_of_a_join_go_on_in_the_task() {
    let messages = eliot(|| {
        let pool = pool();
        let _order = info_span!("order").entered();
        let left = preserve_context(|| info!("left"));
        let right = preserve_context(|| info!("right"));
        pool.join(left, right);
    });

    assert_eq!(
        drawing(&messages),
        "\
order /1 started
  eliot:remote_task /2/1 started
    left /2/2
  eliot:remote_task /2/3 succeeded
  eliot:remote_task /3/1 started
    right /3/2
  eliot:remote_task /3/3 succeeded
order /4 succeeded
"
    );
    assert_complete(&messages);
}

#[test]
fn items_that_are_never_taken_out_take_no_number() {
    let messages = eliot(|| {
        let _order = info_span!("order").entered();
        let mut items = hand_over_each([17, 4]);
        assert_eq!(items.len(), 2);
        let (task, item) = items.next().unwrap();
        assert_eq!(task.run(|| item), 17);
        drop(items);
        info!("done");
    });

    assert_eq!(
        drawing(&messages),
        "\
order /1 started
  eliot:remote_task /2/1 started
  eliot:remote_task /2/2 succeeded
  done /3
order /4 succeeded
"
    );
    assert_complete(&messages);
}

#[test]
fn outside_an_action_items_come_with_nothing() {
    let messages = eliot(|| {
        let items: Vec<_> = hand_over_each([17, 4]).collect();
        let alone = |(task, _): (tasktrail::HandOver, u32)| task.run(|| info!("alone"));
        spawn(move || items.into_iter().for_each(alone))
            .join()
            .unwrap();
    });

    assert_eq!(drawing(&messages), "alone /1\n\nalone /1\n");
}
