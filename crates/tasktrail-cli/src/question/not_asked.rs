//! What could not be asked.

use super::{Message, Query};
use crate::tell::tell;

/// To how many messages each of several questions could not be put, and why the first.
#[derive(Debug, Default)]
pub(crate) struct NotAsked(Vec<(u64, String)>);

impl NotAsked {
    /// Tells of each question whether the answer is yes, which it is not where it can't be put.
    pub(crate) fn answers<'a>(
        &'a mut self,
        queries: &'a [Query],
        message: &'a Message,
    ) -> impl Iterator<Item = bool> + 'a {
        queries.iter().enumerate().map(move |(place, query)| {
            query.is_true_of(message).unwrap_or_else(|reason| {
                self.add(place, 1, reason);
                false
            })
        })
    }

    fn add(&mut self, place: usize, messages: u64, reason: String) {
        if self.0.len() <= place {
            self.0.resize_with(place + 1, Default::default);
        }
        if let Some(entry) = self.0.get_mut(place) {
            if entry.0 == 0 {
                entry.1 = reason;
            }
            entry.0 += messages;
        }
    }

    /// Takes in what could not be asked later.
    pub(crate) fn join(&mut self, later: Self) {
        for (place, (messages, reason)) in later.0.into_iter().enumerate() {
            self.add(place, messages, reason);
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Tells it on the standard error, if there is anything to tell.
    pub(crate) fn tell(&self, flag: &str, queries: &[Query]) {
        for ((messages, reason), query) in self.0.iter().zip(queries) {
            let messages = match messages {
                0 => continue,
                1 => "1 message".to_owned(),
                messages => format!("{messages} messages"),
            };
            tell(format_args!(
                "{flag} {:?}: taken as false for {messages}, first because: {reason}",
                query.text
            ));
        }
    }
}
