//! A warning where a thread was probably started without its task.
#[cfg(test)]
mod support;

use std::thread::Builder;

use support::{Captured, Message, drawing, log_into, spawn};
use tasktrail::{JsonLayer, TaskLayer, hand_over, preserve_context, start_task};
use tracing::level_filters::LevelFilter;
use tracing::{Level, debug, dispatcher, event, info, info_span, warn};
use tracing_subscriber::layer::{Layer, SubscriberExt};

/// Runs `f` behind a task layer that warns or not, and gives what was logged.
#[cfg(test)]
fn logged(warn: bool, f: impl FnOnce()) -> Vec<Message> {
    let output = Captured::new();
    let subscriber = tracing_subscriber::registry()
        .with(TaskLayer::new().warn_of_lost_trails(warn))
        .with(JsonLayer::eliot().with_writer(output.clone()));
    tracing::subscriber::with_default(subscriber, f);
    output.messages()
}

#[cfg(test)]
fn warnings(messages: &[Message]) -> Vec<&Message> {
    let is_warning = |message: &&Message| {
        message
            .name()
            .contains(" starts a task of its own while others are open")
    };
    messages.iter().filter(is_warning).collect()
}

/// Runs `f` on a thread that is new, and waits for it.
#[cfg(test)]
fn on_a_thread(f: impl FnOnce() + Send + 'static) {
    spawn(f).join().unwrap();
}

#[test]
fn an_event_that_starts_a_task_on_a_new_thread_is_told_with_its_place() {
    let messages = logged(true, || {
        let _order = info_span!("order").entered();
        on_a_thread(|| info!("packed"));
    });

    let warnings = warnings(&messages);
    assert_eq!(warnings.len(), 1, "{}", drawing(&messages));
    let text = warnings[0].name();
    assert!(
        text.starts_with(&format!("{}:{}", file!(), line!() - 7)),
        "{text}"
    );
    assert!(text.contains("preserve_context"), "{text}");
    assert_eq!(warnings[0].get("log_level"), "WARNING");
    assert_eq!(warnings[0].get("logger"), "tasktrail");
    // A task of its own, beside the event that it tells of.
    assert_eq!(warnings[0].level(), [1]);
    assert_eq!(messages.len(), 4);
}

#[test]
fn a_span_that_starts_a_task_on_a_new_thread_is_told_once() {
    let messages = logged(true, || {
        let _order = info_span!("order").entered();
        for _ in 0..3 {
            on_a_thread(|| {
                let _pack = info_span!("pack").entered();
                info!("packed");
            });
        }
    });

    assert_eq!(warnings(&messages).len(), 1, "{}", drawing(&messages));
}

#[test]
fn each_call_site_is_told_once() {
    let messages = logged(true, || {
        let _order = info_span!("order").entered();
        for _ in 0..3 {
            on_a_thread(|| info!("packed"));
            on_a_thread(|| warn!("shipped"));
        }
    });

    assert_eq!(warnings(&messages).len(), 2, "{}", drawing(&messages));
}

#[test]
fn who_hands_over_is_told_nothing() {
    let messages = logged(true, || {
        let _order = info_span!("order").entered();
        on_a_thread(preserve_context(|| info!("packed")));
        let task = hand_over();
        on_a_thread(move || {
            task.run(|| info!("packed"));
            info!("the thread says good-bye");
        });
        on_a_thread(|| tasktrail::continue_task("nonsense").run(|| info!("from outside")));
        on_a_thread(|| {
            let request = start_task().into_span_with(|| info_span!("request"));
            request.in_scope(|| info!("served"));
        });
    });

    assert_eq!(warnings(&messages).len(), 0, "{}", drawing(&messages));
}

#[test]
fn what_starts_a_task_while_no_other_is_open_may_do_so_at_any_time() {
    let messages = logged(true, || {
        let serve = || info_span!("request").in_scope(|| info!("served"));
        let say = || info!("a thread is here");
        on_a_thread(serve);
        on_a_thread(say);

        let _another = info_span!("another").entered();
        on_a_thread(serve);
        on_a_thread(say);
    });

    assert_eq!(warnings(&messages).len(), 0, "{}", drawing(&messages));
}

