//! Which logs are read, and what is told of them.

use std::io::Write;

use crate::LOG;
use crate::run::{Folder, assert_outcome, run_in, run_with, stderr, stdout};

#[test]
fn bad_lines_are_told_with_their_places_and_the_others_are_read() {
    let folder = Folder::new("query-bad");
    folder.file("good", LOG);
    folder.file("bad", [LOG, &"oops\n".repeat(12), LOG, "{\"a"].concat());

    let output = run_in(&folder.0, &["query", "--count", "good", "bad"]);

    assert_eq!(stdout(&output), "21\n");
    assert_eq!(output.status.code(), Some(1));
    let told: Vec<&str> = stderr(&output).lines().collect();
    assert_eq!(told.len(), 11);
    assert_eq!(told[0], "bad:8: expected a value, found 'o' at column 1");
    assert_eq!(told[9], "bad:17: expected a value, found 'o' at column 1");
    assert_eq!(told[10], "bad: 3 more lines are bad");

    folder.file("torn", [LOG, "{\"a"].concat());
    let output = run_in(&folder.0, &["query", "--count", "torn"]);
    assert_outcome(
        &output,
        1,
        "7\n",
        "torn:8: expected '\"' at the end of a text, found the end of the line at column 4; \
         the last line has no line break: it is torn, or still being written\n",
    );
    let long = format!("{LOG}{{\"x\":\"{}\"}}\n{LOG}", "x".repeat(3_000_000));
    let arguments = ["query", "--count", "--longest-line", "1000"];
    let output = run_with(long.as_bytes(), &arguments);
    assert_outcome(
        &output,
        1,
        "14\n",
        "<stdin>:8: expected a line of at most 1000 bytes, found 3000008\n",
    );
}

#[test]
fn a_bad_line_is_counted_from_the_start_of_its_log_over_all_chunks() {
    let folder = Folder::new("query-chunks");
    let log = LOG.repeat(3_000) + "oops\n";
    folder.file("a", &log);
    folder.file("b", LOG.repeat(3_000) + &log);

    let output = run_in(&folder.0, &["query", "--count", "a", "b"]);

    assert_outcome(
        &output,
        1,
        "63000\n",
        "a:21001: expected a value, found 'o' at column 1\n\
         b:42001: expected a value, found 'o' at column 1\n",
    );
}

#[test]
fn logs_are_read_through_their_compression_and_out_of_folders() {
    let folder = Folder::new("query-compressed");
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(LOG.as_bytes()).unwrap();
    folder.file("logs/a.gz", gzip.finish().unwrap());
    folder.file("logs/b/c.zst", zstd::encode_all(LOG.as_bytes(), 0).unwrap());

    let output = run_in(&folder.0, &["query", "logs"]);

    assert_outcome(&output, 0, &LOG.repeat(2), "");
}

#[test]
fn a_log_that_cannot_be_read_is_told_and_the_others_are_read() {
    let folder = Folder::new("query-unreadable");
    folder.file("good", LOG);

    let output = run_in(&folder.0, &["query", "no-such-log", "good"]);

    assert_eq!(stdout(&output), LOG);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).starts_with("no-such-log: can't be opened: "));
}
