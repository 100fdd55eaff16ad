//! Channels that hand the sender's task over with each item.
#[cfg(test)]
mod support;

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Waker};

use support::{Flavor, assert_complete, drawing, in_tokio};
use tasktrail::tokio::mpsc::{self, channel, unbounded_channel};
use tokio::sync::mpsc::error::TrySendError;
use tracing::{info, info_span};

#[cfg(test)]
fn assert_none_never_continued(messages: &[support::Message]) {
    let never = |message: &&support::Message| message.has("never_continued");
    assert_eq!(messages.iter().find(never), None);
}

#[test]
fn what_is_done_for_an_item_goes_on_in_the_task_that_sent_it() {
    for flavor in Flavor::BOTH {
        let messages = in_tokio(flavor, || async {
            let (sender, mut receiver) = channel(1);
            let packing = tokio::spawn(async move {
                let mut sum = 0;
                while let Some((task, item)) = receiver.recv().await {
                    task.instrument(async { info!("packed") }).await;
                    sum += item;
                }
                sum
            });
            let another = sender.clone();
            for item in 1..=2 {
                sender.send(item).await.unwrap();
            }
            drop(sender);
            tasktrail::in_span(info_span!("another"), async {
                another.send(3).await.unwrap();
            })
            .await;
            drop(another);
            assert_eq!(packing.await.unwrap(), 6);
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
  another /4/1 started
    eliot:remote_task /4/2/1 started
      packed /4/2/2
    eliot:remote_task /4/2/3 succeeded
  another /4/3 succeeded
order /5 succeeded
",
            "{flavor:?}"
        );
        assert_complete(&messages);
    }
}

#[test]
fn an_item_that_nobody_receives_closes_its_level_and_says_so() {
    let messages = in_tokio(Flavor::CurrentThread, || async {
        let (sender, receiver) = channel(2);
        sender.send(1).await.unwrap();
        sender.try_send(2).unwrap();
        drop(receiver);
        let (sender, receiver) = unbounded_channel();
        sender.send(3).unwrap();
        drop((sender, receiver));
    });

    assert_complete(&messages);
    let never = messages.iter().filter(|said| said.has("never_continued"));
    assert_eq!(never.count(), 3);
}

#[test]
fn what_is_not_sent_takes_no_number() {
    let messages = in_tokio(Flavor::CurrentThread, || async {
        let (sender, mut receiver) = channel(1);
        sender.try_send(1).unwrap();
        let full = sender.try_send(2).unwrap_err();
        assert!(matches!(full, TrySendError::Full(2)));
        {
            let mut waiting = pin!(sender.send(3));
            let mut context = Context::from_waker(Waker::noop());
            assert!(waiting.as_mut().poll(&mut context).is_pending());
        }
        let (task, item) = receiver.recv().await.unwrap();
        assert_eq!(task.run(|| item), 1);
        drop(receiver);
        assert_eq!(sender.send(4).await.unwrap_err().0, 4);
        let closed = sender.try_send(5).unwrap_err();
        assert!(matches!(closed, TrySendError::Closed(5)));
        let (sender, receiver) = unbounded_channel();
        drop(receiver);
        assert_eq!(sender.send(6).unwrap_err().0, 6);
        assert!(sender.is_closed());
    });

    assert_eq!(
        drawing(&messages),
        "\
order /1 started
  eliot:remote_task /2/1 started
  eliot:remote_task /2/2 succeeded
order /3 succeeded
"
    );
    assert_complete(&messages);
    assert_none_never_continued(&messages);
}

#[test]
fn a_thread_that_blocks_sends_and_receives_too() {
    let messages = in_tokio(Flavor::MultiThread, || async {
        let (sender, mut receiver) = channel(1);
        let packing = tasktrail::tokio::spawn_blocking(move || {
            let mut sum = 0;
            while let Some((task, item)) = receiver.blocking_recv() {
                task.run(|| sum += item);
            }
            sum
        });
        let sending = tasktrail::tokio::spawn_blocking(move || {
            for item in 1..=3 {
                sender.blocking_send(item).unwrap();
            }
        });
        sending.await.unwrap();
        assert_eq!(packing.await.unwrap(), 6);
    });

    assert_eq!(
        drawing(&messages),
        "\
order /1 started
  eliot:remote_task /2/1 started
  eliot:remote_task /2/2 succeeded
  eliot:remote_task /3/1 started
    eliot:remote_task /3/2/1 started
    eliot:remote_task /3/2/2 succeeded
    eliot:remote_task /3/3/1 started
    eliot:remote_task /3/3/2 succeeded
    eliot:remote_task /3/4/1 started
    eliot:remote_task /3/4/2 succeeded
  eliot:remote_task /3/5 succeeded
order /4 succeeded
"
    );
    assert_complete(&messages);
    assert_none_never_continued(&messages);
}

#[test]
fn a_sender_that_was_downgraded_is_one_of_ours_again() {
    let messages = in_tokio(Flavor::CurrentThread, || async {
        let (sender, mut receiver) = channel(1);
        let again = mpsc::Sender::from(sender.downgrade().upgrade().unwrap());
        assert!(again.same_channel(&sender));
        again.send(1).await.unwrap();
        let (task, _) = receiver.recv().await.unwrap();
        task.run(|| info!("packed"));
        let (sender, mut receiver) = unbounded_channel();
        let again = mpsc::UnboundedSender::from(sender.clone().into_inner());
        again.send(2).unwrap();
        let (task, _) = receiver.recv().await.unwrap();
        task.run(|| info!("packed"));
    });

    assert_complete(&messages);
    assert_none_never_continued(&messages);
    assert_eq!(messages.len(), 8);
}
