//! What is counted of one interpreter, in memory that other processes read.

use super::histogram::nanoseconds;
use super::process::Kind;
use super::text::Text;
use super::version::Version;
use crate::settings::clock::Microseconds;
use std::sync::atomic::{AtomicI64, AtomicU8, AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

/// An interpreter's name and place in its pool, for as long as its child lives: what takes its
/// place when it is replaced is counted here, too.
#[derive(Debug, Default)]
pub struct InterpreterRow {
    version: Version,
    name: Text<32>,
    member: AtomicU32,
    kind: AtomicU8,
    state: State,
    counts: Counters,
    /// What the children before have counted.
    before: Counters,
}

/// Of the child that has the row.
#[derive(Debug, Default)]
struct State {
    /// Of this name and place there are so many now: none, one, or one that serves and others
    /// that finish what they have begun.
    living: AtomicU32,
    /// When the last of them was made.
    made: AtomicI64,
    /// When the last request came.
    last_use: AtomicI64,
    /// Threads that are in it now, or want to be.
    busy: AtomicU32,
    /// Bytes.
    memory: AtomicI64,
}

/// What only grows.
#[derive(Debug, Default)]
struct Counters {
    interpreters: AtomicU64,
    requests: AtomicU64,
    errors: AtomicU64,
    entries: AtomicU64,
    waited_nanoseconds: AtomicU64,
}

/// What an interpreter's row says at one moment.
#[derive(Debug, Clone)]
pub struct InterpreterFacts {
    pub name: Vec<u8>,
    pub member: u32,
    pub kind: Kind,
    pub living: u32,
    pub made: Microseconds,
    pub last_use: Microseconds,
    pub busy: u32,
    pub memory: i64,
    pub counts: Counts,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// That were made.
    pub interpreters: u64,
    pub requests: u64,
    /// Failures of handlers.
    pub errors: u64,
    /// How often and how long threads have waited for its lock, whether it was free or not.
    pub entries: u64,
    pub waited: Duration,
}

impl InterpreterRow {
    /// It is this one's from now on. One thread at a time.
    pub fn assign(&self, name: &[u8], member: u32, kind: Kind) {
        self.version.write(|| {
            self.name.set(name);
            self.member.store(member, Ordering::Relaxed);
            self.kind.store(kind as u8, Ordering::Relaxed);
        });
    }

    pub fn is_of(&self, name: &[u8], member: u32) -> bool {
        self.member.load(Ordering::Relaxed) == member && self.name.is(name)
    }

    pub fn is_assigned(&self) -> bool {
        self.version.is_written()
    }

    /// None if it is nobody's.
    pub fn read(&self) -> Option<InterpreterFacts> {
        let state = &self.state;
        self.version.read(|| InterpreterFacts {
            name: self.name.get(),
            member: self.member.load(Ordering::Relaxed),
            kind: Kind::from_number(self.kind.load(Ordering::Relaxed)),
            living: state.living.load(Ordering::Relaxed),
            made: state.made.load(Ordering::Relaxed),
            last_use: state.last_use.load(Ordering::Relaxed),
            busy: state.busy.load(Ordering::Relaxed),
            memory: state.memory.load(Ordering::Relaxed),
            counts: self.counts.read(),
        })
    }

    /// The same, without what the children before have counted.
    pub fn read_of_child(&self) -> Option<InterpreterFacts> {
        let facts = self.read()?;
        Some(InterpreterFacts { counts: facts.counts.since(self.before.read()), ..facts })
    }

    pub fn was_made(&self, now: Microseconds) {
        self.state.made.store(now, Ordering::Relaxed);
        self.state.living.fetch_add(1, Ordering::Relaxed);
        self.counts.interpreters.fetch_add(1, Ordering::Relaxed);
    }

    pub fn has_ended(&self) {
        self.state.living.fetch_sub(1, Ordering::Relaxed);
    }

    pub fn lives(&self) -> bool {
        self.state.living.load(Ordering::Relaxed) > 0
    }

    pub fn last_use(&self) -> Microseconds {
        self.state.last_use.load(Ordering::Relaxed)
    }

    /// Another child has it from now on.
    pub fn begin_child(&self) {
        self.before.set(self.counts.read());
        let State { living, made, last_use, busy, memory } = &self.state;
        [living, busy].into_iter().for_each(|number| number.store(0, Ordering::Relaxed));
        [made, last_use, memory].into_iter().for_each(|number| number.store(0, Ordering::Relaxed));
    }

    pub fn count_request(&self, now: Microseconds) {
        self.counts.requests.fetch_add(1, Ordering::Relaxed);
        self.state.last_use.store(now, Ordering::Relaxed);
    }

    pub fn count_error(&self) {
        self.counts.errors.fetch_add(1, Ordering::Relaxed);
    }

    /// A thread wants to be in it, until `end_use`.
    pub fn begin_use(&self) {
        self.state.busy.fetch_add(1, Ordering::Relaxed);
    }

    pub fn end_use(&self) {
        self.state.busy.fetch_sub(1, Ordering::Relaxed);
    }

    pub fn count_wait(&self, waited: Duration) {
        self.counts.entries.fetch_add(1, Ordering::Relaxed);
        self.counts.waited_nanoseconds.fetch_add(nanoseconds(waited), Ordering::Relaxed);
    }

    /// It has so many bytes more, or less.
    pub fn count_memory(&self, change: i64) {
        self.state.memory.fetch_add(change, Ordering::Relaxed);
    }

    /// Adds what the other has counted to this one, and begins the other anew.
    pub fn take_counts(&self, other: &InterpreterRow) {
        self.counts.take(&other.counts);
        self.before.take(&other.before);
        self.state.memory.fetch_add(other.state.memory.swap(0, Ordering::Relaxed), Ordering::Relaxed);
        let last_use = other.state.last_use.swap(0, Ordering::Relaxed);
        self.state.last_use.fetch_max(last_use, Ordering::Relaxed);
    }
}

impl Counters {
    fn read(&self) -> Counts {
        Counts {
            interpreters: self.interpreters.load(Ordering::Relaxed),
            requests: self.requests.load(Ordering::Relaxed),
            errors: self.errors.load(Ordering::Relaxed),
            entries: self.entries.load(Ordering::Relaxed),
            waited: Duration::from_nanos(self.waited_nanoseconds.load(Ordering::Relaxed)),
        }
    }

    fn set(&self, counts: Counts) {
        self.interpreters.store(counts.interpreters, Ordering::Relaxed);
        self.requests.store(counts.requests, Ordering::Relaxed);
        self.errors.store(counts.errors, Ordering::Relaxed);
        self.entries.store(counts.entries, Ordering::Relaxed);
        self.waited_nanoseconds.store(nanoseconds(counts.waited), Ordering::Relaxed);
    }

    fn take(&self, other: &Counters) {
        for (sum, part) in [
            (&self.interpreters, &other.interpreters),
            (&self.requests, &other.requests),
            (&self.errors, &other.errors),
            (&self.entries, &other.entries),
            (&self.waited_nanoseconds, &other.waited_nanoseconds),
        ] {
            sum.fetch_add(part.swap(0, Ordering::Relaxed), Ordering::Relaxed);
        }
    }
}

impl InterpreterFacts {
    /// Adds those of the same name and place in another child.
    pub fn add(&mut self, other: &InterpreterFacts) {
        self.living += other.living;
        self.made = self.made.max(other.made);
        self.last_use = self.last_use.max(other.last_use);
        self.busy += other.busy;
        self.memory += other.memory;
        self.counts.add(other.counts);
    }
}

impl Counts {
    fn add(&mut self, other: Counts) {
        self.interpreters += other.interpreters;
        self.requests += other.requests;
        self.errors += other.errors;
        self.entries += other.entries;
        self.waited += other.waited;
    }

    /// What has come since they were `before`.
    fn since(self, before: Counts) -> Counts {
        Counts {
            interpreters: self.interpreters.saturating_sub(before.interpreters),
            requests: self.requests.saturating_sub(before.requests),
            errors: self.errors.saturating_sub(before.errors),
            entries: self.entries.saturating_sub(before.entries),
            waited: self.waited.saturating_sub(before.waited),
        }
    }
}
