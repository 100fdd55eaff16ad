//! Paths in tasks that grew by chance, next to what paths mean.

use std::collections::HashSet;

use crate::paths::record;
use crate::run::{run_with, stderr, stdout};

/// Numbers that look as if they were random.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        (self.0 >> 33) as usize % end
    }
}

/// Adds an action with what is in it, and the path of each record.
fn grow(
    random: &mut Random,
    task: &str,
    level: &[u64],
    path: &[String],
    lines: &mut Vec<(String, Vec<String>)>,
) {
    let at = |number| [level, &[number]].concat();
    let name = *["a", "b", "c", "ab"].get(random.below(4)).unwrap();
    let path = [path, &[name.to_owned()]].concat();
    lines.push((record(task, &at(1), name, "started"), path.clone()));
    let within = random.below(if level.len() < 4 { 4 } else { 1 }) as u64;
    for number in 0..within {
        match random.below(3) {
            0 => lines.push((record(task, &at(number + 2), "m", ""), path.clone())),
            _ => grow(random, task, &at(number + 2), &path, lines),
        }
    }
    lines.push((record(task, &at(within + 2), name, "succeeded"), path));
}

/// Tells what a path means, letter by letter: each name is one here.
fn is_wanted(pattern: &[&str], path: &[String]) -> bool {
    match (pattern, path) {
        (["**", rest @ ..], _) => {
            (0..=path.len()).any(|skipped| is_wanted(rest, path.get(skipped..).unwrap()))
        }
        ([], []) => true,
        ([name, rest @ ..], [found, path @ ..]) => {
            let is_name = match name.strip_suffix('*') {
                Some(start) => found.starts_with(start),
                None => found == name,
            };
            is_name && is_wanted(rest, path)
        }
        _ => false,
    }
}

#[test]
fn in_whatever_order_lines_come_the_same_are_printed_in_their_order() {
    let mut random = Random(7);
    let mut lines = Vec::new();
    for task in 0..150 {
        grow(&mut random, &format!("t{task}"), &[], &[], &mut lines);
    }
    let mut wanted_of_all = 0;
    for pattern in [
        "a/b", "/a/*", "a*/**/c", "a/**", "/**/b/b", "*/*/*", "b/a*/c",
    ] {
        // As they are, the other way round, and in no order at all.
        for order in 0..3 {
            let mut lines = lines.clone();
            match order {
                0 => {}
                1 => lines.reverse(),
                _ => {
                    for place in (1..lines.len()).rev() {
                        lines.swap(place, random.below(place + 1));
                    }
                }
            }
            let parts: Vec<&str> = match pattern.strip_prefix('/') {
                Some(rooted) => rooted.split('/').collect(),
                None => ["**"].into_iter().chain(pattern.split('/')).collect(),
            };
            let (mut log, mut expected) = (String::new(), String::new());
            for (line, path) in &lines {
                log += line;
                if is_wanted(&parts, path) {
                    expected += line;
                    wanted_of_all += 1;
                }
            }

            let output = run_with(log.as_bytes(), &["query", "--action", pattern]);

            assert!(stdout(&output) == expected, "{pattern} {order}");
            assert_eq!(stderr(&output), "");
            assert_eq!(output.status.code(), Some(0));
        }
    }
    assert!(wanted_of_all > 1000, "{wanted_of_all}");
}

#[test]
fn whatever_is_missing_nothing_wrong_is_printed_and_nothing_is_left_out_in_silence() {
    let mut random = Random(9);
    let mut all = Vec::new();
    for task in 0..60 {
        grow(&mut random, &format!("t{task}"), &[], &[], &mut all);
    }
    let (mut printed_of_all, mut left_out_of_all) = (0, 0);
    for pattern in ["a/b", "/a/*", "a*/**/c", "a/**", "*/*/*"] {
        for memory in ["16K", "1G"] {
            let mut lines = all.clone();
            for place in (1..lines.len()).rev() {
                lines.swap(place, random.below(place + 1));
            }
            lines.truncate(lines.len() / 2);
            let parts: Vec<&str> = match pattern.strip_prefix('/') {
                Some(rooted) => rooted.split('/').collect(),
                None => ["**"].into_iter().chain(pattern.split('/')).collect(),
            };
            let log: String = lines.iter().map(|(line, _)| line.as_str()).collect();
            let wanted = lines.iter().filter(|(_, path)| is_wanted(&parts, path));
            let wanted: HashSet<&str> = wanted.map(|(line, _)| line.trim_end()).collect();

            let arguments = ["query", "--action", pattern, "--memory", memory];
            let output = run_with(log.as_bytes(), &arguments);

            let printed: HashSet<&str> = stdout(&output).lines().collect();
            assert_eq!(printed.len(), stdout(&output).lines().count());
            assert!(printed.is_subset(&wanted), "{pattern} {memory}");
            let told = stderr(&output).lines();
            let left_out = told.filter(|line| line.contains(" left out, as "));
            let left_out = left_out.map(|line| -> usize {
                let (number, _) = line.split_once(' ').unwrap();
                number.parse().unwrap()
            });
            let left_out: usize = left_out.sum();
            assert!(
                wanted.len() <= printed.len() + left_out,
                "{pattern} {memory}"
            );
            printed_of_all += printed.len();
            left_out_of_all += left_out;
        }
    }
    assert!(printed_of_all > 100 && left_out_of_all > 100);
}
