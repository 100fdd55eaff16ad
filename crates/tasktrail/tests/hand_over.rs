//! How a task goes on in other threads, futures and processes.
#[cfg(test)]
mod support;

use std::future::Future;
use std::pin::pin;
use std::sync::mpsc;
use std::task::{Context, Poll, Waker};

use support::{Captured, assert_complete, assert_continued, drawing, eliot, logstash, spawn};
use tasktrail::{
    HandOver, JsonLayer, TaskLayer, continue_task, current, hand_over, preserve_context,
};
use tracing::{info, info_span};
use tracing_subscriber::layer::SubscriberExt;

const ID: &str = "192f76ea-915e-4131-95dc-da28c6bcdbb5";

#[test]
fn a_thread_goes_on_at_exactly_the_level_that_was_taken_for_it() {
    let messages = eliot(|| {
        let _order = info_span!("order").entered();
        info!("received");
        let task = hand_over();
        info!("after the hand-over");
        let level = task.position().unwrap().level().to_string();
        assert_eq!(level, "/3");
        spawn(move || {
            task.run(|| {
                assert_eq!(current().unwrap().level().to_string(), "/3");
                assert_eq!(current().unwrap().name(), "eliot:remote_task");
                info!("on the other side");
                info_span!("price").in_scope(|| info!("looked up"));
            });
            assert_eq!(current(), None);
        })
        .join()
        .unwrap();
    });

    assert_eq!(
        drawing(&messages),
        "\
order /1 started
  received /2
  eliot:remote_task /3/1 started
    on the other side /3/2
    price /3/3/1 started
      looked up /3/3/2
    price /3/3/3 succeeded
  eliot:remote_task /3/4 succeeded
  after the hand-over /4
order /5 succeeded
"
    );
    assert_complete(&messages);
}

#[test]
fn the_receiver_may_finish_long_after_the_sender() {
    let messages = eliot(|| {
        let task = info_span!("order").in_scope(hand_over);
        info_span!("another").in_scope(|| task.run(|| info!("late")));
    });

    assert_eq!(
        drawing(&messages),
        "\
order /1 started
  eliot:remote_task /2/1 started
    late /2/2
  eliot:remote_task /2/3 succeeded
order /3 succeeded

another /1 started
another /2 succeeded
"
    );
    assert_complete(&messages);
}

#[test]
fn a_value_sent_through_a_channel_is_entered_as_a_guard() {
    let messages = eliot(|| {
        let _order = info_span!("order").entered();
        let (sender, receiver) = mpsc::channel::<HandOver>();
        let thread = spawn(move || {
            for task in receiver {
                let _task = task.enter();
                info!("worked");
            }
        });
        for _ in 0..3 {
            sender.send(hand_over()).unwrap();
        }
        drop(sender);
        thread.join().unwrap();
    });

    assert_eq!(
        drawing(&messages),
        "\
order /1 started
  eliot:remote_task /2/1 started
    worked /2/2
  eliot:remote_task /2/3 succeeded
  eliot:remote_task /3/1 started
    worked /3/2
  eliot:remote_task /3/3 succeeded
  eliot:remote_task /4/1 started
    worked /4/2
  eliot:remote_task /4/3 succeeded
order /5 succeeded
"
    );
    assert_complete(&messages);
}

#[test]
fn a_future_is_the_action_each_time_that_it_is_polled() {
    let messages = eliot(|| {
        let order = info_span!("order").entered();
        let mut polls = 0;
        let work = std::future::poll_fn(move |_| {
            info!("polled");
            polls += 1;
            match polls {
                3 => Poll::Ready(()),
                _ => Poll::Pending,
            }
        });
        let work = hand_over().instrument(work);
        drop(order);

        let mut work = pin!(work);
        let mut context = Context::from_waker(Waker::noop());
        while work.as_mut().poll(&mut context).is_pending() {
            assert_eq!(current(), None);
        }
    });

    assert_eq!(
        drawing(&messages),
        "\
order /1 started
  eliot:remote_task /2/1 started
    polled /2/2
    polled /2/3
    polled /2/4
  eliot:remote_task /2/5 succeeded
order /3 succeeded
"
    );
    assert_complete(&messages);
}

#[test]
fn tasks_and_blocking_work_of_tokio_go_on_too() {
    let messages = eliot(|| {
        let dispatch = tracing::dispatcher::get_default(Clone::clone);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        let _order = info_span!("order").entered();
        let spawned = hand_over().instrument(async { info!("spawned") });
        let blocking = hand_over();
        runtime.block_on(async {
            tokio::spawn(spawned).await.unwrap();
            tokio::task::spawn_blocking(move || {
                tracing::dispatcher::with_default(&dispatch, || {
                    blocking.run(|| info!("blocking"));
                });
            })
            .await
            .unwrap();
        });
    });

    assert_eq!(
        drawing(&messages),
        "\
order /1 started
  eliot:remote_task /2/1 started
    spawned /2/2
  eliot:remote_task /2/3 succeeded
  eliot:remote_task /3/1 started
    blocking /3/2
  eliot:remote_task /3/3 succeeded
order /4 succeeded
"
    );
    assert_complete(&messages);
}

