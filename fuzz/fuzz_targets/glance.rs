//! A glance at any bytes says what their record says, and an audit takes whatever it says.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tasktrail_record::{Audit, Glance, GlanceKind, Kind, Record, Seen};

fuzz_target!(|bytes: &[u8]| {
    let mut audit = Audit::new().memory(4096);
    for line in bytes.split(|byte| *byte == b'\n') {
        let (glance, record) = match (Glance::parse(line), Record::parse(line)) {
            (Ok(glance), Ok(record)) => (glance, record),
            (glance, record) => {
                assert_eq!(glance.err(), record.err(), "{}", String::from_utf8_lossy(line));
                continue;
            }
        };
        assert_eq!(glance.schema(), record.schema());
        let place = glance.place().map(|(task, level)| (task.to_string(), level.clone()));
        let expected = record.task().map(str::to_owned).zip(record.level().cloned());
        assert_eq!(place, expected, "{}", String::from_utf8_lossy(line));
        match (glance.kind(), record.kind()) {
            (GlanceKind::Start { action_type: one }, Kind::Start { action_type: other })
            | (GlanceKind::End { action_type: one }, Kind::End { action_type: other, .. }) => {
                assert_eq!(one, other);
            }
            (GlanceKind::Message, Kind::Message { .. }) => {}
            (one, other) => panic!("{one:?} {other:?}"),
        }
        if let Some(seen) = Seen::new(&glance, line) {
            audit.add(seen);
        }
    }
    let _ = audit.finish().findings().iter().map(ToString::to_string).count();
});
