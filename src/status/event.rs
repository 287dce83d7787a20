//! The last few slow calls and failures, in memory that other processes read.

use super::histogram::nanoseconds;
use super::text::Text;
use super::version::Version;
use crate::settings::clock::Microseconds;
use std::sync::atomic::{AtomicI64, AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

/// So many are kept; a new one takes the place of the oldest.
const KEPT: usize = 16;

#[derive(Debug, Default)]
pub struct Events {
    /// How many there have been.
    count: AtomicU64,
    last: [Row; KEPT],
}

#[derive(Debug, Default)]
struct Row {
    version: Version,
    at: AtomicI64,
    process: AtomicU32,
    nanoseconds: AtomicU64,
    interpreter: Text<16>,
    culprit: Text<28>,
    request: Text<32>,
    what: Text<40>,
}

/// A call that was slow, or that failed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Event {
    pub at: Microseconds,
    /// The child's number.
    pub process: u32,
    /// How long the call took; zero for a failure.
    pub took: Duration,
    pub interpreter: Vec<u8>,
    /// Directive and handler.
    pub culprit: Vec<u8>,
    /// Method and path; empty where there is none.
    pub request: Vec<u8>,
    /// The exception; empty for a slow call.
    pub what: Vec<u8>,
}

impl Events {
    /// One thread at a time.
    pub fn add(&self, event: &Event) {
        let count = self.count.load(Ordering::Relaxed);
        let place = usize::try_from(count % KEPT as u64).unwrap_or(0);
        self.last[place].set(event);
        self.count.store(count.wrapping_add(1), Ordering::Relaxed);
    }

    /// In no order.
    pub fn read(&self) -> Vec<Event> {
        self.last.iter().filter_map(Row::read).collect()
    }
}

impl Row {
    fn set(&self, event: &Event) {
        self.version.write(|| {
            self.at.store(event.at, Ordering::Relaxed);
            self.process.store(event.process, Ordering::Relaxed);
            self.nanoseconds.store(nanoseconds(event.took), Ordering::Relaxed);
            self.interpreter.set(&event.interpreter);
            self.culprit.set(&event.culprit);
            self.request.set(&event.request);
            self.what.set(&event.what);
        });
    }

    fn read(&self) -> Option<Event> {
        self.version.read(|| Event {
            at: self.at.load(Ordering::Relaxed),
            process: self.process.load(Ordering::Relaxed),
            took: Duration::from_nanos(self.nanoseconds.load(Ordering::Relaxed)),
            interpreter: self.interpreter.get(),
            culprit: self.culprit.get(),
            request: self.request.get(),
            what: self.what.get(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_ones_are_kept() {
        let events = Events::default();
        for at in 0..20 {
            events.add(&Event { at, ..Event::default() });
        }
        let mut kept: Vec<_> = events.read().iter().map(|event| event.at).collect();
        kept.sort_unstable();
        assert_eq!(kept, (4..20).collect::<Vec<_>>());
    }

    #[test]
    fn one_is_read_as_it_was_written() {
        let events = Events::default();
        let event = Event {
            at: 7,
            process: 42,
            took: Duration::from_millis(1500),
            interpreter: b"main.test".to_vec(),
            culprit: b"PythonHandler shop".to_vec(),
            request: b"GET /\xff".to_vec(),
            what: b"KeyError: 'x'".to_vec(),
        };
        events.add(&event);
        assert_eq!(events.read(), [event]);
    }
}
