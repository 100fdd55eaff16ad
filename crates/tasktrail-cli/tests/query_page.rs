//! What docs/query.md shows is what the command prints.
#![expect(
    clippy::unwrap_used,
    reason = "clippy.toml allows it in tests, but not in what they share"
)]

mod run;

use std::fs;
use std::path::Path;

use run::{run_in, stderr, stdout};

#[test]
fn each_example_of_the_page_is_what_the_command_prints() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(here.join("../../docs/query.md")).unwrap();

    let mut shown = 0;
    for example in page.split("```console\n$ tasktrail ").skip(1) {
        let (example, _) = example.split_once("```").unwrap();
        let (arguments, expected) = example.split_once('\n').unwrap();
        // A shell takes the quotes away.
        let arguments: Vec<&str> = arguments
            .split(' ')
            .map(|argument| argument.trim_matches('\''))
            .collect();
        let output = run_in(&here.join("tests/trail"), &arguments);

        let seen = stdout(&output).to_owned() + stderr(&output);
        assert_eq!(seen, expected, "{arguments:?}");
        shown += 1;
    }
    assert_eq!(shown, 9);
}
