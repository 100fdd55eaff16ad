use proptest::prelude::*;

use super::*;

fn record(level: &[u64], rest: &str) -> Record {
    let line = format!(r#"{{"task_uuid":"t","task_level":{level:?},"timestamp":1.5,{rest}}}"#);
    Record::parse(line.as_bytes()).unwrap()
}

fn start(level: &[u64], name: &str) -> Record {
    record(
        level,
        &format!(r#""action_type":"{name}","action_status":"started""#),
    )
}

fn end(level: &[u64], name: &str) -> Record {
    record(
        level,
        &format!(r#""action_type":"{name}","action_status":"succeeded""#),
    )
}

fn message(level: &[u64], name: &str) -> Record {
    record(level, &format!(r#""message_type":"{name}""#))
}

/// Draws what is complete, in that order, and then what is not.
fn drawn(records: impl IntoIterator<Item = Record>) -> (String, String) {
    let mut trees = Trees::new();
    let mut complete = String::new();
    for record in records {
        if let Some(tree) = trees.add(record).unwrap() {
            assert!(tree.is_complete());
            complete += &tree.to_string();
        }
    }
    let incomplete = trees.finish().map(|tree| {
        assert!(!tree.is_complete());
        tree.to_string()
    });
    (complete, incomplete.collect())
}

/// The lines of a tree without their times, which are all the same.
fn outline(drawing: &str) -> Vec<&str> {
    drawing
        .lines()
        .map(|line| line.split(" 1970").next().unwrap_or_default())
        .collect()
}

fn small_task() -> Vec<Record> {
    vec![
        start(&[1], "outer"),
        message(&[2], "said"),
        start(&[3, 1], "inner"),
        start(&[3, 2, 1], "innermost"),
        end(&[3, 2, 2], "innermost"),
        end(&[3, 3], "inner"),
        message(&[4], "said again"),
        end(&[5], "outer"),
    ]
}

const SMALL_TASK: &str = "\
t
└── outer/1 ⇒ started 1970-01-01 00:00:01Z ⧖ 0.000s
    ├── said/2 1970-01-01 00:00:01Z
    ├── inner/3/1 ⇒ started 1970-01-01 00:00:01Z ⧖ 0.000s
    │   ├── innermost/3/2/1 ⇒ started 1970-01-01 00:00:01Z ⧖ 0.000s
    │   │   └── innermost/3/2/2 ⇒ succeeded 1970-01-01 00:00:01Z
    │   └── inner/3/3 ⇒ succeeded 1970-01-01 00:00:01Z
    ├── said again/4 1970-01-01 00:00:01Z
    └── outer/5 ⇒ succeeded 1970-01-01 00:00:01Z

";

proptest! {
    #[test]
    fn a_task_is_complete_with_its_last_message_in_any_order(
        records in Just(small_task()).prop_shuffle(),
    ) {
        prop_assert_eq!(drawn(records), (SMALL_TASK.to_owned(), String::new()));
    }

    #[test]
    fn a_task_that_lacks_a_message_is_never_complete(
        records in Just(small_task()).prop_shuffle(),
        missing in 0_usize..8,
    ) {
        let mut records = records;
        records.remove(missing);

        let (complete, incomplete) = drawn(records);

        prop_assert_eq!(complete, "");
        prop_assert_ne!(incomplete, SMALL_TASK);
    }

    #[test]
    fn messages_that_come_twice_before_the_last_change_nothing(
        records in Just(small_task()).prop_shuffle(),
        twice in 0_usize..7,
    ) {
        let again = records[twice].clone();
        let mut records = records;
        records.insert(7, again);

        prop_assert_eq!(drawn(records), (SMALL_TASK.to_owned(), String::new()));
    }
}

#[test]
fn what_comes_late_opens_an_incomplete_task_of_the_same_name() {
    let late = [message(&[2], "late"), end(&[5], "outer")];

    let (complete, incomplete) = drawn(small_task().into_iter().chain(late));

    assert_eq!(complete, SMALL_TASK);
    assert_eq!(
        outline(&incomplete),
        [
            "t",
            "└── <unnamed>",
            "    ├── late/2",
            "    └── outer/5 ⇒ succeeded",
            ""
        ]
    );
}

#[test]
fn the_last_message_with_a_position_wins() {
    let records = [
        start(&[1], "first"),
        message(&[2], "first"),
        message(&[2], "second"),
        start(&[1], "second"),
        end(&[3], "second"),
    ];

    let (complete, _) = drawn(records);

    assert_eq!(
        outline(&complete),
        [
            "t",
            "└── second/1 ⇒ started",
            "    ├── second/2",
            "    └── second/3 ⇒ succeeded",
            ""
        ]
    );
}

#[test]
fn a_message_at_the_place_of_an_action_hides_it_until_it_says_more() {
    let mut trees = Trees::new();
    let mut add = |record| trees.add(record).unwrap();

    assert!(add(start(&[1], "a")).is_none());
    assert!(add(start(&[2, 1], "b")).is_none());
    assert!(add(message(&[2], "hides b")).is_none());
    assert!(add(message(&[3], "c")).is_none());
    assert!(add(end(&[2, 2], "b")).is_none());
    let tree = add(end(&[4], "a")).unwrap();

    assert_eq!(outline(&tree.to_string())[2], "    ├── b/2/1 ⇒ started");
    let hidden = [
        start(&[1], "a"),
        start(&[2, 1], "b"),
        message(&[2], "hides b"),
        end(&[3], "a"),
    ];
    let (complete, _) = drawn(hidden);
    assert_eq!(outline(&complete)[2], "    ├── hides b/2");
}

#[test]
fn a_message_outside_of_actions_is_a_task_whatever_else_has_its_name() {
    let (complete, incomplete) = drawn([start(&[1], "open"), message(&[1], "alone")]);

    assert_eq!(outline(&complete), ["t", "└── alone/1", ""]);
    assert_eq!(outline(&incomplete), ["t", "└── open/1 ⇒ started", ""]);
}

#[test]
fn incomplete_tasks_come_in_the_order_in_which_they_were_first_seen() {
    let mut trees = Trees::new();
    let tasks: Vec<String> = (0..50).map(|n| format!("task {}", n * 7 % 50)).collect();
    for task in tasks.iter().chain(tasks.iter().rev()) {
        let line = format!(r#"{{"task_uuid":"{task}","task_level":[2],"timestamp":1}}"#);
        trees.add(Record::parse(line.as_bytes()).unwrap()).unwrap();
    }

    let found: Vec<String> = trees.finish().map(|tree| tree.task().to_owned()).collect();

    assert_eq!(found, tasks);
}

#[test]
fn an_end_of_another_name_is_refused_and_changes_nothing() {
    let mut trees = Trees::new();
    trees.add(start(&[1], "sell")).unwrap();

    let error = trees.add(end(&[2], "buy")).unwrap_err();
    let after = trees.add(end(&[2], "sell")).unwrap().unwrap();

    assert_eq!(
        error.to_string(),
        "expected the end at /2 to have the action_type \"sell\" of its action, found \"buy\""
    );
    assert_eq!(outline(&after.to_string())[2], "    └── sell/2 ⇒ succeeded");
}

#[test]
fn a_record_without_a_task_is_refused() {
    let line = br#"{"@timestamp":"2026-11-22T04:39:32.633Z","@version":1,"message":"m"}"#;

    let error = Trees::new().add(Record::parse(line).unwrap()).unwrap_err();

    assert_eq!(
        error.to_string(),
        "expected task_uuid, found a line that has no task_uuid"
    );
}

#[test]
fn a_task_may_be_a_thousand_actions_deep_and_come_backwards() {
    let deep = |depth: usize, last: u64| {
        let mut level = vec![2; depth];
        level.push(last);
        level
    };
    let starts = (0..1000).map(|depth| start(&deep(depth, 1), "a"));
    let ends = (0..1000).map(|depth| end(&deep(depth, if depth == 999 { 2 } else { 3 }), "a"));

    let (complete, incomplete) = drawn(ends.chain(starts));

    assert_eq!(complete.lines().count(), 2002);
    assert_eq!(incomplete, "");
}

#[test]
fn a_level_may_have_ten_thousand_numbers() {
    struct Count(usize);
    impl std::io::Write for Count {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 += bytes.iter().filter(|byte| **byte == b'\n').count();
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut trees = Trees::new();
    trees.add(message(&[2; 10_000], "far down")).unwrap();
    let tree = trees.finish().next().unwrap();

    let mut lines = Count(0);
    Drawing::new().draw(&tree, &mut lines).unwrap();

    // The task, 10,000 actions, the message, the empty line.
    assert_eq!(lines.0, 10_003);
}

fn logstash(level: &[u64], rest: &str) -> Record {
    let line = format!(
        r#"{{"@timestamp":"1970-01-01T00:00:01.500Z","@version":1,"name":"n","created":1.5,"task_uuid":"t","task_level":{level:?},{rest}}}"#
    );
    Record::parse(line.as_bytes()).unwrap()
}

#[test]
fn what_logstash_lines_repeat_is_drawn_where_it_was_set_first() {
    let records = [
        r#"[1] "order":7,"user":"ann","action_type":"sell","action_status":"started","message":"sell started""#,
        r#"[2] "order":7,"user":"ann","price":{"eur":1},"message":"asked""#,
        r#"[3,1] "order":8,"user":"ann","action_type":"pay","action_status":"started","message":"pay started""#,
        r#"[3,2] "order":8,"user":"ann","how":"cash","message":"paid""#,
        r#"[3,3] "order":7,"user":"ann","message":"outer order again""#,
        r#"[3,4] "order":8,"user":"ann","action_type":"pay","action_status":"failed","reason":"poor","message":"pay failed""#,
        r#"[4] "order":8,"message":"another order""#,
        r#"[5] "order":7,"user":"bob","action_type":"sell","action_status":"succeeded","message":"sell succeeded""#,
    ]
    .map(|line| {
        let (level, rest) = line.split_once(' ').unwrap();
        let level: Vec<u64> = level
            .trim_matches(['[', ']'])
            .split(',')
            .map(|number| number.parse().unwrap())
            .collect();
        logstash(&level, rest)
    });

    let (complete, _) = drawn(records);

    assert_eq!(
        complete,
        "\
t
└── sell/1 ⇒ started 1970-01-01 00:00:01Z ⧖ 0.000s
    ├── order: 7
    ├── user: ann
    ├── asked/2 1970-01-01 00:00:01Z
    │   └── price: 
    │       └── eur: 1
    ├── pay/3/1 ⇒ started 1970-01-01 00:00:01Z ⧖ 0.000s
    │   ├── order: 8
    │   ├── paid/3/2 1970-01-01 00:00:01Z
    │   │   └── how: cash
    │   ├── outer order again/3/3 1970-01-01 00:00:01Z
    │   │   └── order: 7
    │   └── pay/3/4 ⇒ failed 1970-01-01 00:00:01Z
    │       └── reason: poor
    ├── another order/4 1970-01-01 00:00:01Z
    │   └── order: 8
    └── sell/5 ⇒ succeeded 1970-01-01 00:00:01Z
        └── user: bob

"
    );
}

#[test]
fn what_eliot_lines_repeat_is_drawn_each_time() {
    let repeated = || record(&[2], r#""x":1,"message_type":"m""#);
    let end = || end(&[3], "a");
    let eliot = record(&[1], r#""x":1,"action_type":"a","action_status":"started""#);
    let other = logstash(
        &[1],
        r#""x":1,"action_type":"a","action_status":"started","message":"a started""#,
    );

    for start in [eliot, other] {
        let (complete, _) = drawn([start, repeated(), end()]);

        assert_eq!(complete.matches("x: 1").count(), 2, "{complete}");
    }
}

#[test]
fn fields_of_a_logstash_line_are_drawn_whatever_eliot_calls_its_own_keys() {
    let records = [logstash(
        &[1],
        r#""timestamp":"t","message_type":"m","message":"text""#,
    )];

    let (complete, _) = drawn(records);

    assert_eq!(
        outline(&complete),
        [
            "t",
            "└── text/1",
            "    ├── message_type: m",
            "    └── timestamp: t",
            ""
        ]
    );
}

#[test]
fn both_schemas_meet_in_one_task() {
    let records = [
        start(&[1], "client"),
        logstash(
            &[2, 1],
            r#""action_type":"server","action_status":"started","message":"server started""#,
        ),
        logstash(
            &[2, 2],
            r#""action_type":"server","action_status":"succeeded","message":"server succeeded""#,
        ),
        end(&[3], "client"),
    ];

    let (complete, _) = drawn(records);

    assert_eq!(
        outline(&complete),
        [
            "t",
            "└── client/1 ⇒ started",
            "    ├── server/2/1 ⇒ started",
            "    │   └── server/2/2 ⇒ succeeded",
            "    └── client/3 ⇒ succeeded",
            ""
        ]
    );
}

#[test]
fn a_destination_that_fails_ends_the_drawing_with_its_error() {
    let tree = Trees::new().add(message(&[1], "m")).unwrap().unwrap();
    let mut full: &mut [u8] = &mut [0; 3];

    let error = Drawing::new().draw(&tree, &mut full).unwrap_err();

    assert_eq!(error.kind(), std::io::ErrorKind::WriteZero);
}

proptest! {
    /// Whatever a tree was built of, it is the same when it is built again of what it holds.
    #[test]
    fn a_tree_that_was_taken_apart_is_built_again(
        records in prop::collection::vec(
            (prop::collection::vec(1_u64..4, 1..4), 0..4, 0..2_usize),
            1..30,
        )
    ) {
        let names = ["one", "two"];
        let mut trees = Trees::new();
        for (level, kind, name) in records {
            let name = names[name];
            // A message that is a task of its own would be complete at once.
            let record = match kind {
                0 => start(&[&level[..], &[1]].concat(), name),
                1 => end(&[&level[..], &[4]].concat(), name),
                _ => message(&[&[2], &level[..]].concat(), name),
            };
            // What has no place in the tree is told, and left out.
            let _ = trees.add(record);
        }

        for tree in trees.finish() {
            let before = tree.to_string();
            let mut again = Trees::new();
            for record in tree.into_records() {
                let added = again.add(record);
                prop_assert!(matches!(added, Ok(None)), "{added:?}");
            }
            let after: Vec<_> = again.finish().map(|tree| tree.to_string()).collect();
            prop_assert_eq!(after, [before]);
        }
    }
}
