//! Actions that a panic breaks off.
#[cfg(test)]
mod support;

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use support::{assert_failed, assert_succeeded, eliot, end, spawn};
use tasktrail::fail;
use tracing::{info, info_span};

#[test]
fn a_panic_fails_every_action_that_it_breaks_off_with_its_message_and_place() {
    let messages = eliot(|| {
        let _order = info_span!("order").entered();
        let caught = catch_unwind(|| {
            let _price = info_span!("price").entered();
            let _tax = info_span!("tax").entered();
            info_span!("done before").in_scope(|| {});
            let missing = 7;
            panic!("no rate for {missing}");
        });
        caught.unwrap_err();
        info!("goes on");
    });

    for action in ["price", "tax"] {
        let end = assert_failed(&messages, action, "no rate for 7");
        assert_eq!(end.get("exception"), "panic");
        let place = end.get("exception_location").as_str().unwrap();
        assert!(place.starts_with(file!()), "{place}");
    }
    assert_succeeded(&messages, "done before");
    assert_succeeded(&messages, "order");
}

#[test]
fn a_panic_takes_the_place_of_what_failed_before() {
    let messages = eliot(|| {
        let caught = catch_unwind(|| {
            let _order = info_span!("order").entered();
            fail(&fmt::Error);
            panic!("for good");
        });
        caught.unwrap_err();
    });

    assert_failed(&messages, "order", "for good");
}

#[test]
fn a_panic_with_a_payload_that_is_no_text_fails_too() {
    let messages = eliot(|| {
        let caught = catch_unwind(|| {
            let _order = info_span!("order").entered();
            std::panic::panic_any(17);
        });
        caught.unwrap_err();
    });

    let end = end(&messages, "order");
    assert_eq!(end.status(), Some("failed"));
    assert_eq!(end.get("exception"), "panic");
}

#[test]
fn a_panic_that_kills_its_thread_fails_its_actions() {
    let messages = eliot(|| {
        let order = info_span!("order");
        let thread = spawn({
            let order = order.clone();
            move || {
                let _part = info_span!(parent: &order, "part").entered();
                panic!("gone");
            }
        });
        thread.join().unwrap_err();
    });

    assert_failed(&messages, "part", "gone");
    assert_succeeded(&messages, "order");
}

#[test]
fn a_span_that_opens_and_closes_while_the_thread_unwinds_succeeds() {
    struct CleansUp;
    impl Drop for CleansUp {
        fn drop(&mut self) {
            info_span!("cleaning").in_scope(|| info!("cleaned"));
        }
    }

    let messages = eliot(|| {
        let caught = catch_unwind(|| {
            let _order = info_span!("order").entered();
            let _cleans_up = CleansUp;
            panic!("no rate");
        });
        caught.unwrap_err();
    });

    assert_succeeded(&messages, "cleaning");
    assert_failed(&messages, "order", "no rate");
}

#[test]
fn a_span_that_outlives_the_panic_succeeds() {
    let messages = eliot(|| {
        let order = info_span!("order");
        let caught = catch_unwind(AssertUnwindSafe(|| {
            let _order = order.enter();
            panic!("caught");
        }));
        caught.unwrap_err();
        order.in_scope(|| info!("goes on"));
    });

    assert_succeeded(&messages, "order");
}

#[test]
fn a_panic_that_is_thrown_on_keeps_its_message() {
    let messages = eliot(|| {
        let caught = catch_unwind(|| {
            let _order = info_span!("order").entered();
            let inner = catch_unwind(|| panic!("first"));
            resume_unwind(inner.unwrap_err());
        });
        caught.unwrap_err();
    });

    assert_failed(&messages, "order", "first");
}

// The end of an action tells of the panic that broke it off, not of one within its clean-up.
#[test]
fn a_panic_that_is_survived_while_another_unwinds_is_not_the_reason() {
    struct Bad;
    impl fmt::Debug for Bad {
        fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
            panic!("in Debug");
        }
    }
    struct CleansUp;
    impl Drop for CleansUp {
        fn drop(&mut self) {
            info!(bad = ?Bad, "cleaning");
        }
    }

    let messages = eliot(|| {
        let caught = catch_unwind(|| {
            let _order = info_span!("order").entered();
            let _cleans_up = CleansUp;
            panic!("no rate");
        });
        caught.unwrap_err();
    });

    assert_failed(&messages, "order", "no rate");
}

#[test]
fn a_panic_that_was_caught_before_is_not_the_reason_of_a_later_one_without_a_message() {
    let messages = eliot(|| {
        catch_unwind(|| panic!("old")).unwrap_err();
        let caught = catch_unwind(|| {
            let _order = info_span!("order").entered();
            // It runs no panic hook, so nobody is told of it.
            resume_unwind(Box::new("new"));
        });
        caught.unwrap_err();
    });

    let end = assert_failed(&messages, "order", "the message is not known");
    assert_eq!(end.get("exception"), "panic");
    assert!(end.get("exception_location").is_null());
}
