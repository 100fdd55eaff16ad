use super::label::LABEL;
use super::*;

fn lines(memory: usize, texts: &[&str]) -> Lines {
    let mut lines = Lines::new(memory, Precious::default());
    for text in texts {
        assert!(lines.append(text.as_bytes(), None));
    }
    lines
}

fn progress(lines: u64, bytes: u64) -> Progress {
    let mut tally = Tally::default();
    tally.add(None, lines);
    Progress {
        lines: tally,
        bytes,
    }
}

fn taken(lines: &mut Lines) -> String {
    let mut text = String::new();
    while let Some(batch) = lines.take() {
        text.push_str(std::str::from_utf8(batch.unsent()).unwrap());
        lines.give_back(batch);
    }
    text
}

#[test]
fn lines_come_out_in_the_order_in_which_they_came_in() {
    for memory in [1, 16, 64, 4096] {
        let mut lines = lines(
            memory,
            &["one\n", "two\n", "three, which is longer\n", "4\n"],
        );

        assert_eq!(taken(&mut lines), "one\ntwo\nthree, which is longer\n4\n");
        assert_eq!((lines.count(), lines.cost()), (0, 0));
    }
}

#[test]
fn a_line_costs_its_length_and_four_bytes() {
    let lines = lines(4096, &["12345\n", "1\n"]);

    assert_eq!(lines.count(), 2);
    assert_eq!(lines.cost(), 6 + 4 + 2 + 4);
}

#[test]
fn the_oldest_line_is_dropped_alone() {
    for memory in [1, 4096] {
        let mut lines = lines(memory, &["one\n", "two\n", "three\n"]);

        assert_eq!(lines.drop_oldest(), Some(None));

        assert_eq!((lines.count(), lines.cost()), (2, 4 + 4 + 6 + 4));
        assert_eq!(taken(&mut lines), "two\nthree\n");
        assert_eq!(lines.drop_oldest(), None);
    }
}

#[test]
fn a_batch_knows_which_lines_a_short_write_has_completed() {
    let mut lines = lines(4096, &["one\n", "two\n", "three\n"]);
    let mut batch = lines.take().unwrap();

    assert_eq!(batch.sent(3), Progress::default());
    assert_eq!(batch.sent(3), progress(1, 4));
    assert_eq!(batch.unsent(), b"o\nthree\n");
    assert_eq!(batch.sent(8), progress(2, 10));
    assert_eq!(batch.unsent(), b"");
}

#[test]
fn emptied_batches_serve_again() {
    let mut lines = lines(4096, &["one\n"]);
    let batch = lines.take().unwrap();
    let memory = batch.unsent().as_ptr();
    lines.give_back(batch);

    assert!(lines.append(b"two\n", None));

    assert_eq!(lines.take().unwrap().unsent().as_ptr(), memory);
}

#[test]
fn memory_is_given_back_in_silence() {
    let mut lines = Lines::new(1 << 20, Precious::default());
    while lines.cost() < 1 << 20 {
        lines.append(&[b'x'; 1000], None);
    }
    taken(&mut lines);
    assert!(lines.capacity() > 1_000_000);

    lines.silence_began();

    assert!(lines.capacity() <= 2 * BATCH);
}

#[test]
fn memory_is_given_back_when_no_recent_look_needed_it() {
    let mut lines = Lines::new(1 << 20, Precious::default());
    while lines.cost() < 1 << 20 {
        lines.append(&[b'x'; 1000], None);
    }

    for _ in 0..2 * LOOKS_TO_KEEP {
        taken(&mut lines);
        lines.append(b"one line for each look\n", None);
        lines.look_ended();
    }

    assert!(lines.capacity() <= 2 * BATCH);
}

#[test]
fn one_huge_line_does_not_make_its_batch_huge_for_ever() {
    let mut lines = Lines::new(1 << 20, Precious::default());
    lines.append(&[b'x'; 1 << 19], None);

    taken(&mut lines);

    assert_eq!(lines.capacity(), 0);
}

