//! Which messages and which tasks are drawn.

use std::collections::HashSet;
use std::time::Duration;

use clap::Args;
use tasktrail_record::{Node, Record, TaskName, Tree};

use crate::moment::Moment;
use crate::nodes::{has_failed, nodes, seconds};
use crate::question::{Message, NotAsked, Query};
use crate::task_name::{self, stands_in_line};

/// What the command line says about it.
#[derive(Debug, Default, Args)]
pub(crate) struct Choices {
    /// Draw this task only; lines without its name (of an id the first 8 digits) are passed over,
    /// whatever else is in them
    #[arg(short = 'u', long, value_name = "UUID", help_heading = "Messages")]
    task_uuid: Option<String>,

    /// Draw only messages for which this JMESPath expression is true; of several, all must be
    #[arg(long, value_name = "QUERY", help_heading = "Messages")]
    select: Vec<Query>,

    /// Draw only messages of this moment or later (ISO 8601; in UTC if it doesn't say)
    #[arg(long, value_name = "START", help_heading = "Messages")]
    start: Option<Moment>,

    /// Draw only messages from before this moment
    #[arg(long, value_name = "END", help_heading = "Messages")]
    end: Option<Moment>,

    /// Draw only tasks in which an action failed
    #[arg(long, help_heading = "Tasks")]
    failed: bool,

    /// Draw only tasks that took longer, such as 200ms or 1m 30s
    #[arg(long, value_name = "DURATION", value_parser = humantime::parse_duration, help_heading = "Tasks")]
    slower: Option<Duration>,

    /// Draw only tasks with a message for which this JMESPath expression is true; of several, each
    /// for a message
    #[arg(long = "where", value_name = "EXPR", help_heading = "Tasks")]
    r#where: Vec<Query>,

    /// Whether `task_uuid` is only the beginning of a name.
    #[arg(skip)]
    is_beginning: bool,
}

impl Choices {
    /// Chooses all tasks whose names begin so.
    pub(crate) fn of_beginning(beginning: &str) -> Self {
        Self {
            task_uuid: Some(beginning.to_owned()),
            is_beginning: true,
            ..Self::default()
        }
    }
}

/// Applies the choices to messages and trees as they come.
#[derive(Debug)]
pub(crate) struct Chooser<'a> {
    choices: &'a Choices,
    select: NotAsked,
    r#where: NotAsked,
    /// For each expression of `--where` the tasks that are not drawn yet and have such a message.
    found: Vec<HashSet<String>>,
}

/// What is known of a message before it is put in its tree.
#[derive(Debug)]
pub(crate) struct Noted {
    task: String,
    /// For which expressions of `--where` this message is one.
    answers: Vec<bool>,
}

impl Choices {
    /// Gives bytes that stand in each line that is drawn.
    pub(super) fn stands_in_line(&self) -> Option<&[u8]> {
        stands_in_line(self.task_uuid.as_deref()?)
    }

    /// Tells whether a task must be whole before it can be chosen.
    pub(crate) fn are_of_tasks(&self) -> bool {
        self.failed || self.slower.is_some() || !self.r#where.is_empty()
    }

    /// Tells whether some messages of a task may be drawn, and others not.
    pub(crate) fn are_of_messages(&self) -> bool {
        self.start.is_some() || self.end.is_some() || !self.select.is_empty()
    }
}

impl<'a> Chooser<'a> {
    pub(crate) fn new(choices: &'a Choices) -> Self {
        Self {
            choices,
            select: NotAsked::default(),
            r#where: NotAsked::default(),
            found: vec![HashSet::new(); choices.r#where.len()],
        }
    }

    /// Tells whether a message is to be drawn, if its task is.
    pub(crate) fn keeps(&mut self, record: &Record) -> bool {
        let choices = self.choices;
        let moment = || record.seconds().and_then(Moment::from_seconds);
        self.is_of_task(record)
            && choices
                .start
                .is_none_or(|start| moment().is_some_and(|moment| moment >= start))
            && choices
                .end
                .is_none_or(|end| moment().is_some_and(|moment| moment < end))
            && (choices.select.is_empty() || {
                let message = Message::new(record);
                let mut answers = self.select.answers(&choices.select, &message);
                answers.all(|is_true| is_true)
            })
    }

    /// Tells whether a message may be of a task that is to be drawn, by its name.
    pub(crate) fn is_of_task(&self, record: &Record) -> bool {
        let choices = self.choices;
        match (&choices.task_uuid, record.task()) {
            (Some(beginning), Some(task)) if choices.is_beginning => {
                task_name::begins(&TaskName::from(task), beginning)
            }
            (Some(wanted), Some(task)) => task_name::is(task, wanted),
            (Some(_), None) => false,
            (None, _) => true,
        }
    }

    /// Asks of a message what is to be known of its task.
    pub(crate) fn note(&mut self, record: &Record) -> Option<Noted> {
        let queries = &self.choices.r#where;
        let task = record.task().filter(|_| !queries.is_empty())?;
        let message = Message::new(record);
        Some(Noted {
            task: task.to_owned(),
            answers: self.r#where.answers(queries, &message).collect(),
        })
    }

    /// Keeps what was asked of a message that is now in its tree: `tree` if that is complete.
    ///
    /// Tells whether the tree is to be drawn.
    pub(crate) fn added(&mut self, noted: Option<Noted>, tree: Option<&Tree>) -> bool {
        // A message outside of actions may have the name of a task that is still open.
        let is_alone = matches!(tree.map(Tree::root), Some(Node::Message(_)));
        let mut is_found = true;
        if let Some(noted) = noted {
            for (answer, found) in noted.answers.into_iter().zip(&mut self.found) {
                match tree {
                    Some(_) if is_alone => is_found &= answer,
                    Some(_) => is_found &= found.remove(&noted.task) || answer,
                    None if answer => {
                        found.insert(noted.task.clone());
                    }
                    None => {}
                }
            }
        }
        is_found && tree.is_some_and(|tree| self.suits(tree))
    }

    /// Tells whether a tree that stayed incomplete is to be drawn.
    pub(crate) fn left(&self, tree: &Tree) -> bool {
        self.found.iter().all(|found| found.contains(tree.task())) && self.suits(tree)
    }

    /// Tells the same, and forgets the task.
    pub(crate) fn forgets(&mut self, tree: &Tree) -> bool {
        let mut is_found = true;
        for found in &mut self.found {
            is_found &= found.remove(tree.task());
        }
        is_found && self.suits(tree)
    }

    fn suits(&self, tree: &Tree) -> bool {
        let has_failed = |node| matches!(node, Node::Action(action) if has_failed(&action));
        let is_slower = |limit: Duration| {
            let seconds = seconds(tree);
            seconds.is_some_and(|seconds| seconds > limit.as_secs_f64())
        };
        (!self.choices.failed || nodes(tree).any(has_failed))
            && self.choices.slower.is_none_or(is_slower)
    }

    /// Tells of the messages that an expression could not be asked of.
    pub(crate) fn tell_what_failed(&self) {
        self.select.tell("--select", &self.choices.select);
        self.r#where.tell("--where", &self.choices.r#where);
    }
}
