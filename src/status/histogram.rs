//! How long something took, counted by steps.

use std::array;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// What each step but the last includes at most. The last has no bound.
pub const BOUNDS: [Duration; 16] = [
    Duration::from_micros(100),
    Duration::from_micros(250),
    Duration::from_micros(500),
    Duration::from_millis(1),
    Duration::from_micros(2_500),
    Duration::from_millis(5),
    Duration::from_millis(10),
    Duration::from_millis(25),
    Duration::from_millis(50),
    Duration::from_millis(100),
    Duration::from_millis(250),
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_millis(2_500),
    Duration::from_secs(5),
    Duration::from_secs(10),
];

pub const STEPS: usize = BOUNDS.len() + 1;

/// Counted by several threads, in memory that other processes read.
#[derive(Debug, Default)]
pub struct Histogram {
    counts: [AtomicU64; STEPS],
    nanoseconds: AtomicU64,
}

/// A histogram at one moment, or the sum of several.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    pub steps: [u64; STEPS],
    pub total: Duration,
}

impl Histogram {
    pub fn count(&self, took: Duration) {
        // Most are quick, so this is found soon.
        let step = BOUNDS.iter().position(|bound| took <= *bound).unwrap_or(STEPS - 1);
        self.counts[step].fetch_add(1, Ordering::Relaxed);
        self.nanoseconds.fetch_add(nanoseconds(took), Ordering::Relaxed);
    }

    pub fn set(&self, counts: &Counts) {
        for (step, calls) in self.counts.iter().zip(counts.steps) {
            step.store(calls, Ordering::Relaxed);
        }
        self.nanoseconds.store(nanoseconds(counts.total), Ordering::Relaxed);
    }

    pub fn read(&self) -> Counts {
        Counts {
            steps: array::from_fn(|step| self.counts[step].load(Ordering::Relaxed)),
            total: Duration::from_nanos(self.nanoseconds.load(Ordering::Relaxed)),
        }
    }
}

impl Counts {
    pub fn all(&self) -> u64 {
        self.steps.iter().sum()
    }

    pub fn add(&mut self, other: &Counts) {
        for (step, more) in self.steps.iter_mut().zip(other.steps) {
            *step += more;
        }
        self.total += other.total;
    }

    /// What has come since it was `before`.
    pub fn since(&self, before: &Counts) -> Counts {
        Counts {
            steps: array::from_fn(|step| self.steps[step].saturating_sub(before.steps[step])),
            total: self.total.saturating_sub(before.total),
        }
    }
}

/// As many as fit: centuries.
pub fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_belongs_to_its_own_step() {
        let histogram = Histogram::default();
        histogram.count(Duration::ZERO);
        histogram.count(BOUNDS[0]);
        histogram.count(BOUNDS[0] + Duration::from_nanos(1));
        histogram.count(Duration::from_secs(11));
        let counts = histogram.read();
        assert_eq!((counts.steps[0], counts.steps[1], counts.steps[STEPS - 1]), (2, 1, 1));
        assert_eq!(counts.all(), 4);
        assert_eq!(counts.total, Duration::from_secs(11) + BOUNDS[0] * 2 + Duration::from_nanos(1));
    }

    #[test]
    fn the_bounds_rise() {
        assert!(BOUNDS.is_sorted_by(|a, b| a < b));
    }
}
