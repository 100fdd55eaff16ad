//! To whom a client hands ids.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// Says to which hosts a client hands the ids of its task.
///
/// A stranger is told more than it needs to know, and will not continue the task: the place that was
/// taken for it stays empty, as if lines were missing there.
///
/// ```
/// use tasktrail_http::{ClientLayer, SendTo};
///
/// let layer = ClientLayer::new()
///     .send_to(SendTo::when(|host| host == "localhost" || host.ends_with(".internal")));
/// # assert!(format!("{layer:?}").contains("send_to: When(..)"));
/// ```
#[derive(Clone, Default)]
#[non_exhaustive]
pub enum SendTo {
    /// Everybody: right for a client of your own services. The default.
    #[default]
    Everybody,
    /// Nobody: calls are actions, and no headers are written.
    Nobody,
    /// Those hosts of which the predicate says so: [`SendTo::when`].
    When(Arc<dyn Fn(&str) -> bool + Send + Sync>),
}

impl SendTo {
    /// Hands ids to the hosts of which a predicate says so.
    ///
    /// It is given the host without its port, as the request has it: a name, whose letters may be of
    /// either case, or an address. One that panics has not said yes.
    pub fn when(predicate: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        Self::When(Arc::new(predicate))
    }

    pub(super) fn allows(&self, host: &str) -> bool {
        match self {
            Self::Everybody => true,
            Self::Nobody => false,
            Self::When(predicate) => {
                catch_unwind(AssertUnwindSafe(|| predicate(host))).unwrap_or(false)
            }
        }
    }
}

impl fmt::Debug for SendTo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Everybody => "Everybody",
            Self::Nobody => "Nobody",
            Self::When(_) => "When(..)",
        })
    }
}
