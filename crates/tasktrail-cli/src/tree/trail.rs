//! The layout `trail`: a line for each action, with a bar for its duration.

pub(crate) mod line;
mod notes;
mod pen;
pub(crate) mod said;
pub(crate) mod siblings;
pub(crate) mod signs;

use std::collections::HashSet;
use std::io;

use tasktrail_record::{Charset, Times, Tree};

/// How trees are drawn in this layout.
#[derive(Debug)]
pub(crate) struct Trail {
    pub(super) charset: Charset,
    pub(super) is_colored: bool,
    pub(super) has_colored_lines: bool,
    pub(super) times: Times,
    /// How many characters of a value are drawn.
    pub(super) field_limit: usize,
    /// The keys that are left out; if there are none, those that names tell already.
    pub(super) ignored: HashSet<String>,
    /// How many siblings of one name are drawn before others are only counted.
    pub(super) siblings: usize,
    /// In columns.
    pub(super) width: usize,
}

impl Trail {
    /// Draws one task and the empty line after it.
    ///
    /// # Errors
    ///
    /// If the destination fails.
    pub(super) fn draw(&self, tree: &Tree, destination: &mut impl io::Write) -> io::Result<()> {
        pen::draw(self, tree, destination)
    }
}
