//! Logs to a disk that stops taking lines and then takes them again: `faulty_disk WAY FOLDER COPY`.
//!
//! `FOLDER` may be gone for others when the program ends, so it copies there what it wrote. It fails
//! if the disk did not fail as it should, or if the lines are not accounted for.
#![expect(clippy::print_stdout, reason = "the test reads the account")]

use std::env;
use std::error::Error;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use tasktrail_writer::{Builder, FlushError, KIB, LogFile, MIB, Outcome, WhenFull, Worker, Writer};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const LINES: u64 = 40_000;

const SHORT: Duration = Duration::from_millis(10);
const LONG: Duration = Duration::from_secs(60);

/// What a disk still has room for when it is nearly full, in bytes: less than the lines need.
const ROOM: u64 = 64 * 1024;

fn main() -> Result<()> {
    let mut arguments = env::args().skip(1);
    let (Some(way), Some(folder), Some(copy)) =
        (arguments.next(), arguments.next(), arguments.next())
    else {
        return Err("usage: faulty_disk WAY FOLDER COPY".into());
    };
    let disk = Disk {
        folder: PathBuf::from(folder),
    };
    let outcome = match way.as_str() {
        "full" => disk.full(File::create(disk.log())?, WhenFull::Block),
        "full_and_dropping" => disk.full(File::create(disk.log())?, WhenFull::DropNewest),
        "full_and_rolling" => {
            let file = LogFile::builder(disk.log()).roll_at(10_000).open()?;
            disk.full(file, WhenFull::Block)
        }
        "read_only_volume" => disk.read_only_volume(),
        "read_only_folder" => disk.read_only_folder(),
        "read_only_file" => disk.read_only_file(),
        way => return Err(format!("expected a way to fail, found {way}").into()),
    }?;
    let (written, lost, waiting) = (outcome.written(), outcome.lost(), outcome.waiting());
    println!("{written} written, {lost} lost, {waiting} waiting");
    Ok(fs::write(copy, disk.written()?)?)
}

struct Disk {
    folder: PathBuf,
}

impl Disk {
    fn log(&self) -> PathBuf {
        self.folder.join("app.log")
    }

    /// Fills up in the midst of the lines, and is freed when that was noticed.
    fn full(&self, file: impl tasktrail_writer::Destination, rule: WhenFull) -> Result<Outcome> {
        let filler = self.fill()?;
        let memory = match rule {
            // More than there is room for on the disk, less than the lines need.
            WhenFull::DropNewest => 256 * KIB,
            _ => MIB,
        };
        let worker = Builder::new(file).memory(memory).when_full(rule).start()?;

        log(&worker.writer(), 0..LINES);
        wait_for(&worker, ErrorKind::StorageFull)?;
        fs::remove_file(filler)?;
        let before = self.written()?.len();
        expect(before > 0, "lines from before the disk was full")?;
        worker.flush(LONG)?;

        Ok(worker.finish())
    }

    /// Leaves only a little room.
    fn fill(&self) -> Result<PathBuf> {
        let path = self.folder.join("filler");
        let mut filler = File::create(&path)?;
        let full = loop {
            if let Err(error) = filler.write_all(&[b'x'; 4096]) {
                break error;
            }
        };
        expect(full.kind() == ErrorKind::StorageFull, "a disk that is full")?;
        let length = filler.metadata()?.len();
        filler.set_len(length.saturating_sub(ROOM))?;
        Ok(path)
    }

    /// Another volume, which is read-only, lies over the right one for a while.
    fn read_only_volume(&self) -> Result<Outcome> {
        let file = LogFile::open(self.log())?;
        let handle = file.handle();
        let worker = Builder::new(file).start()?;

        log(&worker.writer(), 0..100);
        worker.flush(LONG)?;
        let mount = ["-t", "tmpfs", "-o", "ro,size=64k", "tmpfs"];
        run(Command::new("mount").args(mount).arg(&self.folder))?;
        handle.reopen();
        log(&worker.writer(), 100..200);
        wait_for(&worker, ErrorKind::ReadOnlyFilesystem)?;
        run(Command::new("umount").arg(&self.folder))?;
        worker.flush(LONG)?;
        log(&worker.writer(), 200..300);

        Ok(worker.finish())
    }

