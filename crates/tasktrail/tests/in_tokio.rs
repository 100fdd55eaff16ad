//! A task goes on in what tokio starts, and says so where it was broken off.
#[cfg(test)]
mod support;

use std::future::pending;
use std::time::Duration;

use futures_util::stream::{self, StreamExt};
use support::{
    Flavor, Message, assert_complete, assert_failed, assert_succeeded, drawing, in_tokio,
};
use tasktrail::tokio::{JoinSet, spawn, spawn_blocking, spawn_local};
use tasktrail::{HandOver, current, hand_over, in_span};
use tokio::sync::oneshot;
use tracing::{info, info_span, instrument};

const REMOTE: &str = "eliot:remote_task";
const DROPPED: &str = "dropped before it was done";

/// Gives the ends of all actions that another one handed over to.
#[cfg(test)]
fn remote_ends(messages: &[Message]) -> Vec<&Message> {
    messages
        .iter()
        .filter(|message| message.name() == REMOTE && message.status() != Some("started"))
        .collect()
}

#[test]
fn what_is_spawned_goes_on_at_the_level_that_was_taken_for_it() {
    for flavor in Flavor::BOTH {
        let messages = in_tokio(flavor, || async {
            spawn(async {
                info!("spawned");
                spawn(async { info!("spawned within") }).await.unwrap();
            })
            .await
            .unwrap();
            let blocking = spawn_blocking(|| {
                info!("blocking");
                17
            });
            assert_eq!(blocking.await.unwrap(), 17);
            info!("done");
        });

        assert_eq!(
            drawing(&messages),
            "\
order /1 started
  eliot:remote_task /2/1 started
    spawned /2/2
    eliot:remote_task /2/3/1 started
      spawned within /2/3/2
    eliot:remote_task /2/3/3 succeeded
  eliot:remote_task /2/4 succeeded
  eliot:remote_task /3/1 started
    blocking /3/2
  eliot:remote_task /3/3 succeeded
  done /4
order /5 succeeded
",
            "{flavor:?}"
        );
        assert_complete(&messages);
    }
}

#[test]
fn each_of_a_set_goes_on_at_a_level_of_its_own() {
    for flavor in Flavor::BOTH {
        let messages = in_tokio(flavor, || async {
            let mut set: JoinSet<u32> = [1, 2]
                .map(|number| async move {
                    info!("collected");
                    number
                })
                .into_iter()
                .collect();
            set.spawn(async {
                info!("spawned");
                3
            });
            set.spawn_blocking(|| {
                info!("blocking");
                4
            });
            let runtime = tokio::runtime::Handle::current();
            set.spawn_on(async { 5 }, &runtime);
            set.spawn_blocking_on(|| 6, &runtime);
            assert_eq!(set.len(), 6);
            let mut numbers = set.join_all().await;
            numbers.sort_unstable();
            assert_eq!(numbers, [1, 2, 3, 4, 5, 6]);
        });

        assert_eq!(
            drawing(&messages),
            "\
order /1 started
  eliot:remote_task /2/1 started
    collected /2/2
  eliot:remote_task /2/3 succeeded
  eliot:remote_task /3/1 started
    collected /3/2
  eliot:remote_task /3/3 succeeded
  eliot:remote_task /4/1 started
    spawned /4/2
  eliot:remote_task /4/3 succeeded
  eliot:remote_task /5/1 started
    blocking /5/2
  eliot:remote_task /5/3 succeeded
  eliot:remote_task /6/1 started
  eliot:remote_task /6/2 succeeded
  eliot:remote_task /7/1 started
  eliot:remote_task /7/2 succeeded
order /8 succeeded
",
            "{flavor:?}"
        );
        assert_complete(&messages);
    }
}

#[test]
fn what_is_spawned_on_this_thread_goes_on_too() {
    let messages = in_tokio(Flavor::CurrentThread, || async {
        let local = tokio::task::LocalSet::new();
        let run = async {
            spawn_local(async { info!("local") }).await.unwrap();
            let mut set = JoinSet::new();
            set.spawn_local(async { info!("in a set") });
            set.join_next().await.unwrap().unwrap();
            set.spawn_local_on(async { info!("on this one") }, &local);
            set.join_next().await.unwrap().unwrap();
        };
        local.run_until(run).await;
    });

    assert_eq!(
        drawing(&messages),
        "\
order /1 started
  eliot:remote_task /2/1 started
    local /2/2
  eliot:remote_task /2/3 succeeded
  eliot:remote_task /3/1 started
    in a set /3/2
  eliot:remote_task /3/3 succeeded
  eliot:remote_task /4/1 started
    on this one /4/2
  eliot:remote_task /4/3 succeeded
order /5 succeeded
"
    );
    assert_complete(&messages);
}

