//! Reads logs, and gives the trees that were chosen.

use std::io;

use tasktrail_record::{Record, Tree, Trees};

use super::choice::{Choices, Chooser};
use crate::input::{Input, Outcome};
use crate::reading::{self, Source};

/// So many bytes of one line are read.
const LONGEST_LINE: usize = 256 * 1024 * 1024;

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
    mut take: impl FnMut(Tree) -> io::Result<()> + Send,
) -> io::Result<()> {
    let mut chooser = Chooser::new(choices);
    let mut trees = Trees::new();
    let source = Source {
        inputs,
        longest_line: LONGEST_LINE,
        with: choices.stands_in_line(),
    };
    reading::read(
        source,
        outcome,
        |records: &mut Vec<(u64, Record)>, line| {
            let record = Record::parse(line.bytes).map_err(|error| error.to_string())?;
            records.push((line.number, record));
            Ok(())
        },
        |records, about| {
            for (line, record) in records {
                if !chooser.keeps(&record) {
                    continue;
                }
                let noted = chooser.note(&record);
                match trees.add(record) {
                    Ok(tree) => {
                        let is_chosen = chooser.added(noted, tree.as_ref());
                        if let Some(tree) = tree.filter(|_| is_chosen) {
                            take(tree)?;
                        }
                    }
                    Err(error) => about.bad(line, error.to_string()),
                }
            }
            Ok(())
        },
    )?;
    for tree in trees.finish().filter(|tree| chooser.left(tree)) {
        take(tree)?;
    }
    chooser.tell_what_failed();
    Ok(())
}
