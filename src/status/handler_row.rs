//! What is counted of one handler in one phase, in memory that other processes read.

use super::histogram::{Counts, Histogram};
use super::text::Text;
use super::version::Version;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

#[derive(Debug, Default)]
pub struct HandlerRow {
    version: Version,
    /// The directive; of a filter, its name.
    phase: Text<8>,
    handler: Text<24>,
    calls: Histogram,
    errors: AtomicU64,
    /// What the children before have counted.
    calls_before: Histogram,
    errors_before: AtomicU64,
}

/// What a handler's row says at one moment.
#[derive(Debug, Clone)]
pub struct HandlerFacts {
    pub phase: Vec<u8>,
    /// As configured.
    pub handler: Vec<u8>,
    pub calls: Counts,
    /// Failures.
    pub errors: u64,
}

impl HandlerRow {
    /// It is this one's from now on. One thread at a time.
    pub fn assign(&self, phase: &[u8], handler: &[u8]) {
        self.version.write(|| {
            self.phase.set(phase);
            self.handler.set(handler);
        });
    }

    pub fn is_of(&self, phase: &[u8], handler: &[u8]) -> bool {
        self.phase.is(phase) && self.handler.is(handler)
    }

    pub fn is_assigned(&self) -> bool {
        self.version.is_written()
    }

    /// None if it is nobody's.
    pub fn read(&self) -> Option<HandlerFacts> {
        self.version.read(|| HandlerFacts {
            phase: self.phase.get(),
            handler: self.handler.get(),
            calls: self.calls.read(),
            errors: self.errors.load(Ordering::Relaxed),
        })
    }

    /// The same, without what the children before have counted.
    pub fn read_of_child(&self) -> Option<HandlerFacts> {
        let facts = self.read()?;
        Some(HandlerFacts {
            calls: facts.calls.since(&self.calls_before.read()),
            errors: facts.errors.saturating_sub(self.errors_before.load(Ordering::Relaxed)),
            ..facts
        })
    }

    /// Another child has it from now on.
    pub fn begin_child(&self) {
        self.calls_before.set(&self.calls.read());
        self.errors_before.store(self.errors.load(Ordering::Relaxed), Ordering::Relaxed);
    }

    pub fn count_call(&self, took: Duration) {
        self.calls.count(took);
    }

    pub fn count_error(&self) {
        self.errors.fetch_add(1, Ordering::Relaxed);
    }
}

impl HandlerFacts {
    /// Whether it was called, or could not be.
    pub fn is_used(&self) -> bool {
        self.calls.all() > 0 || self.errors > 0
    }
}