#[test]
fn outside_an_action_what_is_spawned_runs_as_it_is() {
    let messages = in_tokio(Flavor::CurrentThread, || async {
        tokio::spawn(async {
            assert_eq!(current(), None);
            assert_eq!(spawn(async { 17 }).await.unwrap(), 17);
            assert_eq!(spawn_blocking(|| 17).await.unwrap(), 17);
        })
        .await
        .unwrap();
    });

    assert_eq!(drawing(&messages), "order /1 started\norder /2 succeeded\n");
}

#[test]
fn a_spawned_future_that_panics_fails() {
    for flavor in Flavor::BOTH {
        let messages = in_tokio(flavor, || async {
            let work = spawn(async {
                let _price = info_span!("price").entered();
                panic!("no rate");
            });
            assert!(work.await.unwrap_err().is_panic());
            let work = spawn_blocking(|| panic!("no rate"));
            assert!(work.await.unwrap_err().is_panic());
        });

        assert_complete(&messages);
        let ends = remote_ends(&messages);
        assert_eq!(ends.len(), 2, "{flavor:?}");
        for end in ends {
            assert_eq!(end.get("exception"), "panic");
            assert_eq!(end.get("reason"), "no rate");
        }
        assert_failed(&messages, "price", "no rate");
        assert_succeeded(&messages, "order");
    }
}

#[instrument]
async fn price() {
    info!("asked");
    pending::<()>().await;
}

#[test]
fn a_spawned_future_that_is_aborted_ends_as_cancelled_with_all_within() {
    for flavor in Flavor::BOTH {
        let messages = in_tokio(flavor, || async {
            let (sender, started) = oneshot::channel();
            let work = spawn(async {
                let _ = sender.send(());
                price().await;
            });
            started.await.unwrap();
            work.abort();
            assert!(work.await.unwrap_err().is_cancelled());
        });

        for action in [REMOTE, "price"] {
            let end = assert_failed(&messages, action, DROPPED);
            assert_eq!(end.get("exception"), "cancelled", "{flavor:?}");
        }
        assert_succeeded(&messages, "order");
    }
}

#[test]
fn what_still_runs_when_a_set_is_dropped_or_the_runtime_shut_down_ends_as_cancelled() {
    for flavor in Flavor::BOTH {
        let messages = in_tokio(flavor, || async {
            let mut set = JoinSet::new();
            set.spawn(pending::<()>());
            drop(set);
            spawn(pending::<()>());
        });

        assert_complete(&messages);
        let ends = remote_ends(&messages);
        assert_eq!(ends.len(), 2, "{flavor:?}");
        for end in ends {
            assert_eq!(end.get("exception"), "cancelled");
        }
        assert_succeeded(&messages, "order");
    }
}

#[test]
fn the_branches_of_a_select_that_were_not_done_end_as_cancelled() {
    for flavor in Flavor::BOTH {
        let messages = in_tokio(flavor, || async {
            tokio::select! {
                () = in_span(info_span!("slow"), price()) => unreachable!(),
                () = in_span(info_span!("fast"), async { info!("here") }) => {}
            }
        });

        assert_failed(&messages, "slow", DROPPED);
        // It is polled first or not at all: that is up to chance.
        if messages.iter().any(|message| message.name() == "price") {
            assert_failed(&messages, "price", DROPPED);
        }
        assert_succeeded(&messages, "fast");
        assert_succeeded(&messages, "order");
    }
}

#[test]
fn what_is_not_done_in_time_ends_as_cancelled() {
    for flavor in Flavor::BOTH {
        let messages = in_tokio(flavor, || async {
            let work = in_span(info_span!("late"), price());
            tokio::time::timeout(Duration::from_millis(1), work)
                .await
                .unwrap_err();
            let work = in_span(info_span!("in time"), async { 17 });
            let answer = tokio::time::timeout(Duration::from_secs(60), work).await;
            assert_eq!(answer.unwrap(), 17);
        });

        for action in ["late", "price"] {
            assert_failed(&messages, action, DROPPED);
        }
        assert_succeeded(&messages, "in time");
        assert_succeeded(&messages, "order");
    }
}

