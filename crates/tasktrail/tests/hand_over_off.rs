//! Where nothing at INFO is logged, no task from outside is continued. Alone in its program, for
//! what is logged at all is asked of all of its subscribers.
#[cfg(test)]
mod support;

use support::{Captured, drawing};
use tasktrail::{JsonLayer, TaskLayer, continue_task, hand_over};
use tracing::level_filters::LevelFilter;
use tracing::{warn, warn_span};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry;

#[test]
fn a_task_from_outside_does_not_go_on_and_one_of_this_program_does() {
    let output = Captured::new();
    let subscriber = registry()
        .with(LevelFilter::WARN)
        .with(TaskLayer::new())
        .with(JsonLayer::eliot().with_writer(output.clone()));

    tracing::subscriber::with_default(subscriber, || {
        continue_task("192f76ea-915e-4131-95dc-da28c6bcdbb5@/3").run(|| {
            let _order = warn_span!("order").entered();
            hand_over().run(|| warn!("handed over"));
        });
        continue_task("nonsense").run(|| {});
        drop(continue_task("192f76ea-915e-4131-95dc-da28c6bcdbb5@/4"));
    });

    assert_eq!(
        drawing(&output.messages()),
        "\
order /1 started
  eliot:remote_task /2/1 started
    handed over /2/2
  eliot:remote_task /2/3 succeeded
order /3 succeeded
"
    );
}
