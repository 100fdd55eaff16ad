//! What is shown of the lines that come: trees of tasks that are whole, or lines.

use std::collections::HashMap;
use std::io::{self, Write};
use std::time::{Duration, Instant};

use tasktrail_record::{LineProblem, Node, Record, Tree, Trees};

use super::lines::Place;
use super::{Arguments, BAD_LINES_TOLD};
use crate::output::Output;
use crate::tell::tell;
use crate::tree::{Chooser, Pen};

pub(super) struct Shower<'a> {
    arguments: &'a Arguments,
    pen: Pen,
    pub(super) out: Output,
    chooser: Chooser<'a>,
    /// The tasks that are not whole.
    trees: Trees,
    /// Of these the messages that were chosen, if messages are chosen.
    selected: Option<Trees>,
    /// The lines of tasks that may be chosen yet, if lines are to be printed.
    kept: Kept,
    forgotten: Forgotten,
}

impl<'a> Shower<'a> {
    pub(super) fn new(arguments: &'a Arguments, pen: Pen, out: Output) -> Self {
        let selects = arguments.choices.are_of_messages();
        Self {
            arguments,
            pen,
            out,
            chooser: Chooser::new(&arguments.choices),
            trees: Trees::new(),
            selected: selects.then(Trees::new),
            kept: Kept::default(),
            forgotten: Forgotten::default(),
        }
    }

    /// Shows what a line brings; the error is one of the output.
    pub(super) fn line(
        &mut self,
        line: Result<&[u8], LineProblem>,
        log: &str,
        place: Place,
        bad: &mut u64,
    ) -> io::Result<()> {
        let shown = match line.and_then(|line| Ok((line, parse(line)?))) {
            Ok((line, record)) => self.record(record, line)?,
            Err(problem) => Err(problem),
        };
        if let Err(problem) = shown {
            *bad += 1;
            if *bad <= BAD_LINES_TOLD {
                tell(format_args!("{log}{place}: {problem}"));
            }
        }
        Ok(())
    }

    pub(super) fn print(&mut self, text: &[u8]) -> io::Result<()> {
        self.out.write_all(text)
    }

    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    fn record(&mut self, record: Record, line: &[u8]) -> io::Result<Result<(), LineProblem>> {
        if !self.chooser.is_of_task(&record) {
            return Ok(Ok(()));
        }
        let is_kept = self.chooser.keeps(&record);
        if self.arguments.lines && !self.arguments.choices.are_of_tasks() {
            if is_kept {
                self.print_line(line)?;
            }
            return Ok(Ok(()));
        }
        let added = self.add(record, line, is_kept)?;
        self.forget_beyond_memory()?;
        Ok(added)
    }

    fn print_line(&mut self, line: &[u8]) -> io::Result<()> {
        self.out.write_all(line)?;
        self.out.write_all(b"\n")
    }

    /// Puts a record in its task, and shows that if it is whole now.
    fn add(
        &mut self,
        record: Record,
        line: &[u8],
        is_kept: bool,
    ) -> io::Result<Result<(), LineProblem>> {
        let noted = match is_kept {
            true => self.chooser.note(&record),
            false => None,
        };
        let copy = self.selected.is_some() && is_kept;
        let copy = copy.then(|| record.clone());
        let task = record.task().unwrap_or_default().to_owned();
        let whole = match self.trees.add(record) {
            Ok(whole) => whole,
            Err(error) => return Ok(Err(error.into())),
        };
        // A message outside of actions may have the name of a task that is still open.
        let is_alone = matches!(whole.as_ref().map(Tree::root), Some(Node::Message(_)));
        let is_whole = whole.is_some() && !is_alone;
        let tree = match (&mut self.selected, copy) {
            (None, _) => whole,
            (Some(selected), copy) => {
                let tree = copy.and_then(|copy| selected.add(copy).ok().flatten());
                match is_whole {
                    true => tree.or_else(|| selected.take(&task)),
                    false => tree,
                }
            }
        };
        let is_chosen = match &tree {
            tree if is_kept => self.chooser.added(noted, tree.as_ref()),
            Some(tree) => self.chooser.forgets(tree),
            None => false,
        };
        if !self.arguments.lines {
            if let Some(tree) = tree.filter(|_| is_chosen) {
                self.pen.draw(&tree, &mut self.out)?;
            }
            return Ok(Ok(()));
        }
        if is_alone && is_chosen {
            self.print_line(line)?;
        } else if is_kept && !is_alone {
            self.kept.add(&task, line);
        }
        if is_whole
            && let Some(lines) = self.kept.take(&task)
            && is_chosen
        {
            self.print(&lines)?;
        }
        Ok(Ok(()))
    }

