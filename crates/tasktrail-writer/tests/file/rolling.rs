//! When files roll, and what they are called then.

use std::fs::{self, File};
use std::io::Write;
use std::thread;
use std::time::{Duration, UNIX_EPOCH};

use proptest::prelude::{Just, Strategy, any, prop, prop_oneof, proptest};
use tasktrail_writer::{Builder, LogFile, Period};

use crate::{Clock, DAY, Folder, NOW, with_clock};

#[test]
fn a_batch_of_lines_is_divided_between_lines() {
    let folder = Folder::new();
    let mut file = LogFile::builder(folder.log()).roll_at(8).open().unwrap();

    file.write_all(b"one\ntwo\nthree\nfour\n").unwrap();

    assert_eq!(folder.contents(), ["one\ntwo\n", "three\n", "four\n"]);
}

#[test]
fn one_call_writes_all_lines_that_fit_and_fills_the_file_to_its_limit() {
    let folder = Folder::new();
    let mut file = LogFile::builder(folder.log()).roll_at(12).open().unwrap();

    assert_eq!(file.write(b"one\ntwo\nthree\n").unwrap(), 8);
    assert_eq!(file.write(b"6.7\nthree\n").unwrap(), 4);

    assert_eq!(folder.contents(), ["one\ntwo\n6.7\n"]);
}

#[test]
fn a_line_longer_than_the_limit_stands_alone() {
    let folder = Folder::new();
    let mut file = LogFile::builder(folder.log()).roll_at(4).open().unwrap();

    file.write_all(b"a\na line longer than that\nb\n").unwrap();

    assert_eq!(
        folder.contents(),
        ["a\n", "a line longer than that\n", "b\n"]
    );
}

#[test]
fn a_line_that_comes_in_pieces_is_in_one_file() {
    let folder = Folder::new();
    let clock = Clock::at(NOW);
    let builder = LogFile::builder(folder.log()).roll_at(8);
    let builder = builder.roll_every(Period::Day);
    let mut file = with_clock(builder, &clock).open().unwrap();

    file.write_all(b"one\ntw").unwrap();
    clock.set(NOW + DAY);
    file.write_all(b"o, and").unwrap();
    file.write_all(b" more\nthree\n").unwrap();

    assert_eq!(folder.contents(), ["one\ntwo, and more\n", "three\n"]);
}

#[test]
fn a_rolled_file_is_named_after_its_last_line() {
    let folder = Folder::new();
    let clock = Clock::at(NOW);
    let builder = LogFile::builder(folder.log()).roll_every(Period::Day);
    let mut file = with_clock(builder, &clock).open().unwrap();

    file.write_all(b"sunday\n").unwrap();
    clock.set(NOW + 60);
    file.write_all(b"still sunday\n").unwrap();
    clock.set(NOW + DAY);
    file.write_all(b"monday\n").unwrap();

    assert_eq!(
        folder.names(),
        ["app.log.20261122T153341Z-000001", "app.log"]
    );
    assert_eq!(folder.contents(), ["sunday\nstill sunday\n", "monday\n"]);
}

#[test]
fn names_stay_in_the_order_of_writing_when_the_clock_is_set_back() {
    let folder = Folder::new();
    let clock = Clock::at(NOW);
    let builder = LogFile::builder(folder.log()).roll_at(1);
    let mut file = with_clock(builder, &clock).open().unwrap();

    for (line, time) in [("1\n", NOW), ("2\n", NOW), ("3\n", 5), ("4\n", NOW + 9)] {
        clock.set(time);
        file.write_all(line.as_bytes()).unwrap();
    }

    assert_eq!(folder.contents(), ["1\n", "2\n", "3\n", "4\n"]);
}

#[test]
fn an_empty_file_does_not_roll() {
    let folder = Folder::new();
    let clock = Clock::at(NOW);
    let builder = LogFile::builder(folder.log()).roll_every(Period::Minute);
    let mut file = with_clock(builder, &clock).open().unwrap();

    clock.set(NOW + DAY);
    file.write_all(b"first\n").unwrap();

    assert_eq!(folder.names(), ["app.log"]);
}

#[test]
fn the_size_of_the_file_counts_after_a_restart() {
    let folder = Folder::new();
    folder.put("app.log", "before\n");
    let mut file = LogFile::builder(folder.log()).roll_at(10).open().unwrap();

    file.write_all(b"after\n").unwrap();

    assert_eq!(folder.contents(), ["before\n", "after\n"]);
}

#[test]
fn the_period_of_the_file_counts_after_a_restart() {
    let folder = Folder::new();
    let clock = Clock::at(NOW);
    let open = || {
        let builder = LogFile::builder(folder.log()).roll_every(Period::Day);
        with_clock(builder, &clock).open().unwrap()
    };
    let last_written = |seconds| {
        let file = File::options().append(true).open(folder.log()).unwrap();
        let time = UNIX_EPOCH + Duration::from_secs(seconds);
        file.set_modified(time).unwrap();
    };

    folder.put("app.log", "today\n");
    last_written(NOW - 60);
    open().write_all(b"now\n").unwrap();
    assert_eq!(folder.contents(), ["today\nnow\n"]);
    last_written(NOW - DAY);
    open().write_all(b"next\n").unwrap();

    assert_eq!(
        folder.names(),
        ["app.log.20261121T153241Z-000001", "app.log"]
    );
    assert_eq!(folder.contents(), ["today\nnow\n", "next\n"]);
}

