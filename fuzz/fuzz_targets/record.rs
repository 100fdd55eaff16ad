//! Any bytes are read as a record or refused; what was read is written and read back as the same,
//! and in each other schema as a record of that schema.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tasktrail_record::{Loss, Record, Schema, Trees};

fuzz_target!(|bytes: &[u8]| {
    let mut trees = Trees::new();
    for line in bytes.split(|byte| *byte == b'\n') {
        let Ok(record) = Record::parse(line) else {
            continue;
        };
        let mut written = Vec::new();
        record.write(&mut written);
        let again = Record::parse(written.trim_ascii_end()).expect("what was written can be read");
        // Keys come in the order of the schema, so from then on nothing changes any more.
        let mut rewritten = Vec::new();
        again.write(&mut rewritten);
        assert_eq!(
            String::from_utf8_lossy(&rewritten),
            String::from_utf8_lossy(&written),
            "{}",
            String::from_utf8_lossy(line)
        );
        for schema in Schema::ALL {
            let mut converted = Vec::new();
            if record
                .write_as(schema, &mut converted)
                .contains(&Loss::NoTask)
            {
                continue;
            }
            let read = Record::parse(converted.trim_ascii_end());
            let converted = String::from_utf8_lossy(&converted);
            let read = read.unwrap_or_else(|error| panic!("{error}: {converted}"));
            assert_eq!(read.schema(), schema, "{converted}");
            assert_eq!(read.repeated_keys(), 0, "{converted}");
            assert_eq!(read.level(), record.level(), "{converted}");
        }
        let _ = trees.add(record);
    }
});
