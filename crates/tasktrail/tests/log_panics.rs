//! Panics as lines. The hook and the subscriber are those of the whole program, so that each test
//! looks for its own lines alone.
#[cfg(test)]
mod support;

use std::panic::catch_unwind;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use support::{Captured, Message, assert_complete, assert_failed, assert_succeeded, drawing};
use tasktrail::{Backtraces, JsonLayer, TaskLayer, current, log_panics};
use tracing::{info, info_span};
use tracing_subscriber::layer::SubscriberExt;

#[cfg(test)]
struct Outputs {
    eliot: Captured,
    ecs: Captured,
    /// Of the stock layer.
    text: Captured,
}

/// How many panics the hook saw that was there before.
static SEEN_BEFORE: AtomicU32 = AtomicU32::new(0);

#[cfg(test)]
fn outputs() -> &'static Outputs {
    static OUTPUTS: OnceLock<Outputs> = OnceLock::new();
    OUTPUTS.get_or_init(|| {
        let outputs = Outputs {
            eliot: Captured::new(),
            ecs: Captured::new(),
            text: Captured::new(),
        };
        std::panic::set_hook(Box::new(|_| {
            SEEN_BEFORE.fetch_add(1, Ordering::Relaxed);
        }));
        let text = tracing_subscriber::fmt::layer()
            .with_ansi(false)
            .with_writer(outputs.text.clone());
        let subscriber = tracing_subscriber::registry()
            .with(TaskLayer::new())
            .with(JsonLayer::eliot().with_writer(outputs.eliot.clone()))
            .with(JsonLayer::ecs().with_writer(outputs.ecs.clone()))
            .with(text);
        tracing::subscriber::set_global_default(subscriber).unwrap();
        log_panics(Backtraces::Shown);
        // It does nothing more.
        log_panics(Backtraces::Shown);
        outputs
    })
}

/// Runs `f` in a span and gives the messages of its task.
#[cfg(test)]
fn task(f: impl FnOnce()) -> Vec<Message> {
    let outputs = outputs();
    let id = info_span!("order").in_scope(|| {
        f();
        current().unwrap().id().to_string()
    });
    let mut messages = outputs.eliot.messages();
    messages.retain(|message| message.task() == id);
    assert_complete(&messages);
    messages
}

/// Gives the messages that have a text.
#[cfg(test)]
fn that_say<'a>(messages: &'a [Message], text: &str) -> Vec<&'a Message> {
    let says = |message: &&Message| *message.get("message") == text;
    messages.iter().filter(says).collect()
}

#[test]
fn a_panic_is_one_line_in_the_action_in_which_it_happens() {
    let messages = task(|| {
        let caught = catch_unwind(|| {
            let _price = info_span!("price").entered();
            let missing = 7;
            panic!("no rate for {missing}");
        });
        caught.unwrap_err();
        info!("goes on");
    });

    assert_eq!(
        drawing(&messages),
        "\
order /1 started
  price /2/1 started
    panic /2/2
  price /2/3 failed
  goes on /3
order /4 succeeded
"
    );
    let [panic] = that_say(&messages, "no rate for 7")[..] else {
        panic!("expected one line");
    };
    assert_eq!(panic.get("log_level"), "ERROR");
    assert_eq!(panic.get("logger"), "panic");
    let test = "a_panic_is_one_line_in_the_action_in_which_it_happens";
    assert_eq!(panic.get("panic_thread"), test);
    let place = panic.get("panic_location").as_str().unwrap();
    assert!(place.starts_with(&format!("{}:", file!())), "{place}");
    let backtrace = panic.get("panic_backtrace").as_str().unwrap();
    assert!(backtrace.contains(test), "{backtrace}");
    let end = assert_failed(&messages, "price", "no rate for 7");
    assert_eq!(end.get("exception_location"), place);
    assert_succeeded(&messages, "order");
}

#[test]
fn a_panic_that_kills_its_thread_is_a_line_outside_all_actions() {
    let outputs = outputs();
    let thread = std::thread::Builder::new().name("packer".to_owned());

    let thread = thread.spawn(|| std::panic::panic_any(17_u8)).unwrap();
    thread.join().unwrap_err();

    let messages = outputs.eliot.messages();
    let [panic] = that_say(&messages, "the message is not a text")[..] else {
        panic!("expected one line");
    };
    assert_eq!(panic.get("panic_thread"), "packer");
    assert_eq!(panic.place(), "/1");
}

#[test]
fn every_layer_sees_a_panic_and_the_hook_that_was_there_before_runs() {
    let outputs = outputs();
    let before = SEEN_BEFORE.load(Ordering::Relaxed);

    catch_unwind(|| panic!("seen by all")).unwrap_err();

    assert!(SEEN_BEFORE.load(Ordering::Relaxed) > before);
    let ecs = outputs.ecs.messages();
    let shown = ecs
        .iter()
        .find(|line| *line.get("message") == "seen by all");
    // Its place is a field: it has no call site in a source file.
    assert!(!shown.unwrap().has("log.origin.file.name"));
    assert_eq!(shown.unwrap().get("log.level"), "ERROR");
    let text = outputs.text.text();
    let lines = text
        .lines()
        .filter(|line| line.contains("ERROR panic: seen by all panic_location="));
    assert_eq!(lines.count(), 1);
}

#[test]
fn what_the_writers_own_threads_panic_about_is_no_line() {
    let outputs = outputs();
    let thread = std::thread::Builder::new().name("tasktrail".to_owned());

    let thread = thread.spawn(|| panic!("in a destination")).unwrap();
    thread.join().unwrap_err();

    assert!(that_say(&outputs.eliot.messages(), "in a destination").is_empty());
}
