//! Channels that hand the sender's task over with each item.
//!
//! A receiver is tokio's own, and is given each item with its [`HandOver`]: what is
//! done for the item goes on in the task of whoever sent it.
//!
//! ```
//! # let lines = tasktrail::example::lines(|| {
//! # let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
//! # runtime.block_on(async {
//! use tasktrail::tokio::mpsc;
//!
//! let (sender, mut receiver) = mpsc::channel(100);
//! let packing = tokio::spawn(async move {
//!     while let Some((task, order)) = receiver.recv().await {
//!         task.instrument(pack(order)).await;
//!     }
//! });
//!
//! let order = tracing::info_span!("order", id = 17);
//! tasktrail::in_span(order, async { sender.send(17).await.unwrap() }).await;
//! # drop(sender);
//! # packing.await.unwrap();
//!
//! async fn pack(order: u32) {
//!     tracing::info!(order, "packed");
//! }
//! # })
//! # });
//! # let packed = lines.iter().find(|line| line.contains("packed")).unwrap();
//! # assert!(packed.contains(r#""task_level":[2,2]"#), "{lines:?}");
//! ```
//!
//! A number is taken when there is room for the item: what waits for room and is dropped, and what a
//! closed channel gives back, took none. An item that is dropped without being received closes its
//! level with `never_continued`, as does one whose hand-over the receiver drops.

use std::ops::Deref;

use ::tokio::sync::mpsc;
use ::tokio::sync::mpsc::error::{SendError, TrySendError};

use crate::{HandOver, hand_over};

/// Receives items from a channel with room for so many, each with its task.
pub type Receiver<T> = mpsc::Receiver<(HandOver, T)>;

/// Receives items from a channel with room for any number, each with its task.
pub type UnboundedReceiver<T> = mpsc::UnboundedReceiver<(HandOver, T)>;

/// Makes a channel with room for `buffer` items, as tokio's does.
///
/// # Panics
///
/// If `buffer` is 0 or more than tokio allows.
#[track_caller]
pub fn channel<T>(buffer: usize) -> (Sender<T>, Receiver<T>) {
    let (sender, receiver) = mpsc::channel(buffer);
    (Sender(sender), receiver)
}

/// Makes a channel with room for any number of items, as tokio's does.
///
/// ```
/// # let lines = tasktrail::example::lines(|| {
/// let (sender, mut receiver) = tasktrail::tokio::mpsc::unbounded_channel();
/// tracing::info_span!("order").in_scope(|| sender.send(17)).unwrap();
///
/// let (task, order) = receiver.try_recv().unwrap();
/// task.run(|| tracing::info!(order, "packed"));
/// # });
/// # assert!(lines[2].contains(r#""task_level":[2,1]"#), "{lines:?}");
/// # assert!(lines[3].contains(r#""task_level":[2,2]"#), "{lines:?}");
/// ```
pub fn unbounded_channel<T>() -> (UnboundedSender<T>, UnboundedReceiver<T>) {
    let (sender, receiver) = mpsc::unbounded_channel();
    (UnboundedSender(sender), receiver)
}

/// Sends items, each with the task of the caller; all else is tokio's, to which this derefs.
#[derive(Debug)]
pub struct Sender<T>(mpsc::Sender<(HandOver, T)>);

impl<T> Sender<T> {
    /// Waits until there is room, and sends an item in the task of the caller.
    ///
    /// # Errors
    ///
    /// If the channel is closed; the error holds the item.
    pub async fn send(&self, item: T) -> Result<(), SendError<T>> {
        match self.0.reserve().await {
            Ok(room) => {
                room.send((hand_over(), item));
                Ok(())
            }
            Err(SendError(())) => Err(SendError(item)),
        }
    }

    /// Sends an item in the task of the caller if there is room now.
    ///
    /// # Errors
    ///
    /// If there is no room, or the channel is closed; the error holds the item.
    pub fn try_send(&self, item: T) -> Result<(), TrySendError<T>> {
        match self.0.try_reserve() {
            Ok(room) => {
                room.send((hand_over(), item));
                Ok(())
            }
            Err(TrySendError::Full(())) => Err(TrySendError::Full(item)),
            Err(TrySendError::Closed(())) => Err(TrySendError::Closed(item)),
        }
    }

    /// Blocks until there is room, and sends an item in the task of the caller.
    ///
    /// The number is taken before there is room; a closed channel closes its level with
    /// `never_continued`.
    ///
    /// # Errors
    ///
    /// If the channel is closed; the error holds the item.
    ///
    /// # Panics
    ///
    /// Within asynchronous code, as tokio's does.
    #[track_caller]
    pub fn blocking_send(&self, item: T) -> Result<(), SendError<T>> {
        self.0
            .blocking_send((hand_over(), item))
            .map_err(|SendError((_, item))| SendError(item))
    }

    /// Gives tokio's sender, which is given hand-overs by hand.
    pub fn into_inner(self) -> mpsc::Sender<(HandOver, T)> {
        self.0
    }
}

/// Sends items, each with the task of the caller; all else is tokio's, to which this derefs.
#[derive(Debug)]
pub struct UnboundedSender<T>(mpsc::UnboundedSender<(HandOver, T)>);

impl<T> UnboundedSender<T> {
    /// Sends an item in the task of the caller.
    ///
    /// # Errors
    ///
    /// If the channel is closed; the error holds the item.
    pub fn send(&self, item: T) -> Result<(), SendError<T>> {
        if self.0.is_closed() {
            return Err(SendError(item));
        }
        // Closed just now: the level is closed, too.
        self.0
            .send((hand_over(), item))
            .map_err(|SendError((_, item))| SendError(item))
    }

    /// Gives tokio's sender, which is given hand-overs by hand.
    pub fn into_inner(self) -> mpsc::UnboundedSender<(HandOver, T)> {
        self.0
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> Clone for UnboundedSender<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> Deref for Sender<T> {
    type Target = mpsc::Sender<(HandOver, T)>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<T> Deref for UnboundedSender<T> {
    type Target = mpsc::UnboundedSender<(HandOver, T)>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

/// As `downgrade` and `upgrade` of tokio's own give it back.
impl<T> From<mpsc::Sender<(HandOver, T)>> for Sender<T> {
    fn from(sender: mpsc::Sender<(HandOver, T)>) -> Self {
        Self(sender)
    }
}

/// As `downgrade` and `upgrade` of tokio's own give it back.
impl<T> From<mpsc::UnboundedSender<(HandOver, T)>> for UnboundedSender<T> {
    fn from(sender: mpsc::UnboundedSender<(HandOver, T)>) -> Self {
        Self(sender)
    }
}
