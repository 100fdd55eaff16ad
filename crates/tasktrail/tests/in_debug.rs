//! Events that happen while a field of another one is formatted.
//!
//! `tracing` keeps such events from a subscriber that stands for one thread, so the one here stands
//! for the whole program, and each test looks at its own task alone.
#[cfg(test)]
mod support;

use std::fmt;
use std::sync::OnceLock;

use support::{Captured, Message, assert_complete, drawing};
use tasktrail::{Backtraces, JsonLayer, TaskLayer, current, event_position, log_panics};
use tracing::field::Empty;
use tracing::{Event, Subscriber, error, info, info_span};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

#[cfg(test)]
struct Outputs {
    eliot: Captured,
    logstash: Captured,
}

/// Gives what both outputs show.
#[cfg(test)]
fn outputs() -> &'static Outputs {
    static OUTPUTS: OnceLock<Outputs> = OnceLock::new();
    OUTPUTS.get_or_init(|| {
        let outputs = Outputs {
            eliot: Captured::new(),
            logstash: Captured::new(),
        };
        let subscriber = tracing_subscriber::registry()
            .with(TaskLayer::new())
            .with(JsonLayer::eliot().with_writer(outputs.eliot.clone()))
            .with(Asking)
            .with(JsonLayer::logstash().with_writer(outputs.logstash.clone()));
        tracing::subscriber::set_global_default(subscriber).unwrap();
        log_panics(Backtraces::LeftOut);
        outputs
    })
}

/// Asks for each position, as a formatter of somebody else's does.
#[cfg(test)]
struct Asking;

impl<S: Subscriber> Layer<S> for Asking {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        assert!(event_position(event).is_some());
    }
}

/// Runs `f` in a span and gives what each output shows of its task, in the order of its lines.
#[cfg(test)]
fn task(f: impl FnOnce()) -> [Vec<Message>; 2] {
    let outputs = outputs();
    let id = info_span!("order").in_scope(|| {
        f();
        current().unwrap().id().to_string()
    });
    [&outputs.eliot, &outputs.logstash].map(|output| {
        let mut messages = output.messages();
        messages.retain(|message| message.task() == id);
        assert_complete(&messages);
        messages
    })
}

/// Says something each time that it is formatted.
#[cfg(test)]
struct Loud(&'static str);

impl fmt::Debug for Loud {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        info!("formatting");
        f.write_str(self.0)
    }
}

impl fmt::Display for Loud {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        info_span!("displaying").in_scope(|| info!("displayed"));
        f.write_str(self.0)
    }
}

// Each of the two outputs formats the value, so it speaks twice.
#[test]
fn what_a_field_says_while_it_is_formatted_comes_before_its_event() {
    let [eliot, logstash] = task(|| {
        info!(value = ?Loud("one"), "first");
        info!(value = ?Loud("two"), "second");
    });

    for messages in [&eliot, &logstash] {
        assert_eq!(messages.len(), 8);
    }
    assert_eq!(
        drawing(&eliot),
        "\
order /1 started
  formatting /2
  first /3
  formatting /4
  formatting /5
  second /6
  formatting /7
order /8 succeeded
"
    );
    assert_eq!(eliot[2].get("value"), "one");
    assert_eq!(logstash[7 - 1].place(), "/6");
    assert_eq!(places(&eliot), places(&logstash));
}

#[cfg(test)]
fn places(messages: &[Message]) -> Vec<String> {
    let mut places: Vec<_> = messages.iter().map(Message::place).collect();
    places.sort();
    places
}

#[test]
fn a_span_in_a_field_is_an_action_beside_its_event() {
    let [eliot, logstash] = task(|| info!(value = %Loud("one"), "first"));

    assert_eq!(
        drawing(&eliot),
        "\
order /1 started
  displaying /2/1 started
    displayed /2/2
  displaying /2/3 succeeded
  first /3
  displaying /4/1 started
    displayed /4/2
  displaying /4/3 succeeded
order /5 succeeded
"
    );
    assert_eq!(places(&eliot), places(&logstash));
}

