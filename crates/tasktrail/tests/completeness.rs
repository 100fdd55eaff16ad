//! What the other tests rely on can fail: the strict reader, and the check for missing messages.
#[cfg(test)]
mod support;

use std::panic::catch_unwind;

use support::{Message, assert_complete, assert_continued, drawing, eliot, object};
use tracing::{info, info_span};

#[test]
#[should_panic(expected = "\"a\\n\" stands there twice")]
fn a_name_twice_is_found_however_it_is_spelled() {
    object(r#"{"b":[{"a\n":1,"a\u000a":2}]}"#);
}

#[test]
fn every_message_that_is_taken_away_or_repeated_is_missed() {
    let messages = eliot(|| {
        let _order = info_span!("order").entered();
        info!("received");
        info_span!("price").in_scope(|| info!("looked up"));
        tasktrail::hand_over().run(|| info!("handed over"));
        drop(tasktrail::hand_over());
    });
    assert_complete(&messages);

    for at in 0..messages.len() {
        let mut fewer = messages.clone();
        let missing = fewer.remove(at);
        let mut more = messages.clone();
        more.push(missing.clone());

        assert!(!passes(&fewer), "{missing:?} is not missed");
        assert!(!passes(&more), "{missing:?} may be there twice");
    }
}

#[cfg(test)]
fn passes(messages: &[Message]) -> bool {
    catch_unwind(|| assert_complete(messages)).is_ok()
}

#[test]
fn a_task_from_elsewhere_is_complete_from_where_it_goes_on() {
    let messages = eliot(|| {
        let text = "192f76ea-915e-4131-95dc-da28c6bcdbb5@/3/2";
        tasktrail::continue_task(text).run(|| info!("received"));
    });

    assert!(!passes(&messages));
    assert_continued(&messages, &[&[3, 2]]);
    assert_eq!(
        drawing(&messages),
        "    eliot:remote_task /3/2/1 started
      received /3/2/2
    eliot:remote_task /3/2/3 succeeded
"
    );
}
