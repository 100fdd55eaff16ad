//! The rows: what is done once and once more, and counted.

/// What is done.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Row {
    /// An event with a message and 5 fields, in so many spans of 2 fields each.
    Event { spans: usize },
    /// A span of 3 fields is opened, entered, left and closed, with one event inside, outside of
    /// all other spans.
    Span,
}

/// Does a row's work so many times.
pub(crate) type Work<'a> = &'a mut dyn FnMut(u64);

/// Is handed what does a row's work, once everything is ready for it.
pub(crate) type UseIt<'a> = &'a mut dyn FnMut(Work<'_>);

impl Row {
    pub(crate) const DEPTHS: [usize; 5] = [1, 3, 8, 16, 32];

    pub(crate) fn all() -> Vec<Self> {
        let events = Self::DEPTHS.map(|spans| Self::Event { spans });
        events.into_iter().chain([Self::Span]).collect()
    }

    pub(crate) fn key(self) -> String {
        match self {
            Self::Event { spans } => format!("spans-{spans}"),
            Self::Span => "span".to_owned(),
        }
    }

    pub(crate) fn by_key(key: &str) -> Option<Self> {
        Self::all().into_iter().find(|row| row.key() == key)
    }
}