#[test]
fn buffers_take_little_more_than_their_lines() {
    for length in [10, 1000, 9_000, 33_000, 70_000] {
        let mut lines = Lines::new(8 << 20, Precious::default());
        while lines.cost() < 8 << 20 {
            lines.append(&vec![b'x'; length], None);
        }

        assert!(
            lines.capacity() <= lines.cost() * 8 / 7 + 2 * BATCH,
            "lines of {length} bytes that cost {} take {}",
            lines.cost(),
            lines.capacity()
        );
    }
}

#[test]
fn precious_lines_are_dropped_last() {
    for memory in [1, 64, 4096] {
        let mut lines = Lines::new(memory, Precious(Some(Level::Warn)));
        let levels = [
            Some(Level::Error),
            None,
            Some(Level::Warn),
            Some(Level::Info),
            None,
        ];
        for (number, level) in levels.into_iter().enumerate() {
            assert!(lines.append(format!("line {number}\n").as_bytes(), level));
        }
        let mut drop_oldest = || {
            let dropped = lines.drop_oldest();
            (dropped, lines.precious_cost(), lines.cost())
        };

        assert_eq!(drop_oldest(), (Some(None), 2 * 11, 4 * 11));
        assert_eq!(drop_oldest(), (Some(Some(Level::Info)), 2 * 11, 3 * 11));
        assert_eq!(drop_oldest(), (Some(None), 2 * 11, 2 * 11));
        assert_eq!(drop_oldest(), (Some(Some(Level::Error)), 11, 11));
        assert_eq!(taken(&mut lines), "line 2\n");
        assert_eq!(lines.precious_cost(), 0);
    }
}

#[test]
fn lines_keep_their_levels_and_the_longest_length_is_told_from_a_level() {
    let mut lines = Lines::new(4096, Precious::default());
    for level in Tally::KINDS {
        assert!(lines.append(b"line\n", level));
    }
    let mut batch = lines.take().unwrap();

    for level in Tally::KINDS {
        let mut one = Tally::default();
        one.add(level, 1);
        assert_eq!(
            batch.sent(5),
            Progress {
                lines: one,
                bytes: 5
            }
        );
    }
}

#[test]
fn a_line_that_is_begun_can_be_begun_again_or_dropped() {
    let mut lines = lines(4096, &["one\n", "two\n", "three\n"]);
    let mut batch = lines.take().unwrap();
    batch.sent(6);

    assert_eq!(batch.begin_line_again(), b"o\n");
    assert_eq!(batch.unsent(), b"two\nthree\n");
    assert_eq!(batch.begin_line_again(), b"");
    batch.sent(1);
    assert_eq!(batch.drop_line(), None);
    assert_eq!(batch.unsent(), b"three\n");
    assert_eq!(batch.sent(6), progress(1, 6));
}

#[test]
fn precious_lines_that_stay_are_packed_so_that_dropped_ones_leave_no_memory() {
    const MEMORY: usize = 64 * 1024;
    for each in [2, 3, 10, 40, 100, 1000] {
        let mut lines = Lines::new(MEMORY, Precious(Some(Level::Error)));
        let mut precious = String::new();
        for number in 0..50_000 {
            let level = match number % each {
                0 => Level::Error,
                _ => Level::Debug,
            };
            let text = format!("line {number} {:1$}\n", "", number % 97);
            let cost = text.len() + LABEL;
            if level == Level::Error {
                // As much as the reserve of a queue might let in.
                if lines.precious_cost() + cost > MEMORY / 2 {
                    continue;
                }
                precious.push_str(&text);
            }
            while lines.cost() + cost > MEMORY {
                assert_eq!(lines.drop_oldest(), Some(Some(Level::Debug)));
            }
            assert!(lines.append(text.as_bytes(), Some(level)));
            assert!(
                lines.capacity() <= MEMORY + MEMORY / 7 + 3 * lines.batch,
                "{} bytes",
                lines.capacity()
            );
        }

        let count = lines.count();
        let text = taken(&mut lines);

        assert_eq!(text.lines().count() as u64, count);
        let (mut left, mut last) = (precious.lines().peekable(), None);
        for line in text.lines() {
            left.next_if_eq(&line);
            let number = line
                .split(' ')
                .nth(1)
                .map(|text| text.parse::<u64>().unwrap());
            assert!(last < number, "{line} is late");
            last = number;
        }
        assert_eq!(left.next(), None);
        assert_eq!((lines.cost(), lines.precious_cost()), (0, 0));
    }
}
