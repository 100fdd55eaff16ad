//! Reads logs, and gives the trees that were chosen.

use std::io::{self, BufReader};

use tasktrail_record::{LineProblem, Records, Tree, Trees};

use super::choice::{Choices, Chooser};
use crate::input::{Input, Outcome, tell};

/// Large enough that the system is asked seldom, small enough to stay in a cache.
const BUFFER_BYTES: usize = 128 * 1024;

/// Gives each task that was chosen as soon as all of it was read, then those of which something is
/// missing. What goes wrong with a log is told, and the outcome says so.
///
/// # Errors
///
/// Those of `take`, which end the reading.
pub(crate) fn each_chosen(
    choices: &Choices,
    inputs: &[Input],
    outcome: &mut Outcome,
    mut take: impl FnMut(Tree) -> io::Result<()>,
) -> io::Result<()> {
    let mut chooser = Chooser::new(choices);
    let mut trees = Trees::new();
    for input in inputs {
        let log = match input.open() {
            Ok(log) => log,
            Err(error) => {
                tell(format_args!("{input}: can't be opened: {error}"));
                *outcome = Outcome::Failed;
                continue;
            }
        };
        let mut bad_lines = BadLines::of(input);
        let mut records = Records::new(BufReader::with_capacity(BUFFER_BYTES, log.lines));
        while let Some(record) = records.next() {
            let added = match record {
                Ok(record) if !chooser.keeps(&record) => continue,
                Ok(record) => {
                    let noted = chooser.note(&record);
                    let added = trees.add(record).map_err(LineProblem::from);
                    added.map(|tree| (noted, tree))
                }
                Err(error) => Err(error.into_problem()),
            };
            match added {
                Ok((noted, tree)) => {
                    let is_chosen = chooser.added(noted, tree.as_ref());
                    if let Some(tree) = tree.filter(|_| is_chosen) {
                        take(tree)?;
                    }
                }
                Err(LineProblem::Read(error)) => {
                    tell(format_args!("{input}: can't be read: {error}"));
                    *outcome = Outcome::Failed;
                }
                Err(problem) => {
                    bad_lines.tell(records.line(), &problem);
                    *outcome = (*outcome).max(Outcome::Found);
                }
            }
        }
        bad_lines.tell_number_of_others();
    }
    for tree in trees.finish().filter(|tree| chooser.left(tree)) {
        take(tree)?;
    }
    chooser.tell_what_failed();
    Ok(())
}

/// Tells the first bad lines of a log one by one, and of the others how many they are.
struct BadLines<'a> {
    log: &'a Input,
    found: u64,
}

impl<'a> BadLines<'a> {
    /// A file that is no log has a hundred thousand of them; the first say so already.
    const TOLD: u64 = 10;

    fn of(log: &'a Input) -> Self {
        Self { log, found: 0 }
    }

    fn tell(&mut self, line: u64, problem: &LineProblem) {
        self.found += 1;
        if self.found <= Self::TOLD {
            tell(format_args!("{}:{line}: {problem}", self.log));
        }
    }

    fn tell_number_of_others(self) {
        match self.found.saturating_sub(Self::TOLD) {
            0 => {}
            1 => tell(format_args!("{}: 1 more line is bad", self.log)),
            others => tell(format_args!("{}: {others} more lines are bad", self.log)),
        }
    }
}
