//! A set of tokio's tasks, each in the task of whoever spawns it.

use std::ops::{Deref, DerefMut};

use ::tokio::runtime::Handle;
use ::tokio::task::{AbortHandle, LocalSet};

use crate::{hand_over, preserve_context};

/// Spawns as tokio's `JoinSet` does, each future or closure in the task of the caller; all else is
/// tokio's, to which this derefs.
///
/// Dropping the set aborts what it spawned: such actions end as cancelled.
///
/// ```
/// # let lines = tasktrail::example::lines(|| {
/// # let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
/// # runtime.block_on(async {
/// use tasktrail::tokio::JoinSet;
///
/// # let order = tracing::info_span!("order");
/// # tasktrail::in_span(order, async {
/// let mut set = JoinSet::new();
/// for item in 1..=3 {
///     set.spawn(async move { item * 100 });
/// }
/// let mut sum = 0;
/// while let Some(price) = set.join_next().await {
///     sum += price.unwrap();
/// }
/// assert_eq!(sum, 600);
/// # }).await
/// # })
/// # });
/// # assert_eq!(lines.len(), 8);
/// ```
#[derive(Debug)]
pub struct JoinSet<T>(::tokio::task::JoinSet<T>);

impl<T> JoinSet<T> {
    /// Makes an empty set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Gives tokio's set, which hands nothing over.
    pub fn into_inner(self) -> ::tokio::task::JoinSet<T> {
        self.0
    }
}

impl<T: 'static> JoinSet<T> {
    /// Spawns a future in the task of the caller.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime.
    #[track_caller]
    pub fn spawn<F>(&mut self, future: F) -> AbortHandle
    where
        F: Future<Output = T> + Send + 'static,
        T: Send,
    {
        self.0.spawn(hand_over().instrument(future))
    }

    /// Spawns a future on another runtime, in the task of the caller.
    #[track_caller]
    pub fn spawn_on<F>(&mut self, future: F, runtime: &Handle) -> AbortHandle
    where
        F: Future<Output = T> + Send + 'static,
        T: Send,
    {
        self.0.spawn_on(hand_over().instrument(future), runtime)
    }

    /// Spawns a future on the current `LocalSet`, in the task of the caller.
    ///
    /// # Panics
    ///
    /// Outside a `LocalSet`.
    #[track_caller]
    pub fn spawn_local<F>(&mut self, future: F) -> AbortHandle
    where
        F: Future<Output = T> + 'static,
    {
        self.0.spawn_local(hand_over().instrument(future))
    }

    /// Spawns a future on a `LocalSet`, in the task of the caller.
    #[track_caller]
    pub fn spawn_local_on<F>(&mut self, future: F, local: &LocalSet) -> AbortHandle
    where
        F: Future<Output = T> + 'static,
    {
        self.0.spawn_local_on(hand_over().instrument(future), local)
    }

    /// Runs a closure where it may block, in the task of the caller.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime.
    #[track_caller]
    pub fn spawn_blocking<F>(&mut self, f: F) -> AbortHandle
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send,
    {
        self.0.spawn_blocking(preserve_context(f))
    }

    /// Runs a closure where another runtime's may block, in the task of the caller.
    #[track_caller]
    pub fn spawn_blocking_on<F>(&mut self, f: F, runtime: &Handle) -> AbortHandle
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send,
    {
        self.0.spawn_blocking_on(preserve_context(f), runtime)
    }

    /// Waits for all, and gives what they gave, in the order in which they were done.
    ///
    /// # Panics
    ///
    /// If one of them panicked or was aborted, as tokio's does.
    pub async fn join_all(self) -> Vec<T> {
        self.0.join_all().await
    }
}

impl<T> Default for JoinSet<T> {
    fn default() -> Self {
        Self(::tokio::task::JoinSet::new())
    }
}

impl<T> From<::tokio::task::JoinSet<T>> for JoinSet<T> {
    fn from(set: ::tokio::task::JoinSet<T>) -> Self {
        Self(set)
    }
}

impl<T> Deref for JoinSet<T> {
    type Target = ::tokio::task::JoinSet<T>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<T> DerefMut for JoinSet<T> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

/// Spawns each of many futures in the task of the caller.
impl<T, F> FromIterator<F> for JoinSet<T>
where
    F: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    fn from_iter<I: IntoIterator<Item = F>>(futures: I) -> Self {
        let mut set = Self::new();
        for future in futures {
            set.spawn(future);
        }
        set
    }
}
