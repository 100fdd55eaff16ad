//! Writers that refuse, panic, or log themselves.
#[cfg(test)]
mod support;

use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use support::{Captured, assert_complete, drawing, spawn};
use tasktrail::{JsonLayer, TaskLayer};
use tracing::{info, info_span, warn};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;

/// What a writer does with one write.
#[derive(Clone, Copy, PartialEq)]
enum Does {
    Writes,
    Fails,
    Panics,
    PanicsWhenMade,
    WritesNothing,
}

/// A writer that does what it is told, one thing after the other, then writes.
#[derive(Clone)]
struct Told {
    output: Captured,
    orders: Arc<Mutex<Vec<Does>>>,
}

impl Told {
    fn new(orders: &[Does]) -> Self {
        let orders = orders.iter().rev().copied().collect();
        Self {
            output: Captured::new(),
            orders: Arc::new(Mutex::new(orders)),
        }
    }
}

#[cfg(test)]
impl<'a> MakeWriter<'a> for Told {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        let mut orders = self.orders.lock().unwrap();
        if orders.last() == Some(&Does::PanicsWhenMade) {
            orders.pop();
            drop(orders);
            panic!("when it is made");
        }
        drop(orders);
        self.clone()
    }
}

#[cfg(test)]
impl Write for Told {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let order = self.orders.lock().unwrap().pop();
        match order.unwrap_or(Does::Writes) {
            Does::Writes => self.output.write(bytes),
            Does::Fails => Err(io::Error::other("disk full")),
            Does::Panics | Does::PanicsWhenMade => panic!("when it writes"),
            Does::WritesNothing => Ok(0),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Logs as many events as there are orders and one more, in no span; gives what was written, and
/// how many lines were lost after each event.
#[cfg(test)]
fn log_events(orders: &[Does], events: u64) -> (Captured, Vec<u64>) {
    let writer = Told::new(orders);
    let output = writer.output.clone();
    let layer = JsonLayer::eliot().with_writer(writer);
    let lost = layer.lost_lines();
    let subscriber = tracing_subscriber::registry()
        .with(TaskLayer::new())
        .with(layer);
    let mut counts = Vec::new();
    tracing::subscriber::with_default(subscriber, || {
        for n in 0..events {
            info!(n, "said");
            counts.push(lost.count());
        }
    });
    (output, counts)
}

/// Gives what each written line says.
#[cfg(test)]
fn texts(output: &Captured) -> Vec<String> {
    let messages = output.messages();
    let texts = messages.iter().map(|message| match message.get("n") {
        serde_json::Value::Null => message.name().to_owned(),
        n => n.to_string(),
    });
    texts.collect()
}

#[test]
fn a_line_that_the_writer_refuses_is_counted_and_told_with_the_next_one() {
    for does in [
        Does::Fails,
        Does::Panics,
        Does::PanicsWhenMade,
        Does::WritesNothing,
    ] {
        let (output, counts) = log_events(&[Does::Writes, does], 4);

        assert_eq!(counts, [0, 1, 1, 1]);
        let expected = ["0", "1 lines could not be written", "2", "3"];
        assert_eq!(texts(&output), expected);
    }
}

#[test]
fn as_long_as_the_writer_refuses_nothing_is_told_and_everything_counted() {
    // While it refuses, an event tries twice: to tell what is lost, then to write itself.
    let (output, counts) = log_events(&[Does::Fails; 1 + 2 * 3], 6);

    assert_eq!(counts, [1, 2, 3, 4, 4, 4]);
    let expected = ["4 lines could not be written", "4", "5"];
    assert_eq!(texts(&output), expected);
}

#[test]
fn what_tells_of_lost_lines_is_no_lost_line_itself() {
    // The first event is lost, then what tells of it, while the second event is written.
    let (output, counts) = log_events(&[Does::Fails, Does::Fails, Does::Writes], 3);

    assert_eq!(counts, [1, 1, 1]);
    assert_eq!(texts(&output), ["1", "1 lines could not be written", "2"]);
}

#[test]
fn lines_lost_at_several_times_are_told_each_once() {
    let (output, counts) = log_events(
        &[
            Does::Fails,
            Does::Writes,
            Does::Fails,
            Does::Writes,
            Does::Writes,
        ],
        4,
    );

    assert_eq!(counts, [1, 2, 2, 2]);
    let expected = [
        "1 lines could not be written",
        "1 lines could not be written",
        "2",
        "3",
    ];
    assert_eq!(texts(&output), expected);
}

#[test]
fn the_line_that_tells_is_a_task_of_its_own_and_a_warning() {
    let (output, _) = log_events(&[Does::Fails], 2);

    let messages = output.messages();
    assert_eq!(messages[0].level(), [1]);
    assert_ne!(messages[0].task(), messages[1].task());
    assert_eq!(messages[0].get("log_level"), "WARNING");
    assert_eq!(messages[0].get("logger"), "tasktrail");
}

#[test]
fn starts_and_ends_are_counted_too_and_the_numbers_say_which_are_missing() {
    let writer = Told::new(&[Does::Fails]);
    let output = writer.output.clone();
    let layer = JsonLayer::logstash().with_writer(writer);
    let lost = layer.lost_lines();
    let subscriber = tracing_subscriber::registry()
        .with(TaskLayer::new())
        .with(layer);

    tracing::subscriber::with_default(subscriber, || {
        let _order = info_span!("order").entered();
        info!("received");
    });

    assert_eq!(lost.count(), 1);
    assert_eq!(
        drawing(&output.messages()),
        "\
1 lines could not be written /1

  received /2
order /3 succeeded
"
    );
}

#[test]
fn every_line_is_one_write() {
    let output = Captured::new();
    let subscriber = tracing_subscriber::registry().with(TaskLayer::new()).with(
        JsonLayer::logstash()
            .field("service", "shop")
            .with_writer(output.clone()),
    );

    tracing::subscriber::with_default(subscriber, || {
        let _order = info_span!("order", text = "one\ntwo").entered();
        info!(text = "x".repeat(1_000_000), "large");
        warn!("");
    });

    let writes = output.writes();
    assert_eq!(writes.len(), 4);
    for write in writes {
        assert_eq!(write.iter().filter(|byte| **byte == b'\n').count(), 1);
        assert_eq!(write.last(), Some(&b'\n'));
    }
    assert_complete(&output.messages());
}

/// A writer that takes a few bytes at a time.
#[derive(Clone)]
struct Sips(Captured);

#[cfg(test)]
impl Write for Sips {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(&bytes[..bytes.len().min(7)])
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_writer_that_takes_a_part_is_given_the_rest() {
    let output = Captured::new();
    let writer = Sips(output.clone());
    let layer = JsonLayer::eliot().with_writer(move || writer.clone());
    let lost = layer.lost_lines();
    let subscriber = tracing_subscriber::registry()
        .with(TaskLayer::new())
        .with(layer);

    tracing::subscriber::with_default(subscriber, || info!("said"));

    assert_eq!(lost.count(), 0);
    assert!(output.writes().len() > 10);
    assert!(output.text().ends_with("\"message_type\":\"said\"}\n"));
}

#[test]
fn a_writer_is_chosen_by_the_message() {
    let (low, high) = (Captured::new(), Captured::new());
    let chosen = {
        use tracing_subscriber::fmt::writer::MakeWriterExt;
        let high = high.clone().with_max_level(tracing::Level::WARN);
        high.or_else(low.clone())
    };
    let subscriber = tracing_subscriber::registry()
        .with(TaskLayer::new())
        .with(JsonLayer::eliot().with_writer(chosen));

    tracing::subscriber::with_default(subscriber, || {
        let _order = info_span!("order").entered();
        info!("low");
        warn!("high");
    });

    assert_eq!(low.messages().len(), 3);
    assert_eq!(high.messages().len(), 1);
    assert_complete(&[low.messages(), high.messages()].concat());
}

/// A writer that refuses every third write, whoever writes, until it is mended.
#[derive(Clone, Default)]
struct Broken(Arc<BrokenState>);

#[derive(Default)]
struct BrokenState {
    output: Captured,
    writes: AtomicU64,
    refused: AtomicU64,
    mended: AtomicBool,
}

impl Write for Broken {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let state = &self.0;
        let at = state.writes.fetch_add(1, Ordering::Relaxed);
        if at.is_multiple_of(3) && !state.mended.load(Ordering::Relaxed) {
            let tells = bytes.windows(5).any(|part| part == b"could");
            state
                .refused
                .fetch_add(u64::from(!tells), Ordering::Relaxed);
            return Err(io::Error::other("disk full"));
        }
        state.output.clone().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn lines_lost_by_many_threads_are_counted_and_told_exactly() {
    let writer = Broken::default();
    let state = Arc::clone(&writer.0);
    let layer = JsonLayer::eliot().with_writer(move || writer.clone());
    let lost = layer.lost_lines();
    let subscriber = tracing_subscriber::registry()
        .with(TaskLayer::new())
        .with(layer);

    tracing::subscriber::with_default(subscriber, || {
        let threads: Vec<_> = (0..8)
            .map(|_| spawn(|| (0..100).for_each(|n| info!(n, "said"))))
            .collect();
        threads
            .into_iter()
            .for_each(|thread| thread.join().unwrap());
        state.mended.store(true, Ordering::Relaxed);
        info!("last");
    });

    assert!(lost.count() > 100);
    assert_eq!(lost.count(), state.refused.load(Ordering::Relaxed));
    let texts = texts(&state.output);
    let told: Vec<u64> = texts
        .iter()
        .filter_map(|text| text.strip_suffix(" lines could not be written"))
        .map(|count| count.parse().unwrap())
        .collect();
    assert_eq!(told.iter().sum::<u64>(), lost.count());
    let written = (texts.len() - told.len()) as u64;
    assert_eq!(written + lost.count(), 8 * 100 + 1);
}