#[test]
fn a_wrapped_closure_goes_on_where_it_was_wrapped() {
    let messages = eliot(|| {
        let work = info_span!("order").in_scope(|| {
            preserve_context(|| {
                info!("later");
                17
            })
        });
        assert_eq!(spawn(work).join().unwrap(), 17);
    });

    assert_eq!(
        drawing(&messages),
        "\
order /1 started
  eliot:remote_task /2/1 started
    later /2/2
  eliot:remote_task /2/3 succeeded
order /3 succeeded
"
    );
    assert_complete(&messages);
}

#[test]
fn without_a_task_a_closure_runs_as_it_is() {
    let messages = eliot(|| {
        assert!(hand_over().position().is_none());
        assert_eq!(hand_over().into_text(), None);
        preserve_context(|| info!("alone"))();
        hand_over().run(|| info!("alone too"));
        drop(hand_over());
    });

    assert_eq!(drawing(&messages), "alone /1\n\nalone too /1\n");
}

#[test]
fn a_panic_on_the_other_side_fails_the_action_there() {
    let messages = eliot(|| {
        let _order = info_span!("order").entered();
        let work = preserve_context(|| panic!("no rate"));
        spawn(work).join().unwrap_err();
    });

    assert_eq!(
        drawing(&messages),
        "\
order /1 started
  eliot:remote_task /2/1 started
  eliot:remote_task /2/2 failed
order /3 succeeded
"
    );
    assert_eq!(messages[2].get("reason"), "no rate");
}

#[test]
fn what_is_dropped_unused_closes_its_level_and_says_so() {
    let messages = eliot(|| {
        let _order = info_span!("order").entered();
        drop(hand_over());
        drop(preserve_context(|| unreachable!("never called")));
        drop(hand_over().instrument(async { unreachable!("never polled") }));
    });

    assert_eq!(
        drawing(&messages),
        "\
order /1 started
  eliot:remote_task /2/1 started
  eliot:remote_task /2/2 succeeded
  eliot:remote_task /3/1 started
  eliot:remote_task /3/2 succeeded
  eliot:remote_task /4/1 started
  eliot:remote_task /4/2 failed
order /5 succeeded
"
    );
    assert_complete(&messages);
    assert_eq!(messages[6].get("exception"), "cancelled");
    for (start, never) in [(1, true), (3, true), (5, false)] {
        assert_eq!(messages[start].has("never_continued"), never);
    }
}

#[test]
fn what_is_dropped_where_nobody_logs_closes_its_level_where_it_was_taken() {
    let messages = eliot(|| {
        let _order = info_span!("order").entered();
        let task = hand_over();
        std::thread::spawn(move || drop(task)).join().unwrap();
    });

    assert_eq!(messages[1].get("never_continued"), true);
    assert_complete(&messages);
}

#[test]
fn what_goes_on_where_nobody_logs_leaves_no_gap_where_it_was_taken() {
    let messages = eliot(|| {
        let _order = info_span!("order").entered();
        let task = hand_over();
        std::thread::spawn(move || task.run(|| info!("said to nobody")))
            .join()
            .unwrap();
    });

    assert_complete(&messages);
}

#[test]
fn the_text_is_eliots_and_another_process_goes_on_with_it() {
    let mut text = String::new();
    let mut messages = eliot(|| {
        let _order = info_span!("order").entered();
        info_span!("call").in_scope(|| text = hand_over().into_text().unwrap());
    });
    let task = messages[0].task().to_owned();
    assert_eq!(text, format!("{task}@/2/2"));

    // Another subscriber stands for another process.
    let there = logstash(|| continue_task(&text).run(|| info!("received")));

    messages.extend(there);
    assert_eq!(
        drawing(&messages),
        "\
order /1 started
  call /2/1 started
    eliot:remote_task /2/2/1 started
      received /2/2/2
    eliot:remote_task /2/2/3 succeeded
  call /2/3 succeeded
order /3 succeeded
"
    );
    assert_complete(&messages);
}

#[test]
fn a_position_of_the_root_is_continued_as_the_root() {
    for text in [format!("{ID}@"), format!("{ID}@/")] {
        let messages = eliot(|| continue_task(&text).run(|| info!("received")));

        assert_eq!(messages[0].task(), ID);
        assert_eq!(
            drawing(&messages),
            "\
eliot:remote_task /1 started
  received /2
eliot:remote_task /3 succeeded
"
        );
        assert_complete(&messages);
    }
}

