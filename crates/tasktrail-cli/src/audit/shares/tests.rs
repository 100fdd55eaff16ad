use tasktrail_record::{Finding, Glance};

use super::*;

/// SplitMix64: the same logs each time.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }

    /// Messages of tasks of which many are whole, some are open, and some have lines that are
    /// missing, doubled, late, contradictory or nowhere possible.
    fn log(&mut self) -> Vec<Seen> {
        let tasks = 1 + self.below(150);
        let mut lines = Vec::new();
        for task in 0..tasks {
            let name = match task % 2 {
                0 => format!("192f76ea-915e-4131-95dc-{task:012}"),
                _ => format!("task {task}"),
            };
            let messages = 2 + self.below(12);
            let mut own = vec![("1".to_owned(), START), ("2,1".to_owned(), START)];
            own.extend((2..messages).map(|number| (format!("2,{number}"), "")));
            own.push((format!("2,{messages}"), END));
            own.extend((3..messages).map(|number| (number.to_string(), "")));
            own.push((messages.max(3).to_string(), END));
            for _ in 0..self.below(3) {
                let place = self.below(own.len() as u64) as usize;
                match self.below(7) {
                    0 => drop(own.remove(place)),
                    6 => own.push((format!("{}", messages + 5), OTHER)),
                    1 => own.truncate(place + 1),
                    2 => own.push(own[place].clone()),
                    3 => own.push((own[place].0.clone(), OTHER)),
                    4 => own.push((format!("{},{}", own[place].0, 1 + self.below(3)), "")),
                    _ => {
                        let other = self.below(own.len() as u64) as usize;
                        own.swap(place, other);
                    }
                }
            }
            // Those of one task stay in their order, those of different ones are mixed.
            let mut time = self.below(1000);
            for (level, kind) in own {
                time += self.below(100);
                let line = format!(r#"{{"task_uuid":"{name}","task_level":[{level}]{kind}}}"#);
                lines.push((time, line));
            }
        }
        lines.sort_by_key(|(time, _)| *time);
        let seen = lines.iter().filter_map(|(_, line)| {
            // A start with another number than 1 is no record.
            let glance = Glance::parse(line.as_bytes()).ok()?;
            Seen::new(&glance, line.as_bytes())
        });
        seen.collect()
    }
}

const START: &str = r#","action_type":"a","action_status":"started""#;
const END: &str = r#","action_type":"a","action_status":"succeeded""#;
const OTHER: &str = r#","message_type":"other""#;

fn numbers(report: &Report) -> [u64; 4] {
    [
        report.records(),
        report.tasks(),
        report.complete_tasks(),
        report.forgotten_tasks(),
    ]
}

const PLENTY: usize = 1 << 24;

/// Audits a log in batches; also gives how many blocks of the temporary file were needed.
fn audit(log: &[Seen], open: usize, findings: usize) -> (Vec<Finding>, [u64; 4], u64) {
    let room = Room {
        finished: PLENTY,
        open,
        findings,
    };
    let spill = Spill::with_block(std::env::temp_dir(), 128);
    let shares = Shares::new(3, room, &spill);
    let mut messages: Vec<Vec<Seen>> = vec![Vec::new(); 3];
    for batch in log.chunks(17) {
        for seen in batch {
            messages[seen.share(3)].push(seen.clone());
        }
        for (place, messages) in messages.iter_mut().enumerate() {
            shares.add(place, messages).unwrap();
            assert!(messages.is_empty());
        }
    }
    let (report, found) = shares.finish(2).unwrap();
    let counts = found.counts();
    let mut sorted = found.sorted().unwrap();
    let found: Vec<Finding> = std::iter::from_fn(|| sorted.next().unwrap()).collect();
    assert_eq!(counts.iter().sum::<u64>(), found.len() as u64);
    assert_eq!(report.findings(), []);
    (found, numbers(&report), spill.blocks_made())
}

#[test]
fn the_report_is_the_same_however_little_fits_into_memory() {
    let mut random = Random(0x000a_0d17);
    let mut kinds = [0; 5];
    for round in 0..25 {
        let log = random.log();
        let mut alone = Audit::new();
        log.iter().for_each(|seen| alone.add(seen.clone()));
        let expected = alone.finish();
        for (kind, count) in super::super::findings::KINDS.iter().zip(&mut kinds) {
            let all = expected.findings().iter();
            *count += all.filter(|finding| finding.kind() == *kind).count();
        }

        for open in [0, 1_000, 10_000, 40_000, PLENTY] {
            for findings in [0, 5_000, PLENTY] {
                let (found, numbers_of, blocks) = audit(&log, open, findings);

                let what = format!("round {round}, open {open}, findings {findings}");
                assert_eq!(found, expected.findings(), "{what}");
                assert_eq!(numbers_of, numbers(&expected), "{what}");
                if open == PLENTY && findings == PLENTY {
                    assert_eq!(blocks, 0, "{what}");
                }
                if open == 0 && numbers_of[1] > 20 {
                    assert!(blocks > 0, "{what}");
                }
            }
        }
    }
    // There was something of each kind to find.
    assert!(kinds.iter().all(|count| *count > 50), "{kinds:?}");
}

#[test]
fn open_tasks_take_no_more_memory_than_there_is_room() {
    const ROOM: usize = 100_000;
    let room = Room {
        finished: PLENTY,
        open: ROOM,
        findings: PLENTY,
    };
    let spill = Spill::with_block(std::env::temp_dir(), 128);
    let shares = Shares::new(2, room, &spill);
    for task in 0..5_000 {
        let line = format!(r#"{{"task_uuid":"task {task}","task_level":[1]{START}}}"#);
        let glance = Glance::parse(line.as_bytes()).unwrap();
        let seen = Seen::new(&glance, line.as_bytes()).unwrap();
        let share = seen.share(2);
        shares.add(share, &mut vec![seen]).unwrap();

        let open: usize = (shares.shares.iter())
            .map(|share| lock(share).audit.open_bytes())
            .sum();
        assert_eq!(open, shares.open.load(Ordering::Relaxed));
        // One that is less than half of all waits for its turn.
        assert!(open <= ROOM * 11 / 10, "{open}");
    }
    assert!(spill.blocks_made() > 0);
}

#[test]
fn a_task_that_is_larger_than_the_room_stays_in_memory() {
    let start = |task: &str| format!(r#"{{"task_uuid":"{task}","task_level":[1]{START}}}"#);
    let mut lines = vec![start("large")];
    for number in 2..500 {
        lines.push(format!(
            r#"{{"task_uuid":"large","task_level":[{number}]}}"#
        ));
        if number % 100 == 0 {
            lines.push(start(&format!("small {number}")));
        }
    }
    let seen = lines.iter().map(|line| {
        let glance = Glance::parse(line.as_bytes()).unwrap();
        Seen::new(&glance, line.as_bytes()).unwrap()
    });
    let log: Vec<Seen> = seen.collect();

    let (found, numbers, _) = audit(&log, 1_000, PLENTY);

    let found: Vec<String> = found.iter().map(ToString::to_string).collect();
    let small = (1..5).map(|number| format!("open small {number}00@/"));
    let expected: Vec<String> = ["open large@/".to_owned()]
        .into_iter()
        .chain(small)
        .collect();
    assert_eq!(found, expected);
    assert_eq!(numbers, [503, 5, 0, 0]);
}