#[test]
fn an_action_that_is_done_is_not_cancelled_with_what_keeps_its_future() {
    let messages = in_tokio(Flavor::CurrentThread, || async {
        let all = async {
            let mut work = Box::pin(in_span(info_span!("work"), async { info!("worked") }));
            (&mut work).await;
            pending::<()>().await;
            drop(work);
        };
        let all = in_span(info_span!("all"), all);
        tokio::time::timeout(Duration::from_millis(1), all)
            .await
            .unwrap_err();
    });

    assert_succeeded(&messages, "work");
    assert_failed(&messages, "all", DROPPED);
}

#[instrument]
async fn pack(item: u32) {
    tokio::task::yield_now().await;
    info!("packed");
}

#[test]
fn the_items_of_a_stream_are_actions_of_their_own() {
    for flavor in Flavor::BOTH {
        let messages = in_tokio(flavor, || async {
            // One after the other, or at the same time, in this tokio task.
            stream::iter(1..=2)
                .for_each_concurrent(2, |item| in_span(info_span!("item"), pack(item)))
                .await;
            // In tokio tasks of their own.
            let items: Vec<_> = stream::iter(3..=4)
                .map(|item| spawn(pack(item)))
                .buffered(2)
                .collect()
                .await;
            assert!(items.iter().all(Result::is_ok));
            // Through something that polls elsewhere.
            let items: Vec<(HandOver, u32)> = stream::iter(5..=6)
                .map(|item| (hand_over(), item))
                .collect()
                .await;
            tokio::spawn(async {
                for (task, item) in items {
                    task.instrument(pack(item)).await;
                }
            })
            .await
            .unwrap();
        });

        let action = |name, number| {
            format!(
                "  {name} /{number}/1 started
    pack /{number}/2/1 started
      packed /{number}/2/2
    pack /{number}/2/3 succeeded
  {name} /{number}/3 succeeded
"
            )
        };
        let mut expected = "order /1 started\n".to_owned();
        for number in 2..=3 {
            expected += &action("item", number);
        }
        for number in 4..=7 {
            expected += &action(REMOTE, number);
        }
        expected += "order /8 succeeded\n";
        assert_eq!(drawing(&messages), expected, "{flavor:?}");
        assert_complete(&messages);
    }
}

#[test]
fn many_futures_that_are_aborted_at_any_moment_leave_no_gap_and_no_span_open() {
    let messages = in_tokio(Flavor::MultiThread, || async {
        for _ in 0..100 {
            let mut set = JoinSet::new();
            for item in 0..4 {
                set.spawn(in_span(info_span!("item"), pack(item)));
            }
            set.join_next().await;
            set.shutdown().await;
        }
    });

    assert_complete(&messages);
    let ends = remote_ends(&messages);
    assert_eq!(ends.len(), 400);
    assert!(ends.iter().any(|end| end.status() == Some("succeeded")));
    for end in ends {
        let exception = end.get("exception");
        assert!(exception.is_null() || exception == "cancelled", "{end:?}");
    }
}

#[cfg(test)]
fn warnings(messages: &[Message]) -> usize {
    let is_warning = |message: &&Message| message.name().contains(" starts a task of its own ");
    messages.iter().filter(is_warning).count()
}

#[test]
fn an_event_in_a_future_that_was_spawned_without_its_task_is_told() {
    for flavor in Flavor::BOTH {
        let messages = in_tokio(flavor, || async {
            for _ in 0..2 {
                tokio::spawn(async { info!("packed") }).await.unwrap();
            }
            let blocking = || info!("packed, too");
            tokio::task::spawn_blocking(blocking).await.unwrap();
        });

        assert_eq!(warnings(&messages), 2, "{flavor:?}");
    }
}

#[test]
fn a_span_that_starts_a_task_in_a_spawned_future_is_a_request() {
    for flavor in Flavor::BOTH {
        let messages = in_tokio(flavor, || async {
            let serve = || in_span(info_span!("request"), async { info!("served") });
            tokio::spawn(serve()).await.unwrap();
            tokio::spawn(async move { serve().await }).await.unwrap();
            spawn(serve()).await.unwrap();
        });

        assert_eq!(warnings(&messages), 0, "{flavor:?}");
    }
}
