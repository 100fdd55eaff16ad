//! How an action ended, as its last message says it.

use super::tree::{Message, assert_complete};

/// Gives the end of an action.
pub(crate) fn end<'a>(messages: &'a [Message], action: &str) -> &'a Message {
    assert_complete(messages);
    let mut ends = messages.iter().filter(|message| {
        message.name() == action && matches!(message.status(), Some("succeeded" | "failed"))
    });
    let end = ends.next().unwrap();
    assert!(ends.next().is_none(), "{action} ends twice");
    end
}

/// Asserts that an end is a success, and says nothing of a failure.
pub(crate) fn assert_succeeded(messages: &[Message], action: &str) {
    let end = end(messages, action);
    assert_eq!(end.status(), Some("succeeded"), "{end:?}");
    for name in [
        "exception",
        "reason",
        "exception_sources",
        "exception_location",
        "exception_backtrace",
    ] {
        assert!(!end.has(name), "{name} in {end:?}");
    }
}

/// Asserts that an end is a failure with this reason.
pub(crate) fn assert_failed<'a>(
    messages: &'a [Message],
    action: &str,
    reason: &str,
) -> &'a Message {
    let end = end(messages, action);
    assert_eq!(end.status(), Some("failed"), "{end:?}");
    assert_eq!(end.get("reason"), reason, "{end:?}");
    assert!(end.get("exception").is_string(), "{end:?}");
    end
}
