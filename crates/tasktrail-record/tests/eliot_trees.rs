//! The logs that real Eliot wrote, drawn as real eliot-tree drew them.

use std::fs::{self, File};
use std::io::BufReader;
use std::path::Path;

use tasktrail_record::{Charset, Drawing};

#[test]
fn each_log_is_drawn_as_eliot_tree_draws_it() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/conformance/eliot");
    let mut compared = 0;
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        let (stem, charset) = match name.strip_suffix(".tree.txt") {
            Some(stem) => (stem, Charset::Unicode),
            None => match name.strip_suffix(".ascii.txt") {
                Some(stem) => (stem, Charset::Ascii),
                None => continue,
            },
        };
        let log = File::open(folder.join(stem).with_extension("log")).unwrap();

        let drawn = Drawing::new()
            .charset(charset)
            .draw_logs([BufReader::new(log)])
            .unwrap();

        assert_eq!(drawn, fs::read_to_string(&path).unwrap(), "{name}");
        compared += 1;
    }
    assert_eq!(compared, 38);
}
