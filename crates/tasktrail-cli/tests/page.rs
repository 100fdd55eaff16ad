//! What docs/command.md shows is what the command prints.
#![expect(
    clippy::unwrap_used,
    reason = "clippy.toml allows it in tests, but not in what they share"
)]

mod run;

use std::fs;
use std::path::Path;

use run::{Folder, goldens, run_in, stderr, stdout};

#[test]
fn each_example_of_the_page_is_what_the_command_prints() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let page = fs::read_to_string(root.join("docs/command.md")).unwrap();
    let folder = Folder::new("page");
    for name in ["client.log", "server.log"] {
        let log = fs::read(goldens().join(format!("cross_process_{name}"))).unwrap();
        folder.file(name, log);
    }

    let mut shown = 0;
    for example in page.split("```console\n$ tasktrail ").skip(1) {
        let (example, _) = example.split_once("```").unwrap();
        let (arguments, expected) = example.split_once('\n').unwrap();
        let (arguments, to_file) = match arguments.split_once(" > ") {
            Some((arguments, _)) => (arguments, true),
            None => (arguments, false),
        };
        let arguments: Vec<&str> = arguments.split(' ').collect();
        let output = run_in(&folder.0, &arguments);

        let seen = match to_file {
            true => stderr(&output).to_owned(),
            false => stdout(&output).to_owned() + stderr(&output),
        };
        assert_eq!(seen, expected, "{arguments:?}");
        shown += 1;
    }
    assert_eq!(shown, 4);
}
