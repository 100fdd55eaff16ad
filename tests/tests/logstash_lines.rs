//! Our Logstash lines have the keys, the order and the types of what the real
//! `logstash_formatter` prints for the same records.

use tasktrail_tests::{Folder, Peers, program};

const TARGET: &str = env!("CARGO_TARGET_TMPDIR");

#[test]
fn our_lines_have_the_shape_of_those_of_logstash_formatter() {
    let Some(peers) = Peers::find(TARGET) else {
        return;
    };
    let folder = Folder::new(TARGET, "logstash_lines");
    for schema in ["logstash", "logstash-v0"] {
        let ours = folder.file(&format!("ours.{schema}.log"));
        let theirs = folder.file(&format!("theirs.{schema}.log"));

        program(env!("CARGO_BIN_EXE_logstash_lines"), &[&schema, &ours]);
        peers.python("logstash_lines.py", &[&schema, &theirs]);

        let ours = peers.python("shape.py", &[&ours]).stdout;
        let theirs = peers.python("shape.py", &[&theirs]).stdout;
        for (number, (ours, theirs)) in (1..).zip(ours.lines().zip(theirs.lines())) {
            assert_eq!(ours, theirs, "line {number} of the shapes of {schema}");
        }
        assert_eq!(ours, theirs, "{schema}");
    }
}
