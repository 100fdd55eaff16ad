//! The lines that the pages of the schemas show are what is written.
//!
//! `TASKTRAIL_GOLDEN=write` makes the files anew, to be read before they are kept; the pages show
//! the same lines.

#![expect(clippy::unwrap_used, reason = "in a test, what fails should stop it")]

use std::fs;
use std::path::Path;
use std::time::Duration;

use tasktrail_record::{
    Drawing, Failure, Line, LineBuffer, LineKind, OpenSpans, Place, Process, Schema, Severity,
    Site, Timestamp, encode,
};

/// Writes the start of an action, an event in it, and its end, which failed.
fn lines(schema: Schema) -> String {
    let site = |severity, line, logger| {
        schema.site(&Site {
            severity,
            logger,
            file: Some("src/packing.rs"),
            line: Some(line),
            module: Some("shop::packing"),
        })
    };
    let span = site(Severity::Info, 12, "shop");
    let event = site(Severity::Info, 14, "shop::packing");
    let failed = site(Severity::Error, 12, "shop");
    let field = |name: &str, write: &dyn Fn(&mut Vec<u8>)| {
        let mut out = Vec::new();
        schema.write_field(name, write, &mut out);
        out
    };
    let service = field("service", &|out| encode::string("shop", out));
    let id = field("id", &|out| encode::integer(17, out));
    let boxes = field("boxes", &|out| encode::integer(1, out));
    let mut spans = OpenSpans::default();
    spans.enter(b"order", b"\"id\":17,");
    let failure = Failure {
        exception: "std::io::error::Error".to_owned(),
        reason: "broken pipe".to_owned(),
        sources: vec!["no paper".to_owned()],
        ..Failure::default()
    };
    let process = schema.process(Process {
        host: "till-3",
        name: "shop",
        id: 4711,
        started: Timestamp::from_epoch(Duration::from_micros(1_795_356_603_899_453)),
    });
    let thread = schema.thread(1, "main");
    let all_fields = schema.repeats_span_fields();
    let own = |fields| if all_fields { b"".as_slice() } else { fields };

    let mut text = String::new();
    let mut buffer = LineBuffer::default();
    let action = b"order";
    for (micros, number, site, kind, fields) in [
        (485, 1, &span, LineKind::Start { action }, own(&id)),
        (
            798,
            2,
            &event,
            LineKind::Event {
                name: None,
                message: Some(b"packed"),
                fallback: b"shop::packing",
            },
            boxes.as_slice(),
        ),
        (
            865,
            3,
            &failed,
            LineKind::End {
                action,
                failure: Some(&failure),
            },
            b"".as_slice(),
        ),
    ] {
        let line = Line {
            time: Timestamp::from_epoch(Duration::from_micros(1_795_356_603_911_000 + micros)),
            place: Some(Place {
                task_uuid: "e2f19600-4c2a-456f-a6a6-597acd3b9637",
                action: "",
                number,
                span_id: None,
            }),
            kind,
            site,
            thread: &thread,
            process: &process,
            function: b"order",
            constants: &service,
            context: if all_fields { &id } else { b"" },
            fields,
            spans: Some(&spans),
        };
        schema.write(&line, &mut buffer);
        text.push_str(std::str::from_utf8(buffer.line()).unwrap());
    }
    text
}

#[test]
fn each_page_shows_the_lines_that_are_written() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let golden = |schema| root.join(format!("tests/golden/schemas/{schema}.jsonl"));
    if std::env::var_os("TASKTRAIL_GOLDEN").is_some_and(|value| value == "write") {
        fs::create_dir_all(root.join("tests/golden/schemas")).unwrap();
        for schema in Schema::ALL {
            fs::write(golden(schema), lines(schema)).unwrap();
        }
    }
    for schema in Schema::ALL {
        let written = lines(schema);

        let kept = fs::read_to_string(golden(schema)).unwrap();
        let page = fs::read_to_string(root.join(format!("docs/schemas/{schema}.md"))).unwrap();

        assert_eq!(written, kept, "{schema}");
        assert!(
            page.contains(&format!("```json\n{kept}```\n")),
            "docs/schemas/{schema}.md does not show tests/golden/schemas/{schema}.jsonl"
        );
    }
}

#[test]
fn the_lines_of_each_page_are_drawn_as_one_tree() {
    for schema in Schema::ALL {
        let drawn = Drawing::new()
            .draw_logs([lines(schema).as_bytes()])
            .unwrap();

        let names: Vec<&str> = drawn
            .lines()
            .filter_map(|line| line.split(" 2026").next())
            .map(|line| line.trim_start_matches(['├', '└', '│', '─', ' ']))
            .filter(|line| {
                ["order", "packed", "id", "boxes"]
                    .iter()
                    .any(|name| line.starts_with(name))
            })
            .collect();
        // GELF forbids a field `id`.
        let id = match schema {
            Schema::Gelf => "id_: 17",
            _ => "id: 17",
        };
        assert_eq!(
            names,
            [
                "order/1 ⇒ started",
                id,
                "packed/2",
                "boxes: 1",
                "order/3 ⇒ failed",
            ],
            "{schema}: {drawn}"
        );
    }
}
