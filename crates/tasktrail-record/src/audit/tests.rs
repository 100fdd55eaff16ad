use proptest::prelude::*;

use super::*;
use crate::Glance;

/// Says what is found when these are read: `/2/1 >` is a start, `/2/3 <` an end, `/2/2` a message;
/// what stands behind is the action's name or what else the line says.
fn found(lines: &[&str]) -> Vec<String> {
    report(lines, usize::MAX)
        .findings()
        .iter()
        .map(ToString::to_string)
        .collect()
}

fn report(lines: &[&str], memory: usize) -> Report {
    let mut audit = Audit::new().memory(memory.min(1 << 20));
    for line in lines {
        add(&mut audit, "t", line);
    }
    audit.finish()
}

pub(super) fn add(audit: &mut Audit, task: &str, line: &str) {
    let mut words = line.split(' ');
    let level = words
        .next()
        .unwrap()
        .trim_start_matches('/')
        .replace('/', ",");
    let (kind, rest) = (
        words.next().unwrap_or_default(),
        words.next().unwrap_or("a"),
    );
    let kind = match kind {
        ">" => format!(r#""action_status":"started","action_type":"{rest}""#),
        "<" => format!(r#""action_status":"succeeded","action_type":"{rest}""#),
        said => format!(r#""message_type":"{said}""#),
    };
    let line = format!(r#"{{"task_uuid":"{task}","task_level":[{level}],{kind}}}"#);
    let glance = Glance::parse(line.as_bytes()).unwrap();
    audit.add(Seen::new(&glance, line.as_bytes()).unwrap());
}

#[test]
fn a_task_is_complete_in_any_order_of_its_messages() {
    let lines = [
        "/1 >", "/2/1 >", "/2/2/1 >", "/2/2/2 <", "/2/3 <", "/3", "/4 <",
    ];
    for first in 0..lines.len() {
        for step in [1, 2, 3, 5] {
            let order: Vec<&str> = (0..lines.len())
                .map(|at| lines[(first + at * step) % lines.len()])
                .collect();
            let report = report(&order, usize::MAX);
            assert_eq!(report.findings(), [], "{order:?}");
            assert_eq!((report.tasks(), report.complete_tasks()), (1, 1));
        }
    }
}

#[test]
fn a_message_outside_of_any_action_is_a_complete_task() {
    assert!(found(&["/1"]).is_empty());
    assert_eq!(found(&["/1", "/1"]), ["doubled t@/1"]);
    assert_eq!(
        found(&["/1 one", "/1 two"]),
        ["contradictory t@/1: two lines say different things"]
    );
    assert_eq!(found(&["/1", "/2"]), ["after-end t@/2"]);
    assert_eq!(found(&["/2", "/1"]), ["after-end t@/2"]);
}

#[test]
fn each_number_that_was_taken_and_is_not_there_is_missing() {
    assert_eq!(found(&["/2", "/3 <"]), ["missing t@/1"]);
    assert_eq!(found(&["/1 >", "/3 <"]), ["missing t@/2"]);
    assert_eq!(
        found(&["/1 >", "/4", "/6", "/9 <"]),
        ["missing t@/2..3", "missing t@/5", "missing t@/7..8"]
    );
    assert_eq!(
        found(&["/1 >", "/2/2", "/2/4 <", "/3 <"]),
        ["missing t@/2/1", "missing t@/2/3"]
    );
    assert_eq!(
        found(&["/1 >", "/18446744073709551615 <"]),
        ["missing t@/2..18446744073709551614"]
    );
}

#[test]
fn an_action_without_an_end_is_missing_it_when_what_is_around_has_ended() {
    assert_eq!(
        found(&["/1 >", "/2/1 >", "/2/2", "/3 <"]),
        ["missing t@/2/3: the action has no end"]
    );
    assert_eq!(
        found(&["/1 >", "/2/1 >", "/2/2/1 >", "/3 <"]),
        [
            "missing t@/2/2/2: the action has no end",
            "missing t@/2/3: the action has no end"
        ]
    );
}

#[test]
fn an_action_without_an_end_is_open_when_what_is_around_is() {
    assert_eq!(found(&["/1 >"]), ["open t@/"]);
    assert_eq!(
        found(&["/1 >", "/2/1 >", "/2/3", "/3/1 >", "/3/2 <"]),
        ["open t@/", "open t@/2", "missing t@/2/2"]
    );
    assert_eq!(found(&["/2/1 >", "/2/2 <"]), ["open t@/", "missing t@/1"]);
}

#[test]
fn a_message_is_doubled_while_its_task_is_open_and_when_it_is_complete() {
    assert_eq!(
        found(&["/1 >", "/2", "/2", "/3 <", "/2", "/1 >"]),
        ["doubled t@/1", "doubled t@/2", "doubled t@/2"]
    );
}

#[test]
fn two_lines_of_one_position_contradict_each_other() {
    assert_eq!(
        found(&["/1 >", "/2 one", "/2 two", "/3 <"]),
        ["contradictory t@/2: two lines say different things"]
    );
    assert_eq!(
        found(&["/1 >", "/2 one", "/3 <", "/2 two"]),
        ["contradictory t@/2: two lines say different things"]
    );
}

#[test]
fn what_cannot_stand_at_a_position_contradicts() {
    let both = "contradictory t@/2: a message and an action have the same number";
    assert_eq!(found(&["/1 >", "/2", "/2/1 >", "/2/2 <", "/3 <"]), [both]);
    assert_eq!(found(&["/1 >", "/2/1 >", "/2", "/2/2 <", "/3 <"]), [both]);
    assert_eq!(found(&["/1 >", "/2/1 >", "/2/2 <", "/3 <", "/2"]), [both]);
    assert_eq!(
        found(&["/1 >", "/2", "/3 <", "/2/1 >"]),
        [both, "missing t@/2/2: the action has no end"]
    );
    assert_eq!(
        found(&["/1 >", "/2/1 >", "/2/2 <", "/3 <", "/2/7/3"]),
        ["after-end t@/2/7/3"]
    );
    assert_eq!(
        found(&["/1 > a", "/2 < b"]),
        ["contradictory t@/2: the end has another action_type than the start"]
    );
    assert_eq!(
        found(&["/1 >", "/2/1", "/2/2 <", "/3 <"]),
        ["contradictory t@/2/1: an action begins without a start"]
    );
}

#[test]
fn a_number_beyond_the_end_comes_after_it() {
    let before = ["/1 >", "/2 <"];
    for late in ["/3", "/3 <", "/9/1 >", "/9/4/2"] {
        let level = late.split(' ').next().unwrap();
        let expected = [format!("after-end t@{level}")];
        assert_eq!(found(&[before[0], before[1], late]), expected);
        assert_eq!(found(&[late, before[0], before[1]]), expected);
        assert_eq!(found(&[before[1], late, before[0]]), expected);
    }
    assert_eq!(found(&["/1 >", "/3 <", "/5", "/2"]), ["after-end t@/5"]);
    assert_eq!(
        found(&["/1 >", "/2/1 >", "/2/2 <", "/2/3", "/3 <"]),
        ["after-end t@/2/3"]
    );
}

#[test]
fn a_task_of_many_messages_knows_each_again() {
    let mut lines: Vec<String> = (2..1000).map(|number| format!("/{number}")).collect();
    lines.insert(0, "/1 >".to_owned());
    lines.push("/1000 <".to_owned());
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();

    assert!(found(&lines).is_empty());
    let twice = found(&[&lines[..], &lines[..]].concat());
    assert_eq!(twice.len(), 1000);
    assert!(twice.iter().all(|found| found.starts_with("doubled t@/")));
    assert_eq!(
        found(&[&lines[..], &["/7 other"]].concat()),
        ["contradictory t@/7: two lines say different things"]
    );
}

#[test]
fn tasks_whose_messages_are_forgotten_are_still_known() {
    // Room for the marks of 64 messages.
    let mut audit = Audit::new().memory(64 * 2 * 16);
    for task in 0..20 {
        for line in ["/1 >", "/2", "/3", "/4 <"] {
            add(&mut audit, &task.to_string(), line);
        }
    }
    for line in ["/2 other", "/3", "/5"] {
        add(&mut audit, "0", line);
        add(&mut audit, "19", line);
    }

    let report = audit.finish();

    let found: Vec<String> = report.findings().iter().map(ToString::to_string).collect();
    assert_eq!(
        found,
        [
            "doubled 0@/2",
            "doubled 0@/3",
            "after-end 0@/5",
            "contradictory 19@/2: two lines say different things",
            "doubled 19@/3",
            "after-end 19@/5"
        ]
    );
    assert_eq!(report.forgotten_tasks(), 0);
}

#[test]
fn tasks_that_are_forgotten_altogether_are_counted() {
    let mut audit = Audit::new().memory(4096);
    for task in 0..1000 {
        add(&mut audit, &task.to_string(), "/1");
    }
    // There is room for 40, and half of them stay when it is full: always the last ones.
    for task in 985..1000 {
        add(&mut audit, &task.to_string(), "/1");
    }

    let report = audit.finish();

    assert_eq!(report.findings().len(), 15);
    assert!(
        (900..1000).contains(&report.forgotten_tasks()),
        "{}",
        report.forgotten_tasks()
    );
    assert_eq!(report.complete_tasks(), 1000);
}

#[test]
fn audits_that_share_the_tasks_find_together_what_one_finds() {
    let lines = ["/1 >", "/3", "/3", "/5 <"];
    let mut alone = Audit::new();
    let mut shares: Vec<Audit> = (0..3).map(|_| Audit::new()).collect();
    for task in 0..50 {
        for line in lines {
            add(&mut alone, &task.to_string(), line);
            let text = format!(r#"{{"task_uuid":"{task}","task_level":[1]}}"#);
            let seen = Seen::new(&Glance::parse(text.as_bytes()).unwrap(), b"").unwrap();
            add(&mut shares[seen.share(3)], &task.to_string(), line);
        }
    }

    let mut joined = Report::default();
    for share in shares {
        joined.join(share.finish());
    }

    let alone = alone.finish();
    assert_eq!(joined.findings(), alone.findings());
    assert_eq!((joined.tasks(), joined.records()), (50, 200));
}

#[test]
fn a_very_deep_level_is_no_danger() {
    let deepest = "/1".repeat(Seen::DEEPEST);
    assert_eq!(
        found(&[&format!("{deepest} >")]).len(),
        2 * Seen::DEEPEST - 1
    );

    let level = vec!["1"; Seen::DEEPEST + 1].join(",");
    let line = format!(r#"{{"task_uuid":"t","task_level":[{level}]}}"#);
    let glance = Glance::parse(line.as_bytes()).unwrap();
    assert!(Seen::new(&glance, line.as_bytes()).is_none());
}

const WHOLE: [&str; 10] = [
    "/1 > a",
    "/2/1 > b",
    "/2/2/1 > a",
    "/2/2/2 < a",
    "/2/3 one",
    "/2/4 < b",
    "/3 one",
    "/4/1 > c",
    "/4/2 < c",
    "/5 < a",
];

/// Lines of whole tasks, in any order, some of them twice and perhaps with other lines.
pub(super) fn lines() -> impl Strategy<Value = Vec<(u8, String)>> {
    let whole = || (0..3_u8).flat_map(|task| WHOLE.map(|line| (task, line.to_owned())));
    let again = proptest::sample::subsequence(whole().collect::<Vec<_>>(), 0..10);
    let wrong = prop_oneof![Just(Vec::new()), wrong_lines(3), wrong_lines(40)];
    (again, wrong)
        .prop_map(move |(again, wrong)| whole().chain(again).chain(wrong).collect::<Vec<_>>())
        .prop_shuffle()
}

/// Lines that are often wrong: few tasks, few numbers, each kind of message anywhere.
fn wrong_lines(most: usize) -> impl Strategy<Value = Vec<(u8, String)>> {
    let level = proptest::collection::vec(1..4_u8, 1..4);
    let said = prop_oneof!["> a", "> b", "< a", "< b", "one", "two", "one"];
    let line = (0..3_u8, level, said).prop_map(|(task, mut level, said)| {
        // A start with another number is no record.
        if let (true, Some(last)) = (said.starts_with('>'), level.last_mut()) {
            *last = 1;
        }
        let level: String = level.iter().map(|number| format!("/{number}")).collect();
        (task, format!("{level} {said}"))
    });
    proptest::collection::vec(line, 1..=most)
}

pub(super) fn told(report: &Report) -> (Vec<String>, [u64; 4]) {
    let findings = report.findings().iter().map(ToString::to_string);
    let numbers = [
        report.records(),
        report.tasks(),
        report.complete_tasks(),
        report.forgotten_tasks(),
    ];
    (findings.collect(), numbers)
}

#[test]
fn what_is_wrong_with_a_task_is_told_in_the_same_way_before_and_after_it_was_whole() {
    let within_a_message = ["/1", "/1/1"];
    let expected = [
        "contradictory t@/1: a message and an action have the same number",
        "contradictory t@/1/1: an action begins without a start",
        "missing t@/1/2: the action has no end",
    ];
    assert_eq!(found(&within_a_message), expected);
    assert_eq!(found(&["/1/1", "/1"]), expected);

    let twice_behind_the_end = ["/1 >", "/2 <", "/3", "/3"];
    let expected = ["doubled t@/3", "after-end t@/3"];
    assert_eq!(found(&twice_behind_the_end), expected);
    assert_eq!(found(&["/3", "/3", "/2 <", "/1 >"]), expected);

    for lines in [&within_a_message[..], &twice_behind_the_end] {
        let report = report(lines, usize::MAX);
        assert_eq!((report.tasks(), report.complete_tasks()), (1, 0));
    }
}

#[test]
fn the_older_half_of_a_large_task_may_come_last() {
    let mut audit = Audit::new();
    let numbers = (50_000..100_000).chain(2..50_000);
    for number in numbers.chain([2, 70_000]) {
        add(&mut audit, "t", &format!("/{number}"));
    }
    assert!((10..100).contains(&(audit.open_bytes() / 100_000)));
    add(&mut audit, "t", "/100000 <");
    let mut open = audit.take_open(|_| true).collect::<Vec<_>>();
    let mut bytes = Vec::new();
    open.pop().unwrap().write(&mut bytes);
    audit.put_back(OpenTask::read(&bytes).unwrap());
    add(&mut audit, "t", "/1 >");

    assert_eq!(audit.open_bytes(), 0);
    let report = audit.finish();
    let found: Vec<String> = report.findings().iter().map(ToString::to_string).collect();
    assert_eq!(found, ["doubled t@/2", "doubled t@/70000"]);
    assert_eq!(report.complete_tasks(), 1);
}

#[test]
fn each_other_line_of_a_position_contradicts_once() {
    let two_lines = "contradictory t@/2: two lines say different things";
    for lines in [
        ["/1 >", "/3 <", "/2 a", "/2 b", "/2 b", "/2 c", "/2 a"],
        ["/1 >", "/2 a", "/2 b", "/2 b", "/2 c", "/2 a", "/3 <"],
    ] {
        assert_eq!(
            found(&lines),
            ["doubled t@/2", "doubled t@/2", two_lines, two_lines]
        );
    }
}

#[test]
fn behind_the_highest_number_no_end_is_missing() {
    assert_eq!(
        found(&["/1 >", "/2/1 >", "/2/18446744073709551615", "/3 <"]),
        [
            "missing t@/2: the action has no end",
            "missing t@/2/2..18446744073709551614"
        ]
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn a_report_does_not_depend_on_the_order_of_lines(
        (lines, shuffled) in lines().prop_flat_map(|lines| (Just(lines.clone()), Just(lines).prop_shuffle())),
    ) {
        let [report, of_shuffled] = [&lines, &shuffled].map(|lines| {
            let mut audit = Audit::new();
            lines.iter().for_each(|(task, line)| add(&mut audit, &task.to_string(), line));
            told(&audit.finish())
        });

        prop_assert_eq!(report, of_shuffled);
    }
}