#[test]
fn a_task_from_outside_is_continued_even_within_another() {
    let messages = eliot(|| {
        let _server = info_span!("server").entered();
        continue_task(&format!("{ID}@/3/18446744073709551615")).run(|| info!("received"));
    });

    assert_continued(&messages, &[&[3, u64::MAX]]);
    assert_eq!(messages[1].task(), ID);
    assert_eq!(messages[1].place(), "/3/18446744073709551615/1");
}

/// Texts that are no position; what makes them refused is marked so that it can be searched for.
#[cfg(test)]
fn refused_texts() -> Vec<String> {
    let mut texts: Vec<String> = [
        "",
        "@",
        "MARK",
        "MARK@/1",
        "\" or 1=1 MARK",
        "MARK\u{0}\u{1b}[31m\n\r\u{2028}",
        "\"},{\"MARK\":1}\n{\"task_uuid\":\"",
        "MARK🦀@/1",
        "00000000-0000-0000-0000-000000000000@/1",
    ]
    .map(str::to_owned)
    .into();
    for tail in [
        "",
        "@/0",
        "@/-1",
        "@/+1",
        "@/01",
        "@//",
        "@/1/",
        "@/1@/1",
        "@/MARK",
        "@/1 ",
        " @/1",
        "@/18446744073709551616",
        "@1",
        "@/1\n",
        "@/1,2",
    ] {
        texts.push(format!("{ID}{tail}"));
    }
    texts.push(format!("{ID}@{}", "/1".repeat(65)));
    texts.push(format!("{ID}@/{}", "9".repeat(1_000)));
    texts.push("MARK".repeat(1_000_000));
    texts
}

#[test]
fn text_that_is_refused_starts_a_new_task_that_tells_its_length_and_never_its_bytes() {
    for text in refused_texts() {
        let program = || {
            let _server = info_span!("server").entered();
            continue_task(&text).run(|| info!("received"));
        };
        for messages in [eliot(program), logstash(program)] {
            let name = text.chars().take(40).collect::<String>();
            assert_complete(&messages);
            assert_eq!(messages.len(), 5, "{name:?}");
            let start = &messages[1];
            assert_eq!(start.place(), "/1", "{name:?}");
            assert_eq!(start.name(), "eliot:remote_task", "{name:?}");
            assert_eq!(start.get("refused_id_bytes"), text.len(), "{name:?}");
            assert_ne!(start.task(), messages[0].task(), "{name:?}");
            assert_ne!(start.task(), ID, "{name:?}");
            for message in &messages {
                let line = serde_json::to_string(&message.fields).unwrap();
                assert!(!line.contains("MARK"), "{line}");
            }
        }
    }
}

#[test]
fn a_refused_text_has_no_position_and_no_text() {
    let messages = eliot(|| {
        assert!(continue_task("nonsense").position().is_none());
        assert_eq!(continue_task("nonsense").into_text(), None);
        let good = format!("{ID}@/2");
        assert_eq!(continue_task(&good).into_text(), Some(good));
    });

    assert_eq!(messages, []);
}

#[test]
fn the_deepest_and_the_longest_text_that_is_believed_is_continued() {
    let deepest = format!("{ID}@{}", "/1".repeat(64));
    let longest = format!(
        "{ID}@/{}{}",
        "1".repeat(10),
        format!("/{}", u64::MAX).repeat(22)
    );
    assert!(longest.len() <= 512 && longest.len() > 500);
    for text in [deepest, longest] {
        let messages = eliot(|| continue_task(&text).run(|| {}));

        assert_eq!(messages[0].task(), ID);
        assert_eq!(format!("{ID}@{}", messages[0].place()), format!("{text}/1"));
    }
}

#[test]
fn a_hand_over_consumed_where_no_tasks_are_known_shows_where_it_was_taken() {
    let output = Captured::new();
    let subscriber = tracing_subscriber::registry()
        .with(TaskLayer::new())
        .with(JsonLayer::eliot().with_writer(output.clone()));

    tracing::subscriber::with_default(subscriber, || {
        let _order = info_span!("order").entered();
        let task = hand_over();
        let without_tasks =
            tracing_subscriber::registry().with(JsonLayer::eliot().with_writer(Captured::new()));
        tracing::subscriber::with_default(without_tasks, || task.run(|| info!("elsewhere")));
    });

    assert_complete(&output.messages());
    assert_eq!(
        drawing(&output.messages()),
        "\
order /1 started
  eliot:remote_task /2/1 started
  eliot:remote_task /2/2 succeeded
order /3 succeeded
"
    );
}
