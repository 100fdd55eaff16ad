//! The stack on which something failed, as text, where some output asks for it.

use std::backtrace::Backtrace;
use std::fmt::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};

/// Some output of the program shows backtraces.
static WANTED: AtomicBool = AtomicBool::new(false);

/// A deep recursion has a stack of many megabytes.
const LONGEST: usize = 64 * 1024;

/// Says that some output of the program shows backtraces.
pub(crate) fn want() {
    WANTED.store(true, Ordering::Relaxed);
}

/// Gives the present stack, if some output shows it; otherwise an empty text.
pub(super) fn if_wanted() -> String {
    match WANTED.load(Ordering::Relaxed) {
        true => captured(),
        false => String::new(),
    }
}

/// Gives the present stack, of which at most 64 KiB.
pub(crate) fn captured() -> String {
    let mut text = Bounded(String::new());
    if write!(text, "{}", Backtrace::force_capture()).is_err() {
        text.0.push_str("...\n");
    }
    text.0
}

/// A text that takes no more once it is long.
struct Bounded(String);

impl Write for Bounded {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.0.len() + text.len() > LONGEST {
            return Err(fmt::Error);
        }
        self.0.push_str(text);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backtrace_names_its_callers_and_that_of_a_deep_stack_is_cut() {
        fn deep(left: u32) -> String {
            let text = match left {
                0 => captured(),
                _ => deep(left - 1),
            };
            std::hint::black_box(text)
        }

        let (short, long) = (deep(0), deep(2_000));

        assert!(short.contains("backtrace::tests::"), "{short}");
        assert!(!short.ends_with("...\n"));
        assert!(long.ends_with("...\n"));
        assert!((LONGEST / 2..=LONGEST + 4).contains(&long.len()));
    }
}
