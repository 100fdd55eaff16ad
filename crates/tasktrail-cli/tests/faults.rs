//! Each fault that is planted into whole logs is named, exactly, and nothing else is.
#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "clippy.toml allows it in tests, but not in what they share"
)]

mod run;

use std::path::Path;
use std::time::Duration;

use run::{Folder, run_in, stdout};
use tasktrail_record::{
    Glance, Line, LineBuffer, LineKind, Place, Process, Schema, Severity, Site, TaskLevel,
    Timestamp, encode,
};

/// SplitMix64: the same tasks each time.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    fn task(&mut self) -> String {
        let (high, low) = (self.next(), self.next());
        let digits = format!("{high:016x}{low:016x}");
        let parts = [
            &digits[..8],
            &digits[8..12],
            &digits[12..16],
            &digits[16..20],
            &digits[20..],
        ];
        parts.join("-")
    }
}

/// One line, and what it is.
#[derive(Debug, Clone)]
struct Message {
    task: String,
    level: Vec<u64>,
    is_end: bool,
    /// A task of its own.
    is_alone: bool,
    line: Vec<u8>,
}

impl Message {
    fn position(&self) -> String {
        let numbers = self.level.iter().map(|number| format!("/{number}"));
        format!("{}@{}", self.task, numbers.collect::<String>())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    Start,
    End,
    Message,
}

/// Writes a line as the layers do.
fn line(schema: Schema, task: &str, level: &[u64], what: What, said: u64) -> Vec<u8> {
    let (number, action) = level.split_last().unwrap();
    let action = Place::action_text(&TaskLevel::from_numbers(action).unwrap());
    let mut fields = Vec::new();
    schema.write_field("said", |out| encode::integer(said, out), &mut fields);
    schema.write_field("quoted", |out| encode::string("\"é\"\n", out), &mut fields);
    let site = Site {
        severity: Severity::Info,
        logger: "shop",
        file: Some("src/shop.rs"),
        line: Some(7),
        module: None,
    };
    let process = Process {
        host: "host",
        name: "shop",
        id: 1,
        started: Timestamp::from_epoch(Duration::ZERO),
    };
    let mut buffer = LineBuffer::default();
    schema.write(
        &Line {
            time: Timestamp::from_epoch(Duration::from_millis(1_700_000_000_000 + said % 1000)),
            place: Some(Place {
                task_uuid: task,
                action: &action,
                number: *number,
                span_id: None,
            }),
            kind: match what {
                What::Start => LineKind::Start { action: b"order" },
                What::End => LineKind::End {
                    action: b"order",
                    failure: None,
                },
                What::Message => LineKind::Event {
                    name: None,
                    message: Some(b"paid"),
                    fallback: b"shop",
                },
            },
            site: &schema.site(&site),
            thread: &schema.thread(1, "main"),
            process: &schema.process(process),
            function: b"order",
            constants: b"",
            context: b"",
            fields: &fields,
            spans: None,
        },
        &mut buffer,
    );
    buffer.line().to_vec()
}

/// Makes a few tasks of random shape.
fn tasks(random: &mut Random, schema: Schema) -> Vec<Message> {
    let mut messages = Vec::new();
    for _ in 0..1 + random.below(4) {
        let task = random.task();
        if random.below(5) == 0 {
            add(&mut messages, random, schema, &task, &[1], What::Message);
            messages.last_mut().unwrap().is_alone = true;
        } else {
            action(&mut messages, random, schema, &task, &mut Vec::new());
        }
    }
    messages
}

fn action(
    messages: &mut Vec<Message>,
    random: &mut Random,
    schema: Schema,
    task: &str,
    level: &mut Vec<u64>,
) {
    level.push(1);
    add(messages, random, schema, task, level, What::Start);
    for number in 2..2 + random.below(6) as u64 {
        *level.last_mut().unwrap() = number;
        if random.below(3) == 0 && level.len() < 8 {
            action(messages, random, schema, task, level);
        } else {
            add(messages, random, schema, task, level, What::Message);
        }
        *level.last_mut().unwrap() = number + 1;
    }
    if level.last() == Some(&1) {
        *level.last_mut().unwrap() = 2;
    }
    add(messages, random, schema, task, level, What::End);
    level.pop();
}

fn add(
    messages: &mut Vec<Message>,
    random: &mut Random,
    schema: Schema,
    task: &str,
    level: &[u64],
    what: What,
) {
    messages.push(Message {
        task: task.to_owned(),
        level: level.to_owned(),
        is_end: what == What::End,
        is_alone: false,
        line: line(schema, task, level, what, random.next()),
    });
}

/// What `audit` is to say when a message is not there.
fn lack_of(message: &Message) -> Vec<String> {
    let position = message.position();
    match (message.is_alone, message.is_end, message.level.len()) {
        // Of a task without any line nobody knows.
        (true, ..) => vec![],
        (_, true, 1) => vec![format!("open {}@/", message.task)],
        (_, true, _) => vec![format!("missing {position}: the action has no end")],
        _ => vec![format!("missing {position}")],
    }
}

const FAULTS: [Fault; 8] = [
    Fault::None,
    Fault::Removed,
    Fault::Doubled,
    Fault::Changed,
    Fault::Torn,
    Fault::TornAtTheEnd,
    Fault::Moved,
    Fault::AfterTheEnd,
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    None,
    Removed,
    Doubled,
    /// The same position once more, with another value.
    Changed,
    Torn,
    TornAtTheEnd,
    /// Into another file: that is none.
    Moved,
    AfterTheEnd,
}

/// Plants a fault into the files, and gives what is to be found, without what is said of a line.
fn plant(
    fault: Fault,
    files: &mut [Vec<Message>],
    schema: Schema,
    random: &mut Random,
) -> Vec<String> {
    let file = loop {
        let file = random.below(files.len());
        if !files[file].is_empty() {
            break file;
        }
    };
    let other = random.below(files.len());
    let place = random.below(files[file].len());
    let message = files[file][place].clone();
    let put = |files: &mut [Vec<Message>], random: &mut Random, message: Message| {
        let place = random.below(files[other].len() + 1);
        files[other].insert(place, message);
    };
    match fault {
        Fault::None => vec![],
        Fault::Removed => {
            files[file].remove(place);
            lack_of(&message)
        }
        Fault::Doubled => {
            put(files, random, message.clone());
            vec![format!("doubled {}", message.position())]
        }
        Fault::Changed => {
            let said = String::from_utf8(message.line.clone()).unwrap();
            // All schemas have the host, the program or the field.
            let changed = said.replacen("\\\"é\\\"", "\\\"è\\\"", 1);
            assert_ne!(said, changed, "{schema}");
            let line = changed.into_bytes();
            put(
                files,
                random,
                Message {
                    line,
                    ..message.clone()
                },
            );
            vec![format!("contradictory {}", message.position())]
        }
        Fault::Torn | Fault::TornAtTheEnd => {
            let mut torn = files[file].remove(place);
            // All but the last brace may be there; the first one is.
            let length = 1 + random.below(torn.line.len() - 2);
            torn.line.truncate(length);
            let line = match fault {
                Fault::Torn => {
                    torn.line.push(b'\n');
                    files[file].insert(place, torn);
                    place
                }
                _ => {
                    files[file].push(torn);
                    files[file].len() - 1
                }
            };
            let mut found = vec![format!("not-a-record {file}.log:{}", line + 1)];
            found.extend(lack_of(&message));
            found
        }
        Fault::Moved => {
            let message = files[file].remove(place);
            put(files, random, message);
            vec![]
        }
        Fault::AfterTheEnd => {
            let all = files.concat();
            let ends: Vec<&Message> = all.iter().filter(|m| m.is_end || m.is_alone).collect();
            if ends.is_empty() {
                return vec![];
            }
            let end = ends[random.below(ends.len())];
            let mut late = end.clone();
            *late.level.last_mut().unwrap() += 1 + random.below(3) as u64;
            late.line = line(schema, &late.task, &late.level, What::Message, 7);
            put(files, random, late.clone());
            vec![format!("after-end {}", late.position())]
        }
    }
}

/// Takes off what is said of a line, and of two that differ.
fn without_reason(finding: &str) -> String {
    let kind = finding.split(' ').next().unwrap();
    match (kind, finding.split_once(": ")) {
        ("not-a-record" | "contradictory", Some((place, _))) => place.to_owned(),
        _ => finding.to_owned(),
    }
}

#[test]
fn each_of_a_thousand_random_faults_is_named_and_nothing_else() {
    let folder = Folder::new("faults");
    for seed in 0..1000 {
        let mut random = Random(seed);
        let schema = Schema::ALL[random.below(Schema::ALL.len())];
        let fault = FAULTS[random.below(FAULTS.len())];
        let mut files = vec![Vec::new(); 1 + random.below(3)];
        let in_order = random.below(2) == 0;
        for message in tasks(&mut random, schema) {
            let file: usize = random.below(files.len());
            let place = match in_order {
                true => files[file].len(),
                false => random.below(files[file].len() + 1),
            };
            files[file].insert(place, message);
        }

        let mut expected = plant(fault, &mut files, schema, &mut random);

        let mut arguments = vec!["audit".to_owned()];
        for (name, messages) in files.iter().enumerate() {
            let lines: Vec<&[u8]> = messages.iter().map(|message| &message.line[..]).collect();
            folder.file(&format!("{name}.log"), lines.concat());
            arguments.push(format!("{name}.log"));
        }
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let output = run_in(&folder.0, &arguments);

        let mut found: Vec<String> = stdout(&output).lines().map(without_reason).collect();
        found.sort();
        expected.sort();
        assert_eq!(found, expected, "seed {seed}, {schema}, {fault:?}");
        let status = match expected.is_empty() {
            // The only message was removed.
            true if files.iter().all(Vec::is_empty) => 2,
            is_whole => i32::from(!is_whole),
        };
        assert_eq!(
            output.status.code(),
            Some(status),
            "seed {seed}, {schema}, {fault:?}"
        );
    }
}

/// The lines that `cargo run --example sell_order -- --schema eliot --orders 2` wrote.
fn orders() -> Vec<(String, Vec<Vec<u8>>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sell_order");
    let names = ["gateway.log", "market.log", "orders.log"];
    let read = |name: &str| {
        let log = std::fs::read(folder.join(name)).unwrap();
        let lines = log
            .split_inclusive(|byte| *byte == b'\n')
            .map(<[u8]>::to_vec);
        (name.to_owned(), lines.collect())
    };
    names.map(read).to_vec()
}

fn position(line: &[u8]) -> (String, Vec<u64>) {
    let glance = Glance::parse(line).unwrap();
    let (task, level) = glance.place().unwrap();
    (task.to_string(), level.numbers().to_vec())
}

#[test]
fn each_line_of_sell_order_that_is_removed_doubled_torn_or_moved_is_named() {
    let folder = Folder::new("faults-orders");
    let whole = orders();
    let audit = |logs: &[(String, Vec<Vec<u8>>)]| {
        for (name, lines) in logs {
            folder.file(name, lines.concat());
        }
        let output = run_in(&folder.0, &["audit", "."]);
        let found: Vec<String> = stdout(&output).lines().map(without_reason).collect();
        (found, output.status.code())
    };
    assert_eq!(audit(&whole), (vec![], Some(0)));

    for log in 0..whole.len() {
        for line in 0..whole[log].1.len() {
            let (task, level) = position(&whole[log].1[line]);
            let text = String::from_utf8(whole[log].1[line].clone()).unwrap();
            let is_end = text.contains(r#""action_status":"succeeded""#);
            let message = Message {
                task,
                level,
                is_end,
                is_alone: false,
                line: vec![],
            };

            let mut removed = whole.clone();
            removed[log].1.remove(line);
            assert_eq!(audit(&removed), (lack_of(&message), Some(1)));

            let mut moved = removed.clone();
            moved[(log + 1) % 3].1.push(whole[log].1[line].clone());
            assert_eq!(audit(&moved), (vec![], Some(0)));

            let mut torn = whole.clone();
            torn[log].1[line].truncate(20);
            torn[log].1[line].push(b'\n');
            let bad = format!("not-a-record ./{}:{}", whole[log].0, line + 1);
            let expected = [vec![bad], lack_of(&message)].concat();
            assert_eq!(audit(&torn), (expected, Some(1)));

            let mut doubled = whole.clone();
            doubled[(log + 1) % 3].1.push(whole[log].1[line].clone());
            let expected = vec![format!("doubled {}", message.position())];
            assert_eq!(audit(&doubled), (expected, Some(1)));
        }
    }
}
