//! How often PythonAutoReload may look at a file.
//!
//! A developer's edit has to show in the very next request; a busy site must not
//! pay a `stat` per request. So looks are rationed, not spaced: a budget of
//! `BURST` looks that refills one per `INTERVAL`. Under light traffic every
//! request looks; under load a file is looked at twenty times a second at most.

use super::clock::Microseconds;
use std::cell::Cell;

const INTERVAL: Microseconds = 50_000;
const BURST: Microseconds = 20;

/// The budget of one file.
#[derive(Debug, Default)]
pub struct Ration {
    /// When the budget will be full again.
    full_at: Cell<Microseconds>,
}

impl Ration {
    /// Takes one look out of the budget; false: not now.
    pub fn take(&self, now: Microseconds) -> bool {
        let full_at = self.full_at.get().max(now);
        // A clock set back must not stop reloading: start over.
        let full_at = if full_at - now > (BURST + 1) * INTERVAL { now } else { full_at };
        let allowed = full_at - now <= (BURST - 1) * INTERVAL;
        self.full_at.set(if allowed { full_at + INTERVAL } else { full_at });
        allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Microseconds = 1_000_000;

    #[test]
    fn every_request_of_a_quiet_server_looks() {
        let ration = Ration::default();
        assert!((0..100).all(|n| ration.take(n * SECOND)));
        assert!((0..10).all(|n| ration.take(200 * SECOND + n)));
    }

    #[test]
    fn a_busy_second_costs_twenty_looks_and_the_burst() {
        let ration = Ration::default();
        let looks = (0..10_000).filter(|n| ration.take(SECOND + n * 100)).count();
        assert!((20..=40).contains(&looks), "{looks} looks");
    }

    #[test]
    fn a_clock_that_is_set_back_does_not_stop_reloading() {
        let ration = Ration::default();
        assert!(ration.take(1_000 * SECOND));
        assert!(ration.take(SECOND));
    }
}