#[test]
fn a_line_that_a_killed_program_left_unfinished_is_ended_before_the_next() {
    let folder = Folder::new();
    folder.put("app.log", "whole\nhal");

    let mut file = LogFile::open(folder.log()).unwrap();
    file.write_all(b"next\n").unwrap();

    assert_eq!(folder.contents(), ["whole\nhal\nnext\n"]);
}

#[test]
fn names_of_an_earlier_run_are_never_taken_again() {
    let folder = Folder::new();
    let clock = Clock::at(NOW);
    folder.put("app.log.20261122T153241Z-000001.gz", "compressed");
    folder.put("app.log.20261122T153241Z-000002", "plain\n");
    let builder = LogFile::builder(folder.log()).roll_at(1);
    let mut file = with_clock(builder, &clock).open().unwrap();

    file.write_all(b"1\n2\n").unwrap();

    assert_eq!(
        folder.names(),
        [
            "app.log.20261122T153241Z-000001.gz",
            "app.log.20261122T153241Z-000002",
            "app.log.20261122T153241Z-000003",
            "app.log"
        ]
    );
    assert_eq!(folder.read("app.log.20261122T153241Z-000002"), "plain\n");
}

#[test]
#[cfg(unix)]
fn a_new_file_may_be_read_by_those_who_may_read_the_old_one() {
    use std::os::unix::fs::PermissionsExt;

    let folder = Folder::new();
    let mut file = LogFile::builder(folder.log()).roll_at(1).open().unwrap();
    fs::set_permissions(folder.log(), PermissionsExt::from_mode(0o640)).unwrap();

    file.write_all(b"1\n2\n").unwrap();

    let mode = fs::metadata(folder.log()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o640);
}

#[test]
fn every_line_of_several_threads_is_once_and_whole_in_the_files() {
    let folder = Folder::new();
    let file = LogFile::builder(folder.log())
        .roll_at(20_000)
        .open()
        .unwrap();
    let handle = file.handle();
    let worker = Builder::new(file).memory(64 * 1024).start().unwrap();

    thread::scope(|scope| {
        for thread in 0..4 {
            let writer = worker.writer();
            scope.spawn(move || {
                for number in 0..5_000 {
                    let line = format!("{thread} {number} {}\n", "x".repeat(number % 90));
                    writer.write_line(line.as_bytes());
                }
            });
        }
    });
    let outcome = worker.finish();

    assert_eq!((outcome.written(), outcome.lost()), (20_000, 0));
    let contents = folder.contents();
    assert!(contents.iter().all(|content| content.len() <= 20_000));
    assert_eq!(contents.len() as u64, handle.counts().rolled() + 1);
    assert!(contents.len() > 20);
    let all = contents.concat();
    let mut next = [0; 4];
    for line in all.lines() {
        let mut words = line.split(' ');
        let thread: usize = words.next().unwrap().parse().unwrap();
        let number: usize = words.next().unwrap().parse().unwrap();
        assert_eq!(number, next[thread]);
        assert_eq!(words.next().unwrap(), "x".repeat(number % 90));
        next[thread] += 1;
    }
    assert_eq!(next, [5_000; 4]);
}

/// How the bytes come: so many are offered, and at most so many of them are taken up again.
fn offers() -> impl Strategy<Value = Vec<usize>> {
    prop::collection::vec(prop_oneof![1_usize..8, 1_usize..400], 1..60)
}

proptest! {
    #[test]
    fn lines_are_whole_and_within_the_limit_however_they_come(
        lengths in prop::collection::vec(prop_oneof![4 => 0_usize..30, 1 => 0_usize..200], 1..80),
        offers in offers(),
        limit in 1_u64..150,
        restart in prop_oneof![Just(None), (0_usize..2000).prop_map(Some)],
        whole_batches in any::<bool>(),
    ) {
        let folder = Folder::new();
        let open = || LogFile::builder(folder.log()).roll_at(limit).open().unwrap();
        let lines: Vec<String> = lengths
            .iter()
            .enumerate()
            .map(|(number, length)| format!("{number}{}\n", "x".repeat(*length)))
            .collect();
        let all = lines.concat();

        let mut file = open();
        let mut restart = restart;
        let mut at = 0;
        for offer in offers.iter().cycle() {
            if at == all.len() {
                break;
            }
            let at_border = at == 0 || all.as_bytes()[at - 1] == b'\n';
            if at_border && restart.is_some_and(|place| place <= at) {
                restart = None;
                file = open();
            }
            let end = if whole_batches {
                // As a worker does: whole lines, taken up again in the middle.
                let from = (at + offer).min(all.len()) - 1;
                from + all[from..].find('\n').unwrap() + 1
            } else {
                (at + offer).min(all.len())
            };
            let count = file.write(&all.as_bytes()[at..end]).unwrap();
            assert!(count > 0);
            at += count;
        }
        drop(file);

        let contents = folder.contents();
        assert_eq!(contents.concat(), all);
        for content in &contents {
            assert!(content.ends_with('\n'));
            let alone = content.matches('\n').count() == 1;
            // Of a line that comes in pieces nobody knows the length beforehand.
            assert!(!whole_batches || alone || content.len() as u64 <= limit, "{content:?}");
        }
    }
}
