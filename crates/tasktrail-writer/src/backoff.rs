//! How long to wait before the next try, and when there is none.

use std::io::ErrorKind;
use std::time::Duration;

use crate::attempt::Failure;

/// Once the end has begun, a destination that fails is tried so many more times.
const LAST_TRIES: u32 = 3;

/// How long to wait before the next try: twice as long each time.
#[derive(Debug)]
pub(crate) struct Backoff {
    /// The tries in a row that were in vain.
    tries: u32,
    /// The tries in a row that failed since the end began.
    last_tries: u32,
    failed: Bounds,
    busy: Bounds,
}

#[derive(Debug)]
struct Bounds {
    shortest: Duration,
    longest: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Self {
            tries: 0,
            last_tries: 0,
            failed: Bounds {
                shortest: Duration::from_millis(10),
                longest: Duration::from_secs(1),
            },
            // It has not failed: somebody at the other end reads slowly.
            busy: Bounds {
                shortest: Duration::from_millis(1),
                longest: Duration::from_millis(50),
            },
        }
    }
}

impl Backoff {
    /// The pause after a try in vain while the program runs.
    pub(crate) fn while_open(&mut self, failure: &Failure) -> Duration {
        let bounds = match failure {
            Failure::Busy => &self.busy,
            Failure::Failed(_) | Failure::LineTooLarge => &self.failed,
        };
        let pause = bounds.pause_after(self.tries);
        self.tries = self.tries.saturating_add(1);
        pause
    }

    /// The pause after a try in vain since the end began; `None` if the destination has failed for
    /// good.
    pub(crate) fn at_the_end(&mut self, failure: &Failure) -> Option<Duration> {
        let Failure::Failed(error) = failure else {
            return Some(self.while_open(failure));
        };
        // Nobody waits for a reader to come back to a pipe when the program ends.
        if error.kind() == ErrorKind::BrokenPipe || self.last_tries >= LAST_TRIES {
            return None;
        }
        // However long the pauses were before: the end is not held up by what failed long ago.
        let pause = self.failed.pause_after(self.last_tries);
        self.last_tries += 1;
        Some(pause)
    }

    /// Takes note that a try has succeeded.
    pub(crate) fn reset(&mut self) {
        self.tries = 0;
        self.last_tries = 0;
    }

    /// One whose pauses are all the same.
    #[cfg(test)]
    pub(crate) fn always(pause: Duration) -> Self {
        let bounds = || Bounds {
            shortest: pause,
            longest: pause,
        };
        Self {
            failed: bounds(),
            busy: bounds(),
            ..Self::default()
        }
    }
}

impl Bounds {
    fn pause_after(&self, tries: u32) -> Duration {
        let factor = 1_u32.checked_shl(tries).unwrap_or(u32::MAX);
        self.shortest.saturating_mul(factor).min(self.longest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(kind: ErrorKind) -> Failure {
        Failure::Failed(kind.into())
    }

    fn millis_at_the_end(backoff: &mut Backoff, failure: &Failure) -> Option<u128> {
        backoff.at_the_end(failure).map(|pause| pause.as_millis())
    }

    #[test]
    fn the_pauses_double_up_to_the_longest() {
        let mut backoff = Backoff::default();
        let failed = failed(ErrorKind::StorageFull);
        let mut pause = || backoff.while_open(&failed).as_millis();

        let pauses: Vec<_> = (0..9).map(|_| pause()).collect();
        assert_eq!(pauses, [10, 20, 40, 80, 160, 320, 640, 1000, 1000]);

        for _ in 0..100 {
            assert_eq!(pause(), 1000);
        }
    }

    #[test]
    fn a_busy_destination_is_asked_again_soon() {
        let mut backoff = Backoff::default();

        let pauses: Vec<_> = (0..8)
            .map(|_| backoff.while_open(&Failure::Busy).as_millis())
            .collect();

        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 50, 50]);
    }

    #[test]
    fn a_pipe_without_a_reader_is_tried_for_ever_while_the_program_runs() {
        let mut backoff = Backoff::default();
        let gone = failed(ErrorKind::BrokenPipe);

        let pauses: Vec<_> = (0..9)
            .map(|_| backoff.while_open(&gone).as_millis())
            .collect();

        assert_eq!(pauses, [10, 20, 40, 80, 160, 320, 640, 1000, 1000]);
    }

    #[test]
    fn at_the_end_a_pipe_without_a_reader_is_not_tried_again() {
        let gone = failed(ErrorKind::BrokenPipe);

        assert_eq!(Backoff::default().at_the_end(&gone), None);
    }

    #[test]
    fn at_the_end_three_short_pauses_are_left_whatever_was_before() {
        let mut backoff = Backoff::default();
        let failed = failed(ErrorKind::StorageFull);
        for _ in 0..100 {
            backoff.while_open(&failed);
        }

        let pauses: Vec<_> = (0..5)
            .map(|_| millis_at_the_end(&mut backoff, &failed))
            .collect();

        assert_eq!(pauses, [Some(10), Some(20), Some(40), None, None]);
    }

    #[test]
    fn at_the_end_a_success_gives_all_tries_back() {
        let mut backoff = Backoff::default();
        let failed = failed(ErrorKind::StorageFull);
        while backoff.at_the_end(&failed).is_some() {}

        backoff.reset();

        assert_eq!(millis_at_the_end(&mut backoff, &failed), Some(10));
    }

    #[test]
    fn at_the_end_a_busy_destination_is_asked_for_ever_and_uses_up_no_try() {
        let mut backoff = Backoff::default();
        let failed = failed(ErrorKind::StorageFull);
        let mut pauses = Vec::new();

        for _ in 0..4 {
            for _ in 0..100 {
                assert!(backoff.at_the_end(&Failure::Busy).is_some());
            }
            pauses.push(millis_at_the_end(&mut backoff, &failed));
        }

        assert_eq!(pauses, [Some(10), Some(20), Some(40), None]);
    }
}
