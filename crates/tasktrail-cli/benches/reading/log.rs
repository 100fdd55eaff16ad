//! Makes a log of many tasks, the same each time.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::time::Duration;

use tasktrail_record::{
    Line, LineBuffer, LineKind, Place, Process, Schema, Severity, Site, TaskId, Timestamp, encode,
};

/// How many tasks are open at any moment: the lines of a server that has as many requests at hand.
const OPEN_TASKS: usize = 64;

/// Each task has ten messages: a start, three events, an action with a start, three events and an
/// end, and the end.
const STEPS: &[(&str, u64, Step)] = &[
    ("", 1, Step::Start),
    ("", 2, Step::Event),
    ("", 3, Step::Event),
    ("4,", 1, Step::Start),
    ("4,", 2, Step::Event),
    ("4,", 3, Step::Event),
    ("4,", 4, Step::Event),
    ("4,", 5, Step::End),
    ("", 5, Step::Event),
    ("", 6, Step::End),
];

#[derive(Debug, Clone, Copy)]
enum Step {
    Start,
    Event,
    End,
}

/// Writes a log of so many records; the last tasks of it are whole if it is a multiple of 640.
pub(crate) fn make(path: &Path, schema: Schema, records: usize) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(1 << 20, File::create(path)?);
    let mut random = Random(7);
    let mut tasks: Vec<(String, usize)> = (0..OPEN_TASKS)
        .map(|_| (random.task(), STEPS.len()))
        .collect();
    let fields = Fields::new(schema);
    let mut buffer = LineBuffer::default();
    let mut turn = 0;
    for record in 0..records {
        turn = (turn + 1) % OPEN_TASKS;
        let Some((task, done)) = tasks.get_mut(turn) else {
            break;
        };
        if *done == STEPS.len() {
            (*task, *done) = (random.task(), 0);
        }
        let Some(step) = STEPS.get(*done) else { break };
        *done += 1;
        let time = Duration::from_micros(1_700_000_000_000_000 + record as u64 * 37);
        fields.write(task, step, time, random.next(), &mut buffer);
        out.write_all(buffer.line())?;
    }
    out.flush()
}

struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn task(&mut self) -> String {
        let bits = (u128::from(self.next()) << 64) | u128::from(self.next());
        TaskId::from_bits(bits.max(1)).unwrap().to_string()
    }
}

/// What the schema makes once of what all lines share.
struct Fields {
    schema: Schema,
    site: Vec<u8>,
    thread: Vec<u8>,
    process: tasktrail_record::EncodedProcess,
    context: Vec<u8>,
}

impl Fields {
    fn new(schema: Schema) -> Self {
        let mut context = Vec::new();
        for (name, value) in [
            ("method", "POST"),
            ("path", "/orders/17/positions"),
            ("customer", "Jürgen \"Jo\" Doe"),
            ("agent", "Mozilla/5.0 (X11; Linux x86_64; rv:145.0)"),
        ] {
            schema.write_field(name, |out| encode::string(value, out), &mut context);
        }
        Self {
            schema,
            site: schema.site(&Site {
                severity: Severity::Info,
                logger: "shop::orders",
                file: Some("src/orders/positions.rs"),
                line: Some(170),
                module: Some("shop::orders::positions"),
            }),
            thread: schema.thread(3, "tokio-runtime-worker"),
            process: schema.process(Process {
                host: "shop-7f9c",
                name: "shop",
                id: 71,
                started: Timestamp::from_epoch(Duration::from_secs(1_700_000_000)),
            }),
            context,
        }
    }

    fn write(
        &self,
        task: &str,
        (action, number, step): &(&str, u64, Step),
        time: Duration,
        random: u64,
        buffer: &mut LineBuffer,
    ) {
        let mut fields = Vec::new();
        let price = random % 100_000;
        let mut add = |name: &str, write: &dyn Fn(&mut Vec<u8>)| {
            self.schema.write_field(name, write, &mut fields);
        };
        add("order", &|out| encode::integer(random % 1_000_000, out));
        add("total", &|out| encode::float(price as f64 / 100.0, out));
        add("is_paid", &|out| {
            encode::boolean(random.is_multiple_of(2), out)
        });
        let kind = match step {
            Step::Start => LineKind::Start { action: b"order" },
            Step::End => LineKind::End {
                action: b"order",
                failure: None,
            },
            Step::Event => LineKind::Event {
                name: None,
                message: Some(b"the position was added to the order"),
                fallback: b"shop::orders",
            },
        };
        let line = Line {
            time: Timestamp::from_epoch(time),
            place: Some(Place {
                task_uuid: task,
                action,
                number: *number,
                span_id: None,
            }),
            kind,
            site: &self.site,
            thread: &self.thread,
            process: &self.process,
            function: b"order",
            constants: b"",
            context: &self.context,
            fields: &fields,
            spans: None,
        };
        self.schema.write(&line, buffer);
    }
}