#[test]
fn a_thread_that_has_logged_before_may_start_tasks() {
    let messages = logged(true, || {
        let _order = info_span!("order").entered();
        on_a_thread(|| {
            info_span!(parent: None, "on purpose").in_scope(|| {});
            info_span!("request").in_scope(|| {});
            info!("served");
        });
    });

    assert_eq!(warnings(&messages).len(), 0, "{}", drawing(&messages));
}

#[test]
fn details_and_what_has_no_parent_on_purpose_are_left_alone() {
    let messages = logged(true, || {
        let _order = info_span!("order").entered();
        on_a_thread(|| debug!("a library's"));
        on_a_thread(|| {
            let said = format_args!("a library's");
            let record = log::Record::builder()
                .level(log::Level::Warn)
                .args(said)
                .build();
            tracing_log::format_trace(&record).unwrap();
        });
        on_a_thread(|| event!(parent: None, Level::WARN, "on purpose"));
        on_a_thread(|| info_span!(parent: None, "on purpose").in_scope(|| {}));
    });

    assert_eq!(warnings(&messages).len(), 0, "{}", drawing(&messages));
    assert_eq!(messages.len(), 7);
}

#[cfg(test)]
fn on_a_thread_called(name: &str, f: impl FnOnce() + Send + 'static) {
    let dispatch = dispatcher::get_default(Clone::clone);
    let run = move || {
        log_into(&dispatch);
        f();
    };
    let thread = Builder::new().name(name.to_owned());
    thread.spawn(run).unwrap().join().unwrap();
}

#[test]
fn the_main_thread_and_those_of_tokio_may_start_tasks() {
    let messages = logged(true, || {
        let _order = info_span!("order").entered();
        // Each is a call site of its own: one that was trusted is trusted everywhere.
        on_a_thread_called("main", || info_span!("request").in_scope(|| {}));
        on_a_thread_called("tokio-rt-worker", || info_span!("request").in_scope(|| {}));
    });

    assert_eq!(warnings(&messages).len(), 0, "{}", drawing(&messages));
    assert_eq!(messages.len(), 6);
}

#[test]
fn after_all_tasks_are_done_nothing_is_lost() {
    let messages = logged(true, || {
        info_span!("order").in_scope(|| hand_over().run(|| {}));
        on_a_thread(|| info!("a thread is here"));
    });

    assert_eq!(warnings(&messages).len(), 0, "{}", drawing(&messages));
}

#[test]
fn it_can_be_turned_off() {
    let messages = logged(false, || {
        let _order = info_span!("order").entered();
        on_a_thread(|| info!("packed"));
        on_a_thread(|| info_span!("pack").in_scope(|| {}));
    });

    assert_eq!(messages.len(), 5, "{}", drawing(&messages));
}

#[test]
fn each_output_that_shows_it_tells_it_whatever_filters_say() {
    let (all, errors, filtered) = (Captured::new(), Captured::new(), Captured::new());
    let subscriber = tracing_subscriber::registry()
        .with(TaskLayer::new().warn_of_lost_trails(true))
        .with(JsonLayer::eliot().with_writer(all.clone()))
        .with(
            JsonLayer::eliot()
                .with_writer(errors.clone())
                .with_filter(LevelFilter::ERROR),
        )
        .with(
            JsonLayer::logstash()
                .with_writer(filtered.clone())
                .with_filter(
                    "lost_trails=info"
                        .parse::<tracing_subscriber::EnvFilter>()
                        .unwrap(),
                ),
        );

    tracing::subscriber::with_default(subscriber, || {
        let _order = info_span!("order").entered();
        on_a_thread(|| info!("packed"));
    });

    for (output, expected) in [(all, 1), (errors, 0), (filtered, 1)] {
        assert_eq!(warnings(&output.messages()).len(), expected);
    }
}
