//! Facts that belong together, written by one process while others read them.

use crate::sync::atomic::{AtomicU32, Ordering, fence};
use crate::sync::yield_now;

/// How often a reader tries anew. What a writer does in between takes no longer than a copy of a
/// few hundred bytes, unless it was stopped or killed there.
const ATTEMPTS: u32 = 1000;

/// What the facts carry: odd while they are being written, 0 before they ever were. Readers look
/// at it before and after, and read anew if it has changed (a "seqlock").
#[derive(Debug, Default)]
pub struct Version(AtomicU32);

impl Version {
    /// Writes the facts, which are atomics, in `body`. One writer at a time.
    pub fn write(&self, body: impl FnOnce()) {
        let writing = self.begin();
        body();
        let written = writing.checked_add(1).unwrap_or(2);
        self.0.store(written, Ordering::Release);
    }

    pub(crate) fn begin(&self) -> u32 {
        // Odd already, if a writer was killed.
        let writing = self.0.load(Ordering::Relaxed) | 1;
        self.0.store(writing, Ordering::Relaxed);
        fence(Ordering::Release);
        writing
    }

    /// Whether the facts were ever written.
    pub fn is_written(&self) -> bool {
        self.0.load(Ordering::Acquire) != 0
    }

    /// Reads the facts in `body`. None if they were never written, or a writer does not come to
    /// its end.
    pub fn read<T>(&self, body: impl Fn() -> T) -> Option<T> {
        for _ in 0..ATTEMPTS {
            let before = self.0.load(Ordering::Acquire);
            if before == 0 {
                return None;
            }
            if before % 2 == 0 {
                let found = body();
                fence(Ordering::Acquire);
                if self.0.load(Ordering::Relaxed) == before {
                    return Some(found);
                }
            }
            yield_now();
        }
        None
    }
}
