//! Futures that are dropped before they are done.
#[cfg(test)]
mod support;

use std::future::{Future, pending, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use support::{Captured, assert_complete, assert_failed, assert_succeeded, drawing, eliot, spawn};
use tasktrail::{Actions, JsonLayer, Schema, TaskLayer, cancel, fail, hand_over, in_span};
use tracing::level_filters::LevelFilter;
use tracing::{Instrument, Level, Metadata, Span, debug_span, error, info, info_span, instrument};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::{Layer, SubscriberExt};

const DROPPED: &str = "dropped before it was done";

/// Polls a future once.
fn poll<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// Polls a future once, after which it is not done, and drops it.
#[cfg(test)]
fn drop_half_way(future: impl Future) {
    let mut future = Box::pin(future);
    assert!(poll(future.as_mut()).is_pending());
}

/// Runs a closure when it is dropped.
struct OnDrop<F: FnMut()>(F);

impl<F: FnMut()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

#[instrument]
async fn price() {
    info!("asked");
    pending::<()>().await;
}

#[test]
fn a_future_that_is_dropped_before_it_is_done_ends_as_cancelled() {
    let messages = eliot(|| {
        let _order = info_span!("order").entered();
        drop_half_way(in_span(info_span!("polled"), pending::<()>()));
        drop(in_span(info_span!("never polled"), async {}));
        drop_half_way(hand_over().instrument(pending::<()>()));
    });

    for action in ["polled", "never polled", "eliot:remote_task"] {
        let end = assert_failed(&messages, action, DROPPED);
        assert_eq!(end.get("exception"), "cancelled");
        assert!(!end.has("exception_location"));
    }
    assert_succeeded(&messages, "order");
}

#[test]
fn a_future_that_is_done_has_ended_while_it_is_kept() {
    let output = Captured::new();
    let subscriber = tracing_subscriber::registry()
        .with(TaskLayer::new())
        .with(JsonLayer::eliot().with_writer(output.clone()));

    tracing::subscriber::with_default(subscriber, || {
        let clean_up = OnDrop(|| info!("cleaned up"));
        let mut work = Box::pin(in_span(info_span!("order"), async move {
            let _clean_up = clean_up;
            17
        }));
        assert_eq!(poll(work.as_mut()), Poll::Ready(17));

        assert_succeeded(&output.messages(), "order");
        assert!(work.span().is_disabled());
        assert!(poll(work.as_mut()).is_pending());
    });

    assert_eq!(
        drawing(&output.messages()),
        "\
order /1 started
  cleaned up /2
order /3 succeeded
"
    );
}

#[test]
fn what_a_done_future_holds_is_dropped_in_its_span_and_ends_as_it_is() {
    let messages = eliot(|| {
        let mut polled = false;
        let held = (info_span!("held"), OnDrop(|| info!("dropped")));
        let work = poll_fn(move |_| {
            let _ = &held;
            match std::mem::replace(&mut polled, true) {
                true => Poll::Ready(()),
                false => Poll::Pending,
            }
        });
        let mut work = Box::pin(in_span(info_span!("order"), work));
        assert!(poll(work.as_mut()).is_pending());
        assert!(poll(work.as_mut()).is_ready());
    });

    assert_succeeded(&messages, "held");
    assert_succeeded(&messages, "order");
    let dropped = messages.iter().find(|said| said.name() == "dropped");
    assert_eq!(dropped.unwrap().place(), "/2");
}

#[test]
fn what_closes_while_it_is_dropped_is_cancelled_and_what_the_clean_up_opens_is_not() {
    let messages = eliot(|| {
        drop_half_way(in_span(info_span!("order"), async {
            let _clean_up = OnDrop(|| info_span!("clean-up").in_scope(|| info!("closed")));
            async { info!("quick") }
                .instrument(info_span!("done"))
                .await;
            price().instrument(info_span!("instrumented")).await;
        }));
    });

    assert_eq!(
        drawing(&messages),
        "\
order /1 started
  done /2/1 started
    quick /2/2
  done /2/3 succeeded
  instrumented /3/1 started
    price /3/2/1 started
      asked /3/2/2
    price /3/2/3 failed
  instrumented /3/3 failed
  clean-up /4/1 started
    closed /4/2
  clean-up /4/3 succeeded
order /5 failed
"
    );
    assert_complete(&messages);
    for action in ["price", "instrumented", "order"] {
        assert_failed(&messages, action, DROPPED);
    }
}

// tracing tells no layer the difference.
#[test]
fn a_future_with_nothing_of_ours_around_it_ends_as_succeeded() {
    let messages = eliot(|| drop_half_way(price()));

    assert_succeeded(&messages, "price");
}

#[test]
fn what_was_said_of_an_action_before_it_is_dropped_stands() {
    let messages = eliot(|| {
        drop_half_way(in_span(info_span!("failed"), async {
            fail(&std::fmt::Error);
            pending::<()>().await;
        }));
        drop_half_way(in_span(info_span!("event"), async {
            error!(error = "sold out", "failed");
            pending::<()>().await;
        }));
        drop_half_way(in_span(info_span!("cancelled"), async {
            cancel("the client went away");
            pending::<()>().await;
        }));
        drop_half_way(in_span(info_span!("around"), async {
            let failing = async {
                cancel("nobody asks");
                pending::<()>().await;
            };
            failing.instrument(info_span!("within")).await;
        }));
    });

    assert_failed(&messages, "failed", &std::fmt::Error.to_string());
    assert_failed(&messages, "event", "sold out");
    let end = assert_failed(&messages, "cancelled", "the client went away");
    assert_eq!(end.get("exception"), "cancelled");
    assert_failed(&messages, "within", "nobody asks");
    assert_failed(&messages, "around", DROPPED);
}

#[test]
fn a_call_of_cancel_is_as_strong_as_a_call_of_fail() {
    let messages = eliot(|| {
        info_span!("event first").in_scope(|| {
            error!(error = "event", "failed");
            cancel("call");
        });
        info_span!("event last").in_scope(|| {
            cancel("call");
            error!(error = "event", "failed");
        });
        info_span!("fail last").in_scope(|| {
            cancel("call");
            fail(&std::fmt::Error);
        });
        info_span!("cancel last").in_scope(|| {
            fail(&std::fmt::Error);
            cancel("call");
        });
        let panics = || {
            let _span = info_span!("panic last").entered();
            cancel("call");
            panic!("no rate");
        };
        catch_unwind(panics).unwrap_err();
        cancel("outside, nothing happens");
    });

    assert_failed(&messages, "event first", "call");
    assert_failed(&messages, "event last", "call");
    assert_failed(&messages, "fail last", &std::fmt::Error.to_string());
    let end = assert_failed(&messages, "cancel last", "call");
    assert_eq!(end.get("exception"), "cancelled");
    assert_failed(&messages, "panic last", "no rate");
    assert_eq!(messages.len(), 12);
}

#[test]
fn an_action_that_is_kept_open_elsewhere_ends_as_cancelled_too() {
    let messages = eliot(|| {
        let order = info_span!("order");
        drop_half_way(in_span(order.clone(), pending::<()>()));
        order.in_scope(|| info!("goes on"));
    });

    assert_failed(&messages, "order", DROPPED);
}

#[test]
fn a_span_that_is_turned_away_cancels_nothing_around_it() {
    let output = Captured::new();
    let subscriber = tracing_subscriber::registry().with(TaskLayer::new()).with(
        JsonLayer::eliot()
            .with_writer(output.clone())
            .with_filter(LevelFilter::INFO),
    );

    tracing::subscriber::with_default(subscriber, || {
        let _order = info_span!("order").entered();
        drop_half_way(in_span(debug_span!("step"), pending::<()>()));
        drop_half_way(in_span(Span::none(), pending::<()>()));
    });

    assert_succeeded(&output.messages(), "order");
}

#[test]
fn a_cancellation_within_another_ends_alone() {
    let messages = eliot(|| {
        let old = info_span!("old");
        drop_half_way(in_span(info_span!("outer"), async {
            // Dropped from the last to the first.
            let _old = old;
            let _clean_up = OnDrop(|| {
                let opened_in_outer = info_span!("opened in outer");
                let opened_in_inner = Mutex::new(None);
                drop_half_way(in_span(info_span!("inner"), async {
                    let _opened_in_outer = opened_in_outer;
                    let _clean_up = OnDrop(|| {
                        *opened_in_inner.lock().unwrap() = Some(info_span!("opened in inner"));
                        info_span!("closed in inner").in_scope(|| {});
                    });
                    pending::<()>().await;
                }));
                drop(opened_in_inner);
            });
            pending::<()>().await;
        }));
        info_span!("afterwards").in_scope(|| {});
    });

    for action in ["outer", "inner", "old", "opened in outer"] {
        assert_failed(&messages, action, DROPPED);
    }
    for action in ["opened in inner", "closed in inner", "afterwards"] {
        assert_succeeded(&messages, action);
    }
}

#[test]
fn what_other_threads_close_meanwhile_ends_as_it_is() {
    let messages = eliot(|| {
        let other = info_span!("other");
        let mut other = Some(other);
        drop_half_way(in_span(info_span!("order"), async {
            let _clean_up = OnDrop(|| {
                let other = other.take();
                spawn(move || drop(other)).join().unwrap();
            });
            pending::<()>().await;
        }));
    });

    assert_succeeded(&messages, "other");
    assert_failed(&messages, "order", DROPPED);
}

#[test]
fn a_panic_while_it_is_dropped_fails_it_and_no_later_action() {
    let messages = eliot(|| {
        let order = info_span!("order");
        let kept = order.clone();
        let dropped = catch_unwind(AssertUnwindSafe(|| {
            drop_half_way(in_span(order, async {
                let _clean_up = OnDrop(|| panic!("in the clean-up"));
                pending::<()>().await;
            }));
        }));
        dropped.unwrap_err();
        assert!(tasktrail::current().is_none());
        drop(kept);

        let later = info_span!("later");
        drop(later);
    });

    assert_failed(&messages, "order", "in the clean-up");
    assert_succeeded(&messages, "later");
}

#[test]
fn a_panic_out_of_a_poll_fails_the_action_when_it_is_caught_and_dropped_later() {
    let messages = eliot(|| {
        let mut polls = 0;
        let never_done = in_span(info_span!("beside it"), pending::<()>());
        let work = poll_fn(move |_| {
            let _ = &never_done;
            polls += 1;
            match polls {
                1 => Poll::<()>::Pending,
                _ => panic!("no rate"),
            }
        });
        let mut work = Box::pin(in_span(info_span!("order"), work));
        assert!(poll(work.as_mut()).is_pending());
        let caught = catch_unwind(AssertUnwindSafe(|| poll(work.as_mut())));
        caught.unwrap_err();
        info_span!("another").in_scope(|| {});
        drop(work);
    });

    let end = assert_failed(&messages, "order", "no rate");
    assert_eq!(end.get("exception"), "panic");
    let place = end.get("exception_location").as_str().unwrap();
    assert!(place.starts_with(file!()), "{place}");
    assert_failed(&messages, "beside it", DROPPED);
    assert_succeeded(&messages, "another");
}

#[test]
fn a_future_that_is_polled_in_the_clean_up_of_a_panic_is_not_failed_by_it() {
    let messages = eliot(|| {
        let caught = catch_unwind(|| {
            let _clean_up = OnDrop(|| {
                let mut done = Box::pin(in_span(info_span!("done"), async {}));
                assert!(poll(done.as_mut()).is_ready());
                drop_half_way(in_span(info_span!("dropped"), pending::<()>()));
            });
            panic!("no rate");
        });
        caught.unwrap_err();
    });

    assert_succeeded(&messages, "done");
    assert_failed(&messages, "dropped", DROPPED);
}

#[test]
fn a_panic_around_it_fails_what_it_breaks_off() {
    let messages = eliot(|| {
        let caught = catch_unwind(|| {
            let mut work = Box::pin(in_span(info_span!("order"), price()));
            assert!(poll(work.as_mut()).is_pending());
            panic!("no rate");
        });
        caught.unwrap_err();
    });

    assert_failed(&messages, "order", "no rate");
    assert_failed(&messages, "price", "no rate");
}

#[test]
fn a_cancelled_end_has_the_level_warn_in_each_schema_that_shows_one() {
    for schema in Schema::ALL {
        let warn = match schema {
            // It shows none on starts and ends.
            Schema::Eliot => continue,
            Schema::LogstashV1 | Schema::LogstashV0 => "\"levelno\":30,",
            Schema::Logback => "\"level\":\"WARN\",",
            Schema::Ecs => "\"log.level\":\"WARN\",",
            Schema::Gelf => "\"level\":4,",
            Schema::Bunyan => "\"level\":40,",
            Schema::GoogleCloud => "\"severity\":\"WARNING\",",
            Schema::OpenTelemetry => "\"severityNumber\":13,",
            Schema::Tracing => "\"level\":\"WARN\",",
            other => panic!("nothing is known of the levels of {other}"),
        };
        let output = Captured::new();
        let layer = JsonLayer::new(schema).actions(Actions::StartsAndEnds);
        let subscriber = tracing_subscriber::registry()
            .with(TaskLayer::new())
            .with(layer.with_writer(output.clone()));

        tracing::subscriber::with_default(subscriber, || {
            drop(in_span(info_span!("order"), async {}));
        });

        let lines = output.lines();
        assert_eq!(lines.len(), 2);
        assert!(!lines[0].contains(warn), "{}", lines[0]);
        assert!(lines[1].contains(warn), "{}", lines[1]);
        assert!(lines[1].contains("cancelled"), "{}", lines[1]);
        assert!(lines[1].contains(DROPPED), "{}", lines[1]);
        let record = tasktrail::record::Record::parse(lines[1].as_bytes()).unwrap();
        assert_eq!(record.field("reason").unwrap().as_str(), Some(DROPPED));
    }
}

#[test]
fn text_says_that_an_action_was_cancelled() {
    let output = Captured::new();
    let subscriber = tracing_subscriber::registry()
        .with(TaskLayer::new())
        .with(JsonLayer::text().with_writer(output.clone()));

    tracing::subscriber::with_default(subscriber, || {
        drop(in_span(info_span!("order"), async {}));
    });

    let text = output.text();
    let end = text.lines().last().unwrap();
    assert!(end.contains("Z WARN  "), "{end}");
    assert!(end.contains(" ✗ order cancelled "), "{end}");
    assert!(end.contains(&format!(": {DROPPED}")), "{end}");
    assert!(!end.contains("cancelled: "), "{end}");
}

/// A writer that keeps the levels of what it is asked to write.
#[derive(Clone, Default)]
struct Levels(Arc<Mutex<Vec<Level>>>);

#[cfg(test)]
impl<'a> MakeWriter<'a> for Levels {
    type Writer = std::io::Sink;

    fn make_writer(&'a self) -> Self::Writer {
        std::io::sink()
    }

    fn make_writer_for(&'a self, metadata: &Metadata<'_>) -> Self::Writer {
        self.0.lock().unwrap().push(*metadata.level());
        self.make_writer()
    }
}

#[test]
fn the_writer_is_told_that_a_cancelled_end_is_a_warning() {
    let levels = Levels::default();
    let subscriber = tracing_subscriber::registry()
        .with(TaskLayer::new())
        .with(JsonLayer::eliot().with_writer(levels.clone()));

    tracing::subscriber::with_default(subscriber, || {
        drop(in_span(info_span!("order"), async {}));
    });

    assert_eq!(*levels.0.lock().unwrap(), [Level::INFO, Level::WARN]);
}
