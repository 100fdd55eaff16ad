//! Which rolled files are kept, and in what form.

use std::fs;
use std::io::Write;
use std::time::Duration;

use tasktrail_writer::{LogFile, LogFileBuilder};

use crate::{Clock, DAY, Folder, LONG, NOW, with_clock};

fn three_files() -> Folder {
    let folder = Folder::new();
    folder.put("app.log.20261120T153241Z-000001", "0123456789");
    folder.put("app.log.20261121T153241Z-000001", "0123456789");
    folder.put("app.log.20261122T153241Z-000001", "0123456789");
    folder
}

fn open(builder: LogFileBuilder) -> LogFile {
    let file = with_clock(builder, &Clock::at(NOW)).open().unwrap();
    assert!(file.handle().settle(LONG));
    file
}

fn rolling(folder: &Folder) -> LogFileBuilder {
    LogFile::builder(folder.log()).roll_at(10)
}

#[test]
fn the_oldest_files_are_removed_when_there_are_too_many() {
    let folder = three_files();

    let file = open(rolling(&folder).keep(2));

    assert_eq!(
        folder.names(),
        [
            "app.log.20261121T153241Z-000001",
            "app.log.20261122T153241Z-000001",
            "app.log"
        ]
    );
    assert_eq!(file.handle().counts().removed(), 1);
}

#[test]
fn a_file_is_removed_when_its_last_line_is_too_old() {
    let folder = three_files();

    open(rolling(&folder).keep_for(Duration::from_secs(DAY)));

    assert_eq!(
        folder.names(),
        [
            "app.log.20261121T153241Z-000001",
            "app.log.20261122T153241Z-000001",
            "app.log"
        ]
    );
}

#[test]
fn the_oldest_files_are_removed_when_all_together_are_too_large() {
    let folder = three_files();

    open(rolling(&folder).keep_bytes(20));
    assert_eq!(
        folder.names(),
        [
            "app.log.20261121T153241Z-000001",
            "app.log.20261122T153241Z-000001",
            "app.log"
        ]
    );
    open(rolling(&folder).keep_bytes(19));

    assert_eq!(
        folder.names(),
        ["app.log.20261122T153241Z-000001", "app.log"]
    );
}

#[test]
fn old_files_are_removed_when_a_new_one_is_rolled() {
    let folder = Folder::new();
    let mut file = open(rolling(&folder).keep(2));

    for number in 0..9 {
        file.write_all(format!("line {number}\n").as_bytes())
            .unwrap();
    }

    assert!(file.handle().settle(LONG));
    assert_eq!(folder.contents(), ["line 6\n", "line 7\n", "line 8\n"]);
    assert_eq!(file.handle().counts().removed(), 6);
}

#[test]
fn old_files_are_removed_while_lines_come_and_nothing_rolls() {
    let folder = three_files();
    let clock = Clock::at(NOW);
    let builder = LogFile::builder(folder.log()).roll_at(1000);
    let builder = builder.keep_for(Duration::from_secs(2 * DAY));
    let mut file = with_clock(builder, &clock).open().unwrap();
    assert!(file.handle().settle(LONG));
    assert_eq!(file.handle().counts().removed(), 0);

    clock.set(NOW + 3600);
    file.write_all(b"line\n").unwrap();

    assert!(file.handle().settle(LONG));
    assert_eq!(file.handle().counts().removed(), 1);
}

#[test]
fn only_files_that_were_made_here_are_removed() {
    let folder = three_files();
    let others = [
        "app.log.1",
        "app.log.20261120T153241Z",
        "app.log.20261120T153241Z-000001.bak",
        "app.log.old.20261120T153241Z-000001",
        "app.logs.20261120T153241Z-000001",
        "other.log.20261120T153241Z-000001",
    ];
    for other in others {
        folder.put(other, "not ours");
    }
    let directory = "app.log.20261119T153241Z-000001";
    fs::create_dir(folder.0.join(directory)).unwrap();

    let file = open(rolling(&folder).keep(1));

    assert_eq!(file.handle().counts().removed(), 2);
    let names = folder.names();
    for other in others.iter().chain([&directory]) {
        assert!(names.iter().any(|name| name == other), "{other}");
    }
}

#[cfg(feature = "compress")]
mod compressed {
    use std::fs::File;
    use std::thread;

    use tasktrail_writer::{Builder, Compress};

    use super::*;

    fn compressing(folder: &Folder) -> LogFileBuilder {
        rolling(folder).compress(Compress::Gzip)
    }