#[test]
fn the_fields_of_a_span_may_speak_when_it_opens_and_when_it_records() {
    let [eliot, logstash] = task(|| {
        let price = info_span!("price", at = ?Loud("open"), total = Empty);
        price.in_scope(|| price.record("total", tracing::field::debug(Loud("ten"))));
        drop(price);
    });

    // The first output gives the span its place, between what the value says to either.
    assert_eq!(
        drawing(&eliot),
        "\
order /1 started
  formatting /2
  price /3/1 started
    formatting /3/2
    formatting /3/3
  price /3/4 succeeded
  formatting /4
order /5 succeeded
"
    );
    let end = eliot.iter().rfind(|message| message.name() == "price");
    assert_eq!(end.unwrap().get("total"), "ten");
    assert_eq!(places(&eliot), places(&logstash));
}

#[test]
fn fields_that_speak_within_fields_that_speak_have_places_too() {
    struct Deep(u32);
    impl fmt::Debug for Deep {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            if self.0 > 0 {
                info!(below = ?Deep(self.0 - 1), depth = self.0, "formatting");
            }
            write!(f, "{}", self.0)
        }
    }

    // Each of two outputs formats, so the number of messages doubles with each depth.
    let [eliot, logstash] = task(|| info!(value = ?Deep(4), "first"));

    assert_eq!(eliot.len(), 2 + 31);
    assert_eq!(places(&eliot), places(&logstash));
}

#[test]
fn an_error_that_speaks_fails_its_action_once() {
    let [eliot, logstash] = task(|| {
        let _price = info_span!("price").entered();
        error!(error = ?Loud("out of stock"), "failed");
    });

    for messages in [eliot, logstash] {
        let end = messages
            .iter()
            .find(|message| message.status() == Some("failed"));
        assert_eq!(end.unwrap().get("reason"), "out of stock");
        assert_eq!(end.unwrap().name(), "price");
    }
}

#[test]
fn a_value_may_ask_for_the_current_action_while_it_is_formatted() {
    struct Here;
    impl fmt::Debug for Here {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            let current = current().unwrap();
            write!(f, "{}{}", current.name(), current.level())
        }
    }

    let [eliot, _] = task(|| {
        let _price = info_span!("price", here = ?Here).entered();
        info!(here = ?Here, "said");
    });

    assert_eq!(eliot[1].get("here"), "order/");
    assert_eq!(eliot[2].get("here"), "price/2");
}

#[test]
fn a_value_may_hand_its_task_over_while_it_is_formatted() {
    struct HandingOver;
    impl fmt::Debug for HandingOver {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            std::thread::spawn({
                let task = tasktrail::hand_over();
                move || task.run(|| info!("over there"))
            })
            .join()
            .unwrap();
            f.write_str("handed over")
        }
    }

    let [eliot, logstash] = task(|| info!(value = ?HandingOver, "first"));

    assert_eq!(eliot.len(), 2 + 1 + 2 * 3);
    assert_eq!(places(&eliot), places(&logstash));
}

#[test]
fn a_value_that_logs_and_then_panics_loses_itself_alone() {
    struct Bad;
    impl fmt::Debug for Bad {
        fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
            info!("about to panic");
            panic!("in Debug");
        }
    }

    let [eliot, _] = task(|| info!(before = 1, bad = ?Bad, after = 2, "first"));

    let first = eliot.iter().find(|message| message.name() == "first");
    let first = first.unwrap();
    assert_eq!([first.get("before"), first.get("after")], [1, 2]);
    assert_eq!(first.get("bad"), "<panicked while it was formatted>");
    // The panic is told there, and is no line, though panics are logged.
    assert!(
        eliot
            .iter()
            .all(|message| *message.get("message") != "in Debug")
    );
}
