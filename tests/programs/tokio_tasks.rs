//! Logs one task by tokio's tasks, and prints what each did: `tokio_tasks LOG`.
#![expect(clippy::print_stdout, reason = "the test compares it")]

use std::env;
use std::error::Error;

use tasktrail::HandOver;
use tasktrail_tests::Account;
use tokio::sync::{mpsc, oneshot};
use tokio::task::{self, JoinSet};
use tracing::{Instrument, info, info_span, instrument};

const TASKS: usize = 100;
const REMOTE: &str = "eliot:remote_task => succeeded";

#[tokio::main(flavor = "multi_thread", worker_threads = 4)]
async fn main() -> Result<(), Box<dyn Error>> {
    let log = env::args_os().nth(1).ok_or("usage: tokio_tasks LOG")?;
    let worker = tasktrail::eliot().file(log).start()?;

    let inner = all().instrument(info_span!("all")).await?;
    let mut told = Account::default();
    told.action("all => succeeded", inner);
    print!("task complete\n{told}");

    match worker.finish().lost() {
        0 => Ok(()),
        lost => Err(format!("{lost} lines lost").into()),
    }
}

async fn all() -> Result<Account, Box<dyn Error>> {
    let mut told = Account::default();
    told.action(REMOTE, spawned().await?);
    told.action(REMOTE, blocking().await?);
    told.extend(join_set().await?);
    told.extend(over_a_channel().await?);
    told.extend(interleaved().await);
    info!("all done");
    told.event("INFO all done");
    Ok(told)
}

async fn spawned() -> Result<Account, task::JoinError> {
    let task = tasktrail::hand_over();
    task::spawn(task.instrument(async {
        let mut told = work(1).await;
        // A task that the task hands on.
        let inner = task::spawn(tasktrail::hand_over().instrument(work(2)));
        told.action(REMOTE, inner.await.unwrap_or_default());
        told
    }))
    .await
}

async fn blocking() -> Result<Account, task::JoinError> {
    let task = tasktrail::hand_over();
    task::spawn_blocking(|| {
        task.run(|| {
            info!("blocks");
            info_span!("in_a_thread").in_scope(|| {});
            let mut told = Account::default();
            told.event("INFO blocks");
            told.action("in_a_thread => succeeded", Account::default());
            told
        })
    })
    .await
}

/// The hand-overs' numbers tell the order in which the set was filled.
async fn join_set() -> Result<Account, task::JoinError> {
    let mut set = JoinSet::new();
    for number in 0..TASKS {
        let task = tasktrail::hand_over();
        set.spawn(async move { (number, task.instrument(work(number)).await) });
    }
    let mut all = vec![Account::default(); TASKS];
    while let Some(joined) = set.join_next().await {
        let (number, inner) = joined?;
        if let Some(place) = all.get_mut(number) {
            *place = inner;
        }
    }
    let mut told = Account::default();
    for inner in all {
        told.action(REMOTE, inner);
    }
    Ok(told)
}

/// A tokio task that was there before, outside of any action, takes what comes over a channel.
async fn over_a_channel() -> Result<Account, Box<dyn Error>> {
    type Order = (usize, HandOver, oneshot::Sender<Account>);
    let (sender, mut receiver) = mpsc::channel::<Order>(2);
    let other = task::spawn(async move {
        while let Some((number, task, answer)) = receiver.recv().await {
            let _ = answer.send(task.instrument(work(number)).await);
        }
    });
    let mut told = Account::default();
    let mut answers = Vec::new();
    for number in 0..5 {
        let (answer, answered) = oneshot::channel();
        sender
            .send((number, tasktrail::hand_over(), answer))
            .await?;
        answers.push(answered);
    }
    for answered in answers {
        told.action(REMOTE, answered.await?);
    }
    drop(sender);
    other.await?;
    Ok(told)
}

/// Two futures of one action in turn: each in its own span, none in the other's.
async fn interleaved() -> Account {
    let (left, right) = tokio::join!(work(1), work(2));
    let mut told = left;
    told.extend(right);
    told
}

async fn work(number: usize) -> Account {
    let inner = steps(number).await;
    let mut told = Account::default();
    told.action(
        format!(r#"steps {{"number":{number}}} => succeeded"#),
        inner,
    );
    told
}

#[instrument]
async fn steps(number: usize) -> Account {
    let mut told = Account::default();
    for step in 0..3 {
        task::yield_now().await;
        info!(step, "stepped");
        told.event(format!(r#"INFO stepped {{"step":{step}}}"#));
        let span = info_span!("inner", step);
        async {
            task::yield_now().await;
            info!("inside");
        }
        .instrument(span)
        .await;
        let mut inner = Account::default();
        inner.event("INFO inside");
        told.action(format!(r#"inner {{"step":{step}}} => succeeded"#), inner);
    }
    told
}
