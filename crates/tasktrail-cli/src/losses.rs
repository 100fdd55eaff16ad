//! What a schema could not carry.

use std::collections::BTreeMap;

use tasktrail_record::Loss;

use crate::tell::tell;

/// How many lines lost what.
#[derive(Debug, Default)]
pub(crate) struct Losses(BTreeMap<Loss, u64>);

impl Losses {
    /// Keys may have any name, and all of them are told at the end.
    const KINDS: usize = 1000;

    pub(crate) fn add(&mut self, losses: impl IntoIterator<Item = Loss>) {
        losses.into_iter().for_each(|loss| self.add_lines(loss, 1));
    }

    pub(crate) fn join(&mut self, other: Self) {
        for (loss, lines) in other.0 {
            self.add_lines(loss, lines);
        }
    }

    fn add_lines(&mut self, loss: Loss, lines: u64) {
        let loss = match loss {
            Loss::Key(_) if self.0.len() >= Self::KINDS && !self.0.contains_key(&loss) => {
                Loss::Key("others".to_owned())
            }
            loss => loss,
        };
        *self.0.entry(loss).or_default() += lines;
    }

    /// Tells it on the standard error, and whether there is anything to tell.
    pub(crate) fn tell(&self) -> bool {
        for (loss, lines) in &self.0 {
            match lines {
                1 => tell(format_args!("1 line: {loss}")),
                lines => tell(format_args!("{lines} lines: {loss}")),
            }
        }
        !self.0.is_empty()
    }
}
