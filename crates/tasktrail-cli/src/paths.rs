//! Chooses records by the paths of their actions: the names of the actions in which they stand.
//!
//! The names around a record stand on other lines, in any order. What is made of a record waits
//! until they are known, as far as they matter.

mod actions;
mod held;
mod pattern;
mod patterns;

use std::hash::{BuildHasher, RandomState};
use std::io;

use tasktrail_record::{Glance, GlanceKind};

use crate::tell::tell;
use actions::{Actions, Answers, Key};
use held::Held;
pub(crate) use held::Order;
pub(crate) use pattern::{Pattern, matches};
pub(crate) use patterns::Patterns;

/// What is to be known of a line.
#[derive(Debug)]
pub(crate) struct Found<T> {
    /// The action of the record, and before it those around it; the first is the root.
    keys: Vec<Key>,
    /// How the action is called, if this is its start or its end.
    name: Option<String>,
    /// Whether it is wanted, if that is known by itself.
    is_wanted: Option<bool>,
    /// What was made of it, and how many bytes that has.
    made: Option<(T, usize)>,
}

/// Gives actions keys, and looks at lines.
#[derive(Debug)]
pub(crate) struct Looking<'p> {
    patterns: &'p Patterns,
    hashers: [RandomState; 2],
}

impl<'p> Looking<'p> {
    pub(crate) fn new(patterns: &'p Patterns) -> Self {
        Self {
            patterns,
            hashers: [RandomState::new(), RandomState::new()],
        }
    }

    /// Looks at a line of which `make` makes something, if it may be wanted, with how many bytes
    /// that has; `None` if the line says nothing.
    ///
    /// # Errors
    ///
    /// Those of `make`.
    pub(crate) fn look<T>(
        &self,
        glance: &Glance<'_>,
        make: impl FnOnce() -> Result<Option<(T, usize)>, String>,
    ) -> Result<Option<Found<T>>, String> {
        let name = match glance.kind() {
            GlanceKind::Start { action_type } | GlanceKind::End { action_type } => {
                Some(&**action_type)
            }
            GlanceKind::Message => None,
        };
        let keys = match glance.place() {
            // An event that is a task of its own is in no action.
            Some((_, level)) if name.is_none() && level.numbers() == [1] => Vec::new(),
            _ => self.keys(glance),
        };
        let is_wanted = match name {
            Some(name) if self.patterns.is_name(name) => Some(true),
            _ if keys.is_empty() => Some(false),
            Some(name) if !self.patterns.may_end_in(name) => Some(false),
            _ => None,
        };
        let made = match is_wanted {
            Some(false) => None,
            _ => make()?,
        };
        let says_something = made.is_some() || (name.is_some() && !keys.is_empty());
        Ok(says_something.then(|| Found {
            keys,
            name: name.map(str::to_owned),
            is_wanted,
            made,
        }))
    }

    fn keys(&self, glance: &Glance<'_>) -> Vec<Key> {
        let Some((task, level)) = glance.place() else {
            return Vec::new();
        };
        let [one, other] = &self.hashers;
        let root = (u128::from(one.hash_one(task)) << 64) | u128::from(other.hash_one(task));
        let mut keys = vec![root];
        let mut last = root;
        let (_, actions) = level.numbers().split_last().unwrap_or((&0, &[]));
        for number in actions {
            let next = (last, number);
            last = (u128::from(one.hash_one(next)) << 64) | u128::from(other.hash_one(next));
            keys.push(last);
        }
        keys
    }
}

/// Hands on what was made of the records that are wanted.
#[derive(Debug)]
pub(crate) struct Choice<'p, T> {
    patterns: &'p Patterns,
    actions: Actions,
    held: Held<T>,
}

impl<'p, T> Choice<'p, T> {
    /// Keeps to so many bytes of memory, roughly.
    pub(crate) fn new(patterns: &'p Patterns, memory: usize, order: Order) -> Self {
        Self {
            patterns,
            actions: Actions::new(memory / 2),
            held: Held::new(memory / 2, order),
        }
    }

    /// Takes a line in, in the order of the logs, and gives what is known to be wanted by it.
    ///
    /// # Errors
    ///
    /// Those of `give`.
    pub(crate) fn add(
        &mut self,
        found: Found<T>,
        give: &mut impl FnMut(T) -> io::Result<()>,
    ) -> io::Result<()> {
        let Found {
            keys,
            name,
            is_wanted,
            made,
        } = found;
        if let Some(name) = name {
            let answers = self.actions.learn(&keys, &name, self.patterns);
            self.answer(answers, give)?;
        }
        if let Some((made, bytes)) = made {
            let is_wanted = is_wanted.or_else(|| {
                let progress = self.actions.progress(&keys, self.patterns);
                self.patterns.answer(progress)
            });
            match (is_wanted, keys.last()) {
                (Some(true), _) => self.held.add_wanted(made, bytes, give)?,
                (None, Some(key)) => {
                    let number = self.held.add_waiting(made, bytes);
                    self.actions.wait(*key, number);
                }
                _ => {}
            }
        }
        self.keep_to_memory(give)
    }

    fn keep_to_memory(&mut self, give: &mut impl FnMut(T) -> io::Result<()>) -> io::Result<()> {
        let waited = self.actions.keep_to_memory();
        if !waited.is_empty() {
            waited
                .into_iter()
                .for_each(|number| self.held.give_up(number));
            self.held.give_first(give)?;
        }
        self.held.keep_to_memory(give)
    }

    fn answer(
        &mut self,
        answers: Answers,
        give: &mut impl FnMut(T) -> io::Result<()>,
    ) -> io::Result<()> {
        if answers.is_empty() {
            return Ok(());
        }
        for (number, is_wanted) in answers {
            self.held.answer(number, is_wanted, give)?;
        }
        self.held.give_first(give)
    }

    /// Gives the rest of what is wanted, and tells on the standard error for how many records that
    /// is not known, and why.
    ///
    /// # Errors
    ///
    /// Those of `give`.
    pub(crate) fn finish(
        self,
        give: &mut impl FnMut(T) -> io::Result<()>,
    ) -> io::Result<Undecided> {
        let (early, given_up) = (self.held.early, self.held.given_up);
        let forgotten = self.actions.forgotten();
        let without_answer = self.held.finish(give)?;
        Ok(Undecided {
            without_answer,
            given_up,
            forgotten,
            early,
        })
    }
}

/// How many records there are of which it is not known whether they are wanted, and why.
#[derive(Debug)]
pub(crate) struct Undecided {
    without_answer: u64,
    given_up: u64,
    forgotten: u64,
    early: u64,
}

impl Undecided {
    /// Tells it on the standard error, and whether there is anything to tell.
    pub(crate) fn tell(&self) -> bool {
        let records = |number: u64| match number {
            1 => "1 record is".to_owned(),
            number => format!("{number} records are"),
        };
        if self.without_answer > 0 {
            let forgotten = match self.forgotten {
                0 => "",
                _ => ", or were forgotten to keep to --memory",
            };
            tell(format_args!(
                "{} left out, as it can't be told whether --action holds: neither the start nor the \
                 end of an action around is in the logs{forgotten}",
                records(self.without_answer)
            ));
        }
        if self.given_up > 0 {
            tell(format_args!(
                "{} left out, as too many waited for the names of actions around: more --memory \
                 may help",
                records(self.given_up)
            ));
        }
        if self.early > 0 {
            tell(format_args!(
                "{} printed before earlier ones that had to wait, to keep to --memory",
                records(self.early)
            ));
        }
        self.without_answer + self.given_up + self.early > 0
    }
}
