//! What happened, as a tree: built out of records in any order, and drawn.

mod action;
mod actions;
mod drawing;
mod inherited;
mod pen;
mod records;
mod style;
#[cfg(test)]
mod tests;
mod text;
mod trees;

use std::fmt;

use crate::Record;
use actions::Actions;

pub use action::{Action, Node};
pub use drawing::{Charset, Color, Drawing, Theme, Times};
pub use inherited::Inherited;
pub use style::Part;
pub use trees::{AddRecordError, Trees};

/// Holds all messages of one task that were found, each in the action in which it happened.
///
/// Its text is the default [`Drawing`].
///
/// ```
/// use tasktrail_record::{Record, Trees};
///
/// let line = br#"{"order":7,"timestamp":1700000000.0,"task_uuid":"t-1","task_level":[1],"message_type":"paid"}"#;
/// let tree = Trees::new().add(Record::parse(line)?)?;
///
/// let tree = tree.expect("one message outside of any action is a whole task");
/// assert_eq!(tree.task(), "t-1");
/// assert!(tree.is_complete());
/// assert_eq!(
///     tree.to_string(),
///     "t-1\n\
///      └── paid/1 2023-11-14 22:13:20Z\n    \
///          └── order: 7\n\
///      \n",
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Tree {
    task: String,
    root: Root,
}

#[derive(Debug)]
enum Root {
    /// A message that happened outside of any action.
    Message(Box<Record>),
    Actions(Actions),
}

impl Tree {
    /// Gives the name of the task.
    pub fn task(&self) -> &str {
        &self.task
    }

    /// Gives the outermost action, or the one message that happened outside of any.
    pub fn root(&self) -> Node<'_> {
        match &self.root {
            Root::Message(record) => Node::Message(record),
            Root::Actions(actions) => Node::Action(Action::root(actions)),
        }
    }

    /// Tells whether all messages of the task are there.
    ///
    /// They are if each action has a start and an end, and a message or an action for each number
    /// between, and for no other.
    pub fn is_complete(&self) -> bool {
        match &self.root {
            Root::Message(_) => true,
            Root::Actions(actions) => actions.is_complete() && actions.has_each_number(),
        }
    }
}

impl fmt::Display for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        pen::draw(&Drawing::new(), self, f)
    }
}