    #[test]
    fn rolled_files_are_compressed_and_hold_the_same_lines() {
        let folder = Folder::new();
        let mut file = open(compressing(&folder));

        file.write_all(b"line 1\nline 2\nline 3\n").unwrap();

        assert!(file.handle().settle(LONG));
        assert_eq!(
            folder.names(),
            [
                "app.log.20261122T153241Z-000001.gz",
                "app.log.20261122T153241Z-000002.gz",
                "app.log"
            ]
        );
        assert_eq!(folder.contents(), ["line 1\n", "line 2\n", "line 3\n"]);
        assert_eq!(file.handle().counts().compressed(), 2);
    }

    #[test]
    fn what_a_crash_left_half_compressed_is_compressed_after_the_restart() {
        let folder = three_files();
        folder.put("app.log.20261121T153241Z-000001.gz.tmp", "half");
        // Here the crash came between the new name and the removal.
        folder.put("app.log.20261122T153241Z-000001.gz", "whole");

        open(compressing(&folder));

        assert_eq!(
            folder.names(),
            [
                "app.log.20261120T153241Z-000001.gz",
                "app.log.20261121T153241Z-000001.gz",
                "app.log.20261122T153241Z-000001.gz",
                "app.log"
            ]
        );
        assert_eq!(
            folder.contents(),
            ["0123456789", "0123456789", "0123456789", ""]
        );
    }

    #[test]
    fn an_empty_file_which_may_be_a_reserved_name_is_not_compressed() {
        let folder = Folder::new();
        folder.put("app.log.20261120T153241Z-000001", "");

        open(compressing(&folder));

        assert_eq!(
            folder.names(),
            ["app.log.20261120T153241Z-000001", "app.log"]
        );
    }

    #[test]
    fn a_file_that_can_not_be_compressed_stays_and_is_counted() {
        let folder = Folder::new();
        folder.put("app.log.20261120T153241Z-000001", "line\n");
        // A folder that is not empty can neither be replaced nor removed.
        let name = "app.log.20261120T153241Z-000001.gz";
        fs::create_dir_all(folder.0.join(name).join("full")).unwrap();

        let file = open(compressing(&folder));

        assert_eq!(folder.read("app.log.20261120T153241Z-000001"), "line\n");
        assert_eq!(file.handle().counts().failed_compressions(), 1);
        let failure = file.handle().last_failure().unwrap();
        assert!(failure.to_string().ends_with(
            "app.log.20261120T153241Z-000001 could not be compressed and stays as it is"
        ));
        assert_eq!(folder.names().len(), 3);
    }

    #[test]
    #[cfg(unix)]
    fn a_file_that_somebody_still_writes_to_is_not_compressed() {
        let folder = Folder::new();
        let mut other = LogFile::open(folder.log()).unwrap();
        let mut file = open(compressing(&folder));

        file.write_all(b"line 1\nline 2\n").unwrap();
        assert!(file.handle().settle(LONG));
        assert_eq!(file.handle().counts().compressed(), 0);
        other.write_all(b"from another\n").unwrap();
        drop(other);
        file.write_all(b"line 3\n").unwrap();

        assert!(file.handle().settle(LONG));
        assert_eq!(file.handle().counts().compressed(), 2);
        assert_eq!(folder.contents()[0], "line 1\nfrom another\n");
    }

    #[test]
    #[cfg(unix)]
    fn a_compressed_file_may_be_read_by_those_who_may_read_the_rolled_one() {
        use std::os::unix::fs::PermissionsExt;

        let folder = Folder::new();
        let name = "app.log.20261120T153241Z-000001";
        folder.put(name, "line\n");
        fs::set_permissions(folder.0.join(name), PermissionsExt::from_mode(0o604)).unwrap();

        open(compressing(&folder));

        let compressed = File::open(folder.0.join(format!("{name}.gz"))).unwrap();
        let mode = compressed.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o604);
    }

    #[test]
    fn every_line_is_once_in_the_files_while_they_are_compressed() {
        let folder = Folder::new();
        let file = LogFile::builder(folder.log())
            .roll_at(10_000)
            .compress(Compress::Gzip)
            .open()
            .unwrap();
        let handle = file.handle();
        let worker = Builder::new(file).start().unwrap();

        thread::scope(|scope| {
            for thread in 0..2 {
                let writer = worker.writer();
                scope.spawn(move || {
                    for number in 0..5_000 {
                        writer.write_line(format!("{thread} {number}\n").as_bytes());
                    }
                });
            }
        });
        assert_eq!(worker.finish().lost(), 0);

        assert!(handle.settle(LONG));
        let all = folder.contents().concat();
        for thread in ["0 ", "1 "] {
            let numbers: Vec<usize> = all
                .lines()
                .filter_map(|line| line.strip_prefix(thread))
                .map(|number| number.parse().unwrap())
                .collect();
            assert!(numbers.into_iter().eq(0..5_000));
        }
        let names = folder.names();
        let plain = names.iter().filter(|name| !name.ends_with(".gz"));
        assert_eq!(plain.count(), 1);
    }
}
