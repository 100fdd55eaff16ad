//! What the C library tells a process: that it exits, and that it is the child of a fork.
//!
//! The only unsafe code of this crate: two functions of the C library that std does not have.

#[cfg(all(unix, not(loom)))]
pub(crate) use unix::at_exit;

/// A process, told apart from those that it forked from.
///
/// Unlike the process's number this costs no call to the system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Here {
    #[cfg(all(unix, not(loom)))]
    forks: u32,
}

impl Here {
    /// This process, whose children are told apart from it from the first call on.
    pub(crate) fn watched() -> Self {
        #[cfg(all(unix, not(loom)))]
        unix::watch_forks();
        Self::now()
    }

    /// A place among so many, another one than that of the process it was forked from.
    #[cfg(not(loom))]
    pub(crate) fn among(self, places: usize) -> usize {
        #[cfg(unix)]
        return self.forks as usize % places;
        #[cfg(not(unix))]
        return 0;
    }

    #[inline]
    pub(crate) fn now() -> Self {
        Self {
            #[cfg(all(unix, not(loom)))]
            forks: unix::forks(),
        }
    }
}

#[cfg(all(unix, not(loom)))]
#[expect(unsafe_code, reason = "std has neither `atexit` nor `pthread_atfork`")]
mod unix {
    use std::sync::Once;
    use std::sync::atomic::{AtomicU32, Ordering};

    /// How many forks lie between this process and the one in which the program began.
    static FORKS: AtomicU32 = AtomicU32::new(0);

    extern "C" fn forked() {
        FORKS.fetch_add(1, Ordering::Relaxed);
    }

    #[inline]
    pub(super) fn forks() -> u32 {
        FORKS.load(Ordering::Relaxed)
    }

    pub(super) fn watch_forks() {
        static ONCE: Once = Once::new();
        ONCE.call_once(|| {
            // SAFETY: the function is there as long as the program, and adds to an atomic number:
            // that is allowed in the child of a fork, whatever the other threads were doing.
            //
            // Refused only when there is no memory, and then nothing better can be done.
            let _ = unsafe { libc::pthread_atfork(None, None, Some(forked)) };
        });
    }

    /// Has a function called at the exit of this process.
    pub(crate) fn at_exit(exits: extern "C" fn()) {
        // SAFETY: the function is there as long as the program. Refused as above.
        let _ = unsafe { libc::atexit(exits) };
    }
}
