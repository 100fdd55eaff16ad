//! Any bytes are read as a record or refused; what was read is written and read back as the same.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tasktrail_record::{Record, Trees};

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
        let _ = trees.add(record);
    }
});
