//! Callers that wait for room.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::sync;

/// Those with precious lines go first.
#[derive(Debug, Default)]
pub(super) struct LineUps {
    precious: LineUp,
    usual: LineUp,
    /// When the first of those who wait now came.
    since: Option<Instant>,
}

impl LineUps {
    pub(super) fn of(&mut self, precious: bool) -> &mut LineUp {
        if precious {
            &mut self.precious
        } else {
            &mut self.usual
        }
    }

    pub(super) fn join(&mut self, precious: bool, cost: usize) -> u64 {
        if self.is_empty() {
            self.since = Some(Instant::now());
        }
        self.of(precious).join(cost)
    }

    /// Says whether the first of those who wait came so long ago.
    pub(super) fn have_waited(&self, time: Duration) -> bool {
        self.since
            .is_some_and(|since| sync::has_passed(since, time))
    }

    #[cfg(test)]
    pub(super) fn set_since(&mut self, since: Option<Instant>) {
        self.since = since;
    }

    pub(super) fn is_empty(&self) -> bool {
        self.precious.waiting.is_empty() && self.usual.waiting.is_empty()
    }

    /// Says whether nobody waits whose turn is before that of a new line.
    pub(super) fn let_pass(&self, precious: bool) -> bool {
        self.precious.waiting.is_empty() && (precious || self.usual.waiting.is_empty())
    }

    /// Whose turn it is: whether that line is precious, and what it takes.
    pub(super) fn next(&self) -> Option<(bool, usize)> {
        let first = |precious, line_up: &LineUp| {
            let (_, cost) = line_up.waiting.front()?;
            Some((precious, *cost))
        };
        first(true, &self.precious).or_else(|| first(false, &self.usual))
    }

    /// Room that was given and is not filled yet.
    pub(super) fn reserved(&self) -> usize {
        self.precious.reserved + self.usual.reserved
    }

    #[cfg(test)]
    pub(super) fn waiting(&self) -> usize {
        self.precious.waiting.len() + self.usual.waiting.len()
    }
}

/// First come, first served: otherwise a long line could wait for ever while short ones slip in.
#[derive(Debug, Default)]
pub(super) struct LineUp {
    waiting: VecDeque<(u64, usize)>,
    next_ticket: u64,
    /// Whoever still waits with a ticket below this one has been given room.
    served: u64,
    reserved: usize,
}

impl LineUp {
    fn join(&mut self, cost: usize) -> u64 {
        let ticket = self.next_ticket;
        self.next_ticket += 1;
        self.waiting.push_back((ticket, cost));
        ticket
    }

    /// Goes in, if room was given; the room counts as filled from now on.
    pub(super) fn enter(&mut self, ticket: u64, cost: usize) -> bool {
        let served = ticket < self.served;
        if served {
            self.reserved -= cost;
        }
        served
    }

    pub(super) fn leave(&mut self, ticket: u64) {
        self.waiting.retain(|(waiting, _)| *waiting != ticket);
    }

    pub(super) fn serve_first(&mut self) {
        if let Some((ticket, cost)) = self.waiting.pop_front() {
            self.served = ticket + 1;
            self.reserved += cost;
        }
    }
}
