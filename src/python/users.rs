//! Who uses an interpreter, and when it may be ended: a count and two flags in one word,
//! so that "nobody uses it and nobody will" is one step.
//!
//! ```text
//! in use  -- retire -->  retired  -- the last one leaves -->  ended
//! ```

use crate::sync::atomic::{AtomicUsize, Ordering};

/// Nobody is given it any more.
const RETIRED: usize = 1 << (usize::BITS - 1);
/// Nobody may use it any more.
const ENDED: usize = 1 << (usize::BITS - 2);

#[derive(Debug, Default)]
pub struct Users(AtomicUsize);

impl Users {
    /// One user more; false if it has ended.
    pub fn enter(&self) -> bool {
        if self.0.fetch_add(1, Ordering::AcqRel) & ENDED == 0 {
            return true;
        }
        self.0.fetch_sub(1, Ordering::AcqRel);
        false
    }

    /// One user less. True for one caller in the life of the interpreter: who ends it.
    #[must_use]
    pub fn leave(&self) -> bool {
        self.0.fetch_sub(1, Ordering::AcqRel) == (RETIRED | 1) && self.end()
    }

    /// From now on it is given to nobody. True as for `leave`.
    #[must_use]
    pub fn retire(&self) -> bool {
        self.0.fetch_or(RETIRED, Ordering::AcqRel) == 0 && self.end()
    }

    pub fn is_retired(&self) -> bool {
        self.0.load(Ordering::Acquire) & RETIRED != 0
    }

    pub fn is_ended(&self) -> bool {
        self.0.load(Ordering::Acquire) & ENDED != 0
    }

    pub fn count(&self) -> usize {
        self.0.load(Ordering::Relaxed) & !(RETIRED | ENDED)
    }

    fn end(&self) -> bool {
        self.0.compare_exchange(RETIRED, RETIRED | ENDED, Ordering::AcqRel, Ordering::Relaxed).is_ok()
    }
}
