//! Whose ids a server believes.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use http::request::Parts;

/// Says who may hand a server the ids of a task.
///
/// Whoever may hand one over decides in which task a request runs, and where in it. So it must be
/// somebody who hands each position to one request alone: your own services, and not the world.
///
/// ```
/// use tasktrail_http::{ServerLayer, Trust};
///
/// // At the border, where requests come from anywhere: each starts a task of its own.
/// let gateway = ServerLayer::new();
/// // Behind it, where only the gateway can send requests.
/// let orders = ServerLayer::new().trust(Trust::Anybody);
/// // Both at once: the gateway adds a header that no client gets past it.
/// let mixed = ServerLayer::new().trust(Trust::when(|request| {
///     request.headers.get("x-gateway").is_some_and(|secret| secret == "sesame")
/// }));
/// # for (layer, trust) in [(gateway, "Nobody"), (orders, "Anybody"), (mixed, "When(..)")] {
/// #     assert!(format!("{layer:?}").contains(&format!("trust: {trust}")));
/// # }
/// ```
#[derive(Clone, Default)]
#[non_exhaustive]
pub enum Trust {
    /// Nobody: each request starts a task, and no id from outside is read. The default.
    #[default]
    Nobody,
    /// Anybody who can send a request: right for a service that only your own services reach.
    Anybody,
    /// Those requests of which the predicate says so: [`Trust::when`].
    When(Arc<dyn Fn(&Parts) -> bool + Send + Sync>),
}

impl Trust {
    /// Trusts the requests of which a predicate says so, by their headers, or by what was put
    /// into their extensions, such as the address of the client.
    ///
    /// It is asked once for each request, on the path of that request: it should be quick. One that
    /// panics has not said yes.
    ///
    /// ```
    /// use std::net::SocketAddr;
    /// use tasktrail_http::Trust;
    ///
    /// // axum has it there after `into_make_service_with_connect_info`, as `ConnectInfo<SocketAddr>`.
    /// let trust = Trust::when(|request| {
    ///     let address = request.extensions.get::<SocketAddr>();
    ///     address.is_some_and(|address| address.ip().is_loopback())
    /// });
    /// # assert_eq!(format!("{trust:?}"), "When(..)");
    /// ```
    pub fn when(predicate: impl Fn(&Parts) -> bool + Send + Sync + 'static) -> Self {
        Self::When(Arc::new(predicate))
    }

    pub(super) fn believes(&self, request: &Parts) -> bool {
        match self {
            Self::Nobody => false,
            Self::Anybody => true,
            Self::When(predicate) => {
                catch_unwind(AssertUnwindSafe(|| predicate(request))).unwrap_or(false)
            }
        }
    }
}

impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nobody => "Nobody",
            Self::Anybody => "Anybody",
            Self::When(_) => "When(..)",
        })
    }
}
