//! Any names and values make a valid line of each schema, without a key twice, that is read back.

#![no_main]

use std::collections::BTreeMap;
use std::time::Duration;

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use tasktrail_record::{
    Line, LineBuffer, LineKind, Place, Process, Record, Schema, Severity, Site, Timestamp, encode,
};

#[derive(Debug, Arbitrary)]
struct Input {
    fields: BTreeMap<String, Value>,
    message: Option<String>,
    name: Option<String>,
    thread: String,
    target: String,
    seconds: u32,
    nanoseconds: u32,
    in_task: bool,
}

#[derive(Debug, Arbitrary)]
enum Value {
    Text(String),
    Whole(i128),
    Float(f64),
    Flag(bool),
}

impl Value {
    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Text(text) => encode::string(text, out),
            Self::Whole(number) => encode::wide(*number, out),
            Self::Float(number) => encode::float(*number, out),
            Self::Flag(flag) => encode::boolean(*flag, out),
        }
    }
}

fuzz_target!(|input: Input| {
    for schema in Schema::ALL {
        let mut fields = Vec::new();
        let mut shown = std::collections::BTreeSet::new();
        for (name, value) in &input.fields {
            let name = schema.field_name(name);
            assert!(shown.insert(name.clone()), "{schema}: {name} stands for two names");
            schema.write_field(&name, |out| value.write(out), &mut fields);
        }
        let escaped = |text: &str| {
            let mut out = Vec::new();
            encode::escaped(text, &mut out);
            out
        };
        let (message, name) = (input.message.as_deref().map(escaped), input.name.as_deref().map(escaped));
        let time = Duration::new(input.seconds.into(), input.nanoseconds % 1_000_000_000);
        let site = schema.site(&Site {
            severity: Severity::Info,
            logger: &input.target,
            file: Some(&input.target),
            line: Some(7),
            module: None,
        });
        let thread = schema.thread(1, &input.thread);
        let process = schema.process(Process {
            host: &input.thread,
            name: &input.target,
            id: 1,
            started: Timestamp::from_epoch(Duration::ZERO),
        });
        let line = Line {
            time: Timestamp::from_epoch(time),
            place: input.in_task.then_some(Place {
                task_uuid: "192f76ea-915e-4131-95dc-da28c6bcdbb5",
                action: "2,1,",
                number: 3,
                span_id: None,
            }),
            kind: LineKind::Event {
                name: name.as_deref(),
                message: message.as_deref(),
                fallback: b"somewhere",
            },
            site: &site,
            thread: &thread,
            process: &process,
            function: b"",
            constants: b"",
            context: b"",
            fields: &fields,
            spans: None,
        };
        let mut buffer = LineBuffer::default();
        schema.write(&line, &mut buffer);

        let (end, text) = buffer.line().split_last().expect("a line is not empty");
        assert_eq!(*end, b'\n');
        assert!(!text.iter().any(|byte| *byte < b' '), "{schema}: a raw control character");
        let text = std::str::from_utf8(text).expect("a line is UTF-8");
        serde_json::from_str::<serde_json::Value>(text).expect("a line is JSON");
        if schema == Schema::Eliot && !input.in_task {
            // By its task a line of Eliot's is known.
            continue;
        }
        let record = Record::parse(text.as_bytes()).expect("a line is a record");
        assert_eq!(record.schema(), schema, "{text}");
        assert_eq!(record.repeated_keys(), 0, "{text}");
        assert_eq!(record.task_id().is_some(), input.in_task, "{text}");
    }
});
