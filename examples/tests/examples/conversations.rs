//! The examples that talk to themselves: over a WebSocket, and over gRPC.

use std::collections::HashSet;

use tasktrail_record::{Drawing, Records, Trees};

use crate::{assert_golden, example, text, without_measures, without_times};

#[test]
fn a_conversation_over_a_websocket_is_one_task() {
    let lines = lines("websocket");

    assert_one_task(&lines);
    assert_golden("websocket.txt", &drawn(&lines));
}

#[test]
fn grpc_tells_in_a_trailer_what_failed() {
    let lines = lines("greeter");

    assert_one_task(&lines);
    assert_golden("greeter.txt", &drawn(&lines));
}

fn lines(name: &str) -> String {
    let output = example(name).output().unwrap();
    assert!(output.status.success(), "{}", text(output.stderr));
    text(output.stdout)
}

/// All lines are of one task, without gap and double.
fn assert_one_task(lines: &str) {
    let mut positions = HashSet::new();
    let mut trees = Trees::new();
    let mut complete = 0;
    for record in Records::new(lines.as_bytes()) {
        let record = record.unwrap();
        let position = record.position().unwrap();
        assert!(
            positions.insert(position.clone()),
            "{position} stands twice"
        );
        complete += usize::from(trees.add(record).unwrap().is_some());
    }
    assert_eq!((complete, trees.finish().count()), (1, 0), "{lines}");
}

fn drawn(lines: &str) -> String {
    let tree = Drawing::new().draw_logs([lines.as_bytes()]).unwrap();
    without_measures(&without_times(&tree))
}
