//! Names of rolled files: made, known again, listed.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::period::{calendar, midnight};

/// The ending of a compressed file.
const COMPRESSED: &str = ".gz";

/// The ending of a compressed file that is not whole yet.
const UNFINISHED: &str = ".gz.tmp";

const LAST_NUMBER: u64 = 999_999;

/// What follows the file's own name: `20261122T153241Z-000001`.
///
/// Its order is that of the names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Stamp {
    pub(crate) seconds: u64,
    number: u64,
}

impl Stamp {
    /// The stamp for lines of this time, later than the newest that is there.
    pub(crate) fn after(newest: Option<Stamp>, seconds: u64) -> Stamp {
        match newest {
            Some(newest) if newest.seconds >= seconds => newest.next(),
            _ => Stamp { seconds, number: 1 },
        }
    }

    pub(crate) fn next(self) -> Stamp {
        if self.number < LAST_NUMBER {
            Stamp {
                number: self.number + 1,
                ..self
            }
        } else {
            Stamp {
                seconds: self.seconds + 1,
                number: 1,
            }
        }
    }

    /// The path of the rolled file.
    pub(crate) fn path(self, live: &Path) -> PathBuf {
        let mut name = live.as_os_str().to_owned();
        name.push(format!(".{self}"));
        PathBuf::from(name)
    }

    fn parse(text: &str) -> Option<Stamp> {
        let number = |from: usize, to: usize| -> Option<u64> {
            let digits = text.get(from..to)?;
            let all = digits.bytes().all(|byte| byte.is_ascii_digit());
            digits.parse().ok().filter(|_| all)
        };
        let midnight = midnight(number(0, 4)?, number(4, 6)?, number(6, 8)?)?;
        let time = number(9, 11)? * 3600 + number(11, 13)? * 60 + number(13, 15)?;
        let stamp = Stamp {
            seconds: midnight + time,
            number: number(17, 23)?,
        };
        // Whatever would not be written so was not written here.
        (stamp.number > 0 && stamp.to_string() == text).then_some(stamp)
    }
}

impl fmt::Display for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ((year, month, day), time) = calendar(self.seconds);
        let (hour, minute, second) = (time / 3600, time / 60 % 60, time % 60);
        write!(
            f,
            "{year:04}{month:02}{day:02}T{hour:02}{minute:02}{second:02}Z-{:06}",
            self.number
        )
    }
}

/// The files that one stamp has on the disk: the file, the compressed file, or both after a crash.
#[derive(Debug, Default)]
pub(crate) struct Rolled {
    pub(crate) plain: Option<PathBuf>,
    pub(crate) compressed: Option<PathBuf>,
    /// A compressed file that was not finished.
    pub(crate) unfinished: Option<PathBuf>,
    /// The size of all of them.
    pub(crate) bytes: u64,
    /// The size of the file that is not compressed.
    pub(crate) plain_bytes: u64,
}

impl Rolled {
    pub(crate) fn paths(&self) -> impl Iterator<Item = &PathBuf> {
        let Self {
            plain,
            compressed,
            unfinished,
            ..
        } = self;
        plain.iter().chain(compressed).chain(unfinished)
    }
}

/// All files that were rolled from this one, the oldest first.
pub(crate) fn list(live: &Path) -> io::Result<BTreeMap<Stamp, Rolled>> {
    let mut all: BTreeMap<Stamp, Rolled> = BTreeMap::new();
    let own_name = live.file_name().unwrap_or_default();
    for entry in fs::read_dir(folder(live))? {
        let entry = entry?;
        let Some((stamp, ending)) = parse_name(own_name, &entry.file_name()) else {
            continue;
        };
        // A file that is removed in the meantime is none.
        let Ok(metadata) = entry.metadata() else {
            continue;
        };
        if !metadata.is_file() {
            continue;
        }
        let rolled = all.entry(stamp).or_default();
        rolled.bytes = rolled.bytes.saturating_add(metadata.len());
        match ending {
            Ending::Plain => {
                rolled.plain_bytes = metadata.len();
                rolled.plain = Some(entry.path());
            }
            Ending::Compressed => rolled.compressed = Some(entry.path()),
            Ending::Unfinished => rolled.unfinished = Some(entry.path()),
        }
    }
    Ok(all)
}

pub(crate) fn folder(live: &Path) -> &Path {
    match live.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// The name of a compressed file, and the one it has until it is whole.
pub(crate) fn compressed_names(plain: &Path) -> (PathBuf, PathBuf) {
    let with = |ending: &str| {
        let mut name = plain.as_os_str().to_owned();
        name.push(ending);
        PathBuf::from(name)
    };
    (with(COMPRESSED), with(UNFINISHED))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    Plain,
    Compressed,
    Unfinished,
}

fn parse_name(own_name: &OsStr, name: &OsStr) -> Option<(Stamp, Ending)> {
    let rest = name
        .as_encoded_bytes()
        .strip_prefix(own_name.as_encoded_bytes())?;
    let rest = std::str::from_utf8(rest).ok()?.strip_prefix('.')?;
    let (stamp, ending) = if let Some(stamp) = rest.strip_suffix(UNFINISHED) {
        (stamp, Ending::Unfinished)
    } else if let Some(stamp) = rest.strip_suffix(COMPRESSED) {
        (stamp, Ending::Compressed)
    } else {
        (rest, Ending::Plain)
    };
    Some((Stamp::parse(stamp)?, ending))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(name: &str) -> Option<(Stamp, Ending)> {
        parse_name(OsStr::new("app.log"), OsStr::new(name))
    }

    #[test]
    fn a_name_is_known_again_with_each_ending() {
        let stamp = Stamp::after(None, 1_795_361_561);

        assert_eq!(stamp.to_string(), "20261122T153241Z-000001");
        assert_eq!(
            parse("app.log.20261122T153241Z-000001"),
            Some((stamp, Ending::Plain))
        );
        assert_eq!(
            parse("app.log.20261122T153241Z-000001.gz"),
            Some((stamp, Ending::Compressed))
        );
        assert_eq!(
            parse("app.log.20261122T153241Z-000001.gz.tmp"),
            Some((stamp, Ending::Unfinished))
        );
    }

    #[test]
    fn a_name_that_was_not_made_here_is_not_known() {
        for name in [
            "app.log",
            "app.log.1",
            "app.log.gz",
            "app.log.20261122",
            "app.log.20261122T153241Z",
            "app.log.20261122T153241Z-1",
            "app.log.20261122T153241Z-000000",
            "app.log.20261122T153241Z-000001.bak",
            "app.log.20261122T153241Z-000001.gz.gz",
            "app.log.20261322T153241Z-000001",
            "app.log.20260230T153241Z-000001",
            "app.log.20261122T253241Z-000001",
            "app.log.20261122T15324+Z-000001",
            "app.log.19691231T235959Z-000001",
            "app.log.old.20261122T153241Z-000001",
            "other.log.20261122T153241Z-000001",
            "app.log.20261122T153241Z-0000é",
        ] {
            assert_eq!(parse(name), None, "{name}");
        }
    }

    #[test]
    fn names_go_on_from_the_newest_when_the_clock_is_set_back() {
        let newest = Stamp::after(None, 1000);

        let next = Stamp::after(Some(newest), 10);

        assert!(next > newest);
        assert!(next.to_string() > newest.to_string());
        let last = Stamp {
            seconds: 1000,
            number: LAST_NUMBER,
        };
        assert!(last.next().to_string() > last.to_string());
    }
}
