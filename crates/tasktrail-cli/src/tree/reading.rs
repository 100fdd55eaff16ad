//! Reads logs, and gives the trees that were chosen.

use std::io;

use tasktrail_record::{Record, Tree};

use super::choice::{Choices, Chooser};
use super::forest::{Forest, Problem};
use crate::input::Input;
use crate::outcome::Outcome;
use crate::reading::{self, Source, processors};
use crate::spill::{Spill, SpillError};
use crate::tell::tell;

/// So many bytes of one line are read.
const LONGEST_LINE: usize = 256 * 1024 * 1024;

/// How many bytes tasks that are not complete take in memory, unless something else is said.
pub(crate) const MEMORY: usize = 1024 * 1024 * 1024;

/// Gives each task that was chosen as soon as all of it was read, then those of which something is
/// missing, at last those that did not fit into so many bytes of memory. What goes wrong with a log
/// or with what is kept on disk is told, and the outcome says so.
///
/// # Errors
///
/// Those of `take`, which end the reading.
pub(crate) fn each_chosen(
    choices: &Choices,
    inputs: &[Input],
    memory: usize,
    outcome: &mut Outcome,
    take: impl FnMut(Tree) -> io::Result<()> + Send,
) -> io::Result<()> {
    let spill = Spill::new(std::env::temp_dir());
    let mut forest = Forest::new(memory, &spill);
    let mut grower = Grower {
        chooser: Chooser::new(choices),
        memory,
        spill: &spill,
        take,
        bad: 0,
    };
    let mut broken = None;
    let with = choices.stands_in_line();
    let source = Source {
        inputs,
        longest_line: LONGEST_LINE,
        with,
        // Records come back to one thread, and trees of them are drawn there: to part that work from
        // the parsing took longer than both.
        threads: if with.is_some() { processors() } else { 1 },
    };
    let read = reading::read(
        source,
        outcome,
        |records: &mut Vec<(u64, Record)>, line| {
            let record = Record::parse(line.bytes).map_err(|error| error.to_string())?;
            records.push((line.number, record));
            Ok(())
        },
        |records, about| {
            for (line, record) in records {
                if !grower.chooser.keeps(&record) {
                    continue;
                }
                match grower.grow(&mut forest, record) {
                    Ok(()) => {}
                    Err(Ended::Bad(why)) => about.bad(line, why),
                    Err(Ended::Taken(error)) => return Err(error),
                    Err(Ended::Disk(error)) => {
                        broken = Some(error);
                        return Err(io::ErrorKind::Other.into());
                    }
                }
            }
            Ok(())
        },
    );
    let ended = match (broken, read) {
        (Some(error), _) => Err(Ended::Disk(error)),
        (None, Err(error)) => Err(Ended::Taken(error)),
        (None, Ok(_)) => grower.finish(forest),
    };
    if grower.bad > 0 {
        outcome.worsen(Outcome::Found);
    }
    grower.chooser.tell_what_failed();
    match ended {
        Ok(()) | Err(Ended::Bad(_)) => Ok(()),
        Err(Ended::Taken(error)) => Err(error),
        Err(Ended::Disk(error)) => {
            error.tell("not all tasks are there");
            outcome.worsen(Outcome::Failed);
            Ok(())
        }
    }
}

/// Puts records into trees, and gives those that were chosen.
struct Grower<'a, F> {
    chooser: Chooser<'a>,
    memory: usize,
    spill: &'a Spill,
    take: F,
    /// How many records had no place in a tree when they came back from disk.
    bad: u64,
}

/// Says why a record is in no tree, or why nothing more is to be read.
enum Ended {
    /// The record has no place in a tree.
    Bad(String),
    /// The temporary file failed.
    Disk(SpillError),
    /// Nobody takes more trees.
    Taken(io::Error),
}

/// How many bad records are told one by one.
const TOLD: u64 = 10;

impl<F: FnMut(Tree) -> io::Result<()>> Grower<'_, F> {
    fn grow(&mut self, forest: &mut Forest<'_>, record: Record) -> Result<(), Ended> {
        if forest.is_away(&record) {
            return Ok(forest.follow(record)?);
        }
        let noted = self.chooser.note(&record);
        let tree = forest.add(record)?;
        let is_chosen = self.chooser.added(noted, tree.as_ref());
        match tree.filter(|_| is_chosen) {
            Some(tree) => (self.take)(tree).map_err(Ended::Taken),
            None => Ok(()),
        }
    }

    /// Gives the trees that are left, and builds those whose records wait on disk.
    fn finish(&mut self, forest: Forest<'_>) -> Result<(), Ended> {
        let (left, away) = forest.finish();
        for tree in left.filter(|tree| self.chooser.left(tree)) {
            (self.take)(tree).map_err(Ended::Taken)?;
        }
        for records in away {
            let mut forest = Forest::new(self.memory, self.spill);
            for record in records {
                let record = record.map_err(Ended::Disk)?;
                let task = record.task().unwrap_or_default().to_owned();
                match self.grow(&mut forest, record) {
                    Err(Ended::Bad(why)) => self.tell_bad(&task, &why),
                    grown => grown?,
                }
            }
            self.finish(forest)?;
        }
        Ok(())
    }

    fn tell_bad(&mut self, task: &str, why: &str) {
        self.bad += 1;
        match self.bad {
            ..=TOLD => tell(format_args!("task {task}: {why}")),
            _ if self.bad == TOLD + 1 => tell(format_args!("more lines like these are bad")),
            _ => {}
        }
    }
}

impl From<Problem> for Ended {
    fn from(problem: Problem) -> Self {
        match problem {
            Problem::Add(error) => Self::Bad(error.to_string()),
            Problem::Disk(error) => Self::Disk(error),
        }
    }
}