    /// Shows the tasks that are not whole, if that was asked for, and tells what was not right.
    pub(super) fn end(&mut self) -> io::Result<()> {
        if self.arguments.open {
            let trees = std::mem::take(&mut self.trees);
            trees.finish().try_for_each(|tree| self.left(tree))?;
        }
        self.forgotten.tell_all(self.arguments.memory);
        self.chooser.tell_what_failed();
        Ok(())
    }

    /// Shows a task that is not whole, as far as it is there.
    fn left(&mut self, tree: Tree) -> io::Result<()> {
        let lines = self.kept.take(tree.task());
        let tree = match &mut self.selected {
            None => Some(tree),
            Some(selected) => selected.take(tree.task()),
        };
        let Some(tree) = tree.filter(|tree| self.chooser.forgets(tree)) else {
            return Ok(());
        };
        match (self.arguments.lines, lines) {
            (true, lines) => self.print(&lines.unwrap_or_default()),
            (false, _) => self.pen.draw(&tree, &mut self.out),
        }
    }

    fn forget_beyond_memory(&mut self) -> io::Result<()> {
        while self.memory() > self.arguments.memory {
            let Some(tree) = self.trees.take_oldest() else {
                break;
            };
            self.left(tree)?;
            self.forgotten.count(self.arguments.memory);
        }
        Ok(())
    }

    /// Estimates what the tasks take that are not whole, in bytes.
    fn memory(&self) -> usize {
        let selected = self.selected.as_ref().map_or(0, Trees::memory);
        self.trees.memory() + selected + self.kept.memory
    }
}

fn parse(line: &[u8]) -> Result<Record, LineProblem> {
    Record::parse(line).map_err(LineProblem::Parse)
}

/// The lines of tasks that are not whole.
#[derive(Debug, Default)]
struct Kept {
    lines: HashMap<String, Vec<u8>>,
    /// In bytes.
    memory: usize,
}

impl Kept {
    fn add(&mut self, task: &str, line: &[u8]) {
        if !self.lines.contains_key(task) {
            self.lines.insert(task.to_owned(), Vec::new());
        }
        if let Some(lines) = self.lines.get_mut(task) {
            self.memory -= lines.capacity();
            lines.reserve(line.len() + 1);
            lines.extend_from_slice(line);
            lines.push(b'\n');
            self.memory += lines.capacity();
        }
    }

    fn take(&mut self, task: &str) -> Option<Vec<u8>> {
        let lines = self.lines.remove(task)?;
        self.memory -= lines.capacity();
        Some(lines)
    }
}

/// Counts the tasks that were forgotten before they were whole.
#[derive(Debug, Default)]
struct Forgotten {
    tasks: u64,
    told: u64,
    told_at: Option<Instant>,
}

/// How often it is told, at most.
const BETWEEN_TELLINGS: Duration = Duration::from_secs(60);

impl Forgotten {
    fn count(&mut self, memory: usize) {
        self.tasks += 1;
        if self
            .told_at
            .is_none_or(|told| told.elapsed() >= BETWEEN_TELLINGS)
        {
            self.tell_all(memory);
        }
    }

    /// Tells how many there are so far, if that is not told yet.
    fn tell_all(&mut self, memory: usize) {
        if self.told == self.tasks {
            return;
        }
        self.told = self.tasks;
        self.told_at = Some(Instant::now());
        tell(format_args!(
            "open tasks took more than --memory {memory}: {} shown as far as chosen, and forgotten",
            match self.tasks {
                1 => "1 was".to_owned(),
                tasks => format!("{tasks} were"),
            }
        ));
    }
}
