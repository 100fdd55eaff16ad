//! What a program did, told by itself.

use std::fmt;

/// Tells what happened in an action, as `peers/tasks.py` draws what Eliot's parser found.
///
/// ```
/// use tasktrail_tests::Account;
///
/// let mut sell = Account::default();
/// sell.event(r#"INFO sold {"shares":100}"#);
/// let mut order = Account::default();
/// order.event("INFO received");
/// order.action("sell => succeeded", sell);
///
/// assert_eq!(order.to_string(), r#"INFO received
/// sell => succeeded
///   INFO sold {"shares":100}
/// "#);
/// ```
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Account(Vec<String>);

impl Account {
    /// Tells of an event.
    pub fn event(&mut self, line: impl Into<String>) {
        self.0.push(line.into());
    }

    /// Tells of an action that has ended, and what happened in it.
    pub fn action(&mut self, line: impl Into<String>, inner: Self) {
        self.0.push(line.into());
        self.0
            .extend(inner.0.iter().map(|line| format!("  {line}")));
    }

    /// Tells of what happened next in the same action.
    pub fn extend(&mut self, next: Self) {
        self.0.extend(next.0);
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|line| writeln!(f, "{line}"))
    }
}
