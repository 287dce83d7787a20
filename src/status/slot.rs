//! What is shared of one child: a slot of the memory that all processes of the server see. A slot
//! outlives its child: the next child to have it counts on, so that sums never fall.
//!
//! All of it is atomics that may be zero, since that is how the memory begins.

use super::event::Events;
use super::handler_row::{HandlerFacts, HandlerRow};
use super::interpreter_row::{InterpreterFacts, InterpreterRow};
use crate::settings::clock::Microseconds;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};

/// So many of each have a row of their own. The others share one, the last.
pub const INTERPRETERS: usize = 256;
pub const HANDLERS: usize = 128;

/// What the row of the others is called.
pub const OTHERS: &[u8] = b"(others)";

#[derive(Debug)]
pub struct Slot {
    /// The number of the process that has it; 0: none.
    process: AtomicU32,
    generation: AtomicI64,
    started: AtomicI64,
    /// Filled from the first one on.
    pub interpreters: [InterpreterRow; INTERPRETERS + 1],
    pub handlers: [HandlerRow; HANDLERS + 1],
    pub slow: Events,
    pub failures: Events,
}

/// Which child has a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Holder {
    pub process: u32,
    /// How often httpd had read its configuration again when the child was started.
    pub generation: i64,
    pub started: Microseconds,
}

/// Those that children have, or have had. The first free one is always taken, so the others come behind; they
/// take no memory, and are to be left alone: to read them would give them some.
pub fn used(slots: &[Slot]) -> impl Iterator<Item = &Slot> {
    slots.iter().take_while(|slot| slot.was_used())
}

impl Slot {
    /// Takes it for the child, if it is nobody's; `is_alive` tells of a process whether it runs.
    pub fn take(&self, child: Holder, is_alive: impl Fn(u32) -> bool) -> bool {
        let before = self.process.load(Ordering::Relaxed);
        if before != 0 && is_alive(before) {
            return false;
        }
        let taken =
            self.process.compare_exchange(before, child.process, Ordering::AcqRel, Ordering::Relaxed).is_ok();
        if taken {
            self.generation.store(child.generation, Ordering::Relaxed);
            self.started.store(child.started, Ordering::Relaxed);
            self.interpreter_rows().filter(|row| row.is_assigned()).for_each(InterpreterRow::begin_child);
            self.handler_rows().filter(|row| row.is_assigned()).for_each(HandlerRow::begin_child);
        }
        taken
    }

    /// If that child has it, it is gone. No child says so of itself: while it exits, threads of scripts may
    /// count.
    pub fn free(&self, process: u32) {
        let _ = self.process.compare_exchange(process, 0, Ordering::AcqRel, Ordering::Relaxed);
    }

    /// Which child has it, if that runs.
    pub fn holder(&self, is_alive: impl Fn(u32) -> bool) -> Option<Holder> {
        let process = self.process.load(Ordering::Acquire);
        (process != 0 && is_alive(process)).then(|| Holder {
            process,
            generation: self.generation.load(Ordering::Relaxed),
            started: self.started.load(Ordering::Relaxed),
        })
    }

    /// Whether any child ever had it.
    fn was_used(&self) -> bool {
        self.process.load(Ordering::Relaxed) != 0 || self.started.load(Ordering::Relaxed) != 0
    }

    /// Of all children that have had it.
    pub fn interpreters(&self) -> impl Iterator<Item = InterpreterFacts> {
        self.interpreter_rows().filter_map(InterpreterRow::read)
    }

    /// Of the child that has it.
    pub fn interpreters_of_child(&self) -> impl Iterator<Item = InterpreterFacts> {
        self.interpreter_rows().filter_map(InterpreterRow::read_of_child)
    }

    fn interpreter_rows(&self) -> impl Iterator<Item = &InterpreterRow> {
        let (rows, others) = self.interpreters.split_at(INTERPRETERS);
        rows.iter().take_while(|row| row.is_assigned()).chain(others)
    }

    /// Of all children that have had it.
    pub fn handlers(&self) -> impl Iterator<Item = HandlerFacts> {
        self.handler_rows().filter_map(HandlerRow::read)
    }

    /// Of the child that has it.
    pub fn handlers_of_child(&self) -> impl Iterator<Item = HandlerFacts> {
        self.handler_rows().filter_map(HandlerRow::read_of_child).filter(HandlerFacts::is_used)
    }

    fn handler_rows(&self) -> impl Iterator<Item = &HandlerRow> {
        let (rows, others) = self.handlers.split_at(HANDLERS);
        rows.iter().take_while(|row| row.is_assigned()).chain(others)
    }
}

#[cfg(test)]
impl Slot {
    /// As the memory begins, for as long as the tests.
    pub fn zeroed() -> &'static Slot {
        use std::array::from_fn;
        Box::leak(Box::new(Slot {
            process: AtomicU32::new(0),
            generation: AtomicI64::new(0),
            started: AtomicI64::new(0),
            interpreters: from_fn(|_| InterpreterRow::default()),
            handlers: from_fn(|_| HandlerRow::default()),
            slow: Events::default(),
            failures: Events::default(),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status::process::Kind;
    use std::time::Duration;

    fn holder(process: u32) -> Holder {
        Holder { process, generation: 3, started: 1_000_000 }
    }

    #[test]
    fn a_slot_is_for_one_child_at_a_time() {
        let slot = Slot::zeroed();
        assert!(slot.take(holder(7), |_| true));
        assert!(!slot.take(holder(8), |_| true));
        assert_eq!(slot.holder(|_| true), Some(holder(7)));
        slot.free(8);
        assert_eq!(slot.holder(|_| true), Some(holder(7)));
        slot.free(7);
        assert_eq!(slot.holder(|_| true), None);
        assert!(slot.take(holder(8), |_| true));
    }

    #[test]
    fn a_child_that_was_killed_leaves_its_slot_to_the_next() {
        let slot = Slot::zeroed();
        slot.take(holder(7), |_| true);
        let row = &slot.interpreters[0];
        row.assign(b"main.test", 0, Kind::Legacy);
        row.was_made(5);
        row.count_request(6);
        row.begin_use();
        let handler = &slot.handlers[0];
        handler.assign(b"PythonHandler", b"shop");
        handler.count_call(Duration::from_millis(2));
        assert_eq!(slot.holder(|process| process != 7), None);

        assert!(slot.take(holder(8), |process| process != 7));
        assert_eq!(slot.handlers_of_child().count(), 0);
        handler.count_call(Duration::from_millis(3));
        let of_child = handler.read_of_child().unwrap().calls;
        assert_eq!((of_child.all(), of_child.total), (1, Duration::from_millis(3)));
        assert_eq!(handler.read().unwrap().calls.all(), 2);

        row.count_request(7);
        row.count_error();
        let facts = row.read().unwrap();
        assert_eq!((facts.living, facts.busy), (0, 0));
        assert_eq!((facts.counts.requests, facts.counts.errors), (2, 1));
        let of_child = row.read_of_child().unwrap().counts;
        assert_eq!((of_child.requests, of_child.errors, of_child.interpreters), (1, 1, 0));
    }
}