    /// The program may write the file for a while, but not the folder.
    fn read_only_folder(&self) -> Result<Outcome> {
        let clock = Arc::new(AtomicU64::new(1_795_361_561));
        let file = LogFile::builder(self.log()).roll_at(1000).clock({
            let clock = Arc::clone(&clock);
            move || SystemTime::UNIX_EPOCH + Duration::from_secs(clock.load(Ordering::Relaxed))
        });
        let file = file.open()?;
        let handle = file.handle();
        let worker = Builder::new(file).start()?;

        log(&worker.writer(), 0..100);
        worker.flush(LONG)?;
        let rolled = handle.counts().rolled();
        expect(rolled > 0, "a file that rolls")?;
        permit(&self.folder, 0o555)?;
        log(&worker.writer(), 100..200);
        worker.flush(LONG)?;
        let counts = handle.counts();
        expect(counts.failed_rolls() > 0, "a file that can't roll")?;
        expect(counts.rolled() == rolled, "no roll in a read-only folder")?;
        let failure = handle.last_failure().ok_or("expected a failure")?;
        let failure = failure.source().and_then(|error| error.downcast_ref());
        let kind = failure.map(io::Error::kind);
        expect(kind == Some(ErrorKind::PermissionDenied), "no permission")?;
        permit(&self.folder, 0o755)?;
        // A roll that failed rests for a second.
        clock.fetch_add(2, Ordering::Relaxed);
        log(&worker.writer(), 200..300);
        worker.flush(LONG)?;
        expect(handle.counts().rolled() > rolled, "a file that rolls again")?;

        Ok(worker.finish())
    }

    /// The file is made read-only while it is written, and has to be opened again.
    fn read_only_file(&self) -> Result<Outcome> {
        let file = LogFile::open(self.log())?;
        let handle = file.handle();
        let worker = Builder::new(file).start()?;

        log(&worker.writer(), 0..100);
        worker.flush(LONG)?;
        permit(&self.log(), 0o444)?;
        // Who has it open goes on.
        log(&worker.writer(), 100..200);
        worker.flush(LONG)?;
        handle.reopen();
        log(&worker.writer(), 200..300);
        wait_for(&worker, ErrorKind::PermissionDenied)?;
        permit(&self.log(), 0o644)?;
        worker.flush(LONG)?;

        Ok(worker.finish())
    }

    /// All that is in the files, in the order of their names, the open one last.
    fn written(&self) -> Result<Vec<u8>> {
        let mut rolled = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let path = entry?.path();
            if path != self.log() {
                rolled.push(path);
            }
        }
        rolled.sort();
        let mut all = Vec::new();
        for path in rolled.iter().chain([&self.log()]) {
            all.extend(fs::read(path)?);
        }
        Ok(all)
    }
}

fn log(writer: &Writer, numbers: std::ops::Range<u64>) {
    for number in numbers {
        writer.write_line(format!("line {number} end\n").as_bytes());
    }
}

/// Waits until the destination has failed in this way.
fn wait_for(worker: &Worker, kind: ErrorKind) -> Result<()> {
    loop {
        match worker.flush(SHORT) {
            Ok(()) => return Err(format!("expected {kind}, found all lines written").into()),
            Err(FlushError::TimedOut {
                failure: Some(failure),
                waiting,
                ..
            }) if failure.kind() == kind => return expect(waiting > 0, "lines that wait"),
            Err(_) => {}
        }
    }
}

#[cfg(unix)]
fn permit(path: &Path, mode: u32) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;

    Ok(fs::set_permissions(path, fs::Permissions::from_mode(mode))?)
}

#[cfg(not(unix))]
fn permit(_: &Path, _: u32) -> Result<()> {
    Err("expected Unix".into())
}

fn run(command: &mut Command) -> Result<()> {
    let status = command.status()?;
    expect(status.success(), &format!("{command:?} to succeed"))
}

fn expect(found: bool, expected: &str) -> Result<()> {
    match found {
        true => Ok(()),
        false => Err(format!("expected {expected}").into()),
    }
}
