//! How a child counts: its slot, in which its threads find their rows.

use super::event::Event;
use super::handler_row::HandlerRow;
use super::interpreter_row::InterpreterRow;
use super::process::Kind;
use super::slot::{HANDLERS, INTERPRETERS, OTHERS, Slot};
use parking_lot::{Mutex, RwLock};
use std::collections::BTreeMap;
use std::sync::OnceLock;
use std::time::Duration;

static OWN: OnceLock<Child> = OnceLock::new();

/// This process, if it is a child that counts.
#[derive(Debug)]
pub struct Child {
    slot: &'static Slot,
    /// A call that takes as long is slow.
    slow: Duration,
    /// Held by the thread that writes text.
    writing: Mutex<()>,
    /// The rows of living interpreters by their numbers, CPython's.
    numbered: RwLock<BTreeMap<i64, &'static InterpreterRow>>,
}

/// From now on this process counts there.
pub fn begin(slot: &'static Slot, slow: Duration) {
    let _ = OWN.set(Child { slot, slow, writing: Mutex::default(), numbered: RwLock::default() });
}

/// None where nobody can look, so that nothing is counted.
#[inline]
pub fn own() -> Option<&'static Child> {
    OWN.get()
}

impl Child {
    /// Where the interpreter of that name and place in its pool is counted.
    pub fn interpreter(&self, name: &[u8], member: usize, kind: Kind) -> &'static InterpreterRow {
        let _writing = self.writing.lock();
        let member = u32::try_from(member).unwrap_or(u32::MAX);
        let rows = &self.slot.interpreters[..INTERPRETERS];
        let mut oldest: Option<&InterpreterRow> = None;
        for row in rows {
            if !row.is_assigned() {
                row.assign(name, member, kind);
                return row;
            }
            if row.is_of(name, member) {
                row.assign(name, member, kind);
                return row;
            }
            if !row.lives() && oldest.is_none_or(|known| row.last_use() < known.last_use()) {
                oldest = Some(row);
            }
        }
        let others = &self.slot.interpreters[INTERPRETERS];
        if !others.is_assigned() {
            others.assign(OTHERS, 0, Kind::Legacy);
        }
        // Of an interpreter that has ended only the sums are kept.
        let Some(free) = oldest else { return others };
        others.take_counts(free);
        free.assign(name, member, kind);
        free
    }

    /// The interpreter of that number lives, and has this row.
    pub fn number(&self, number: i64, row: &'static InterpreterRow) {
        self.numbered.write().insert(number, row);
    }

    pub fn forget_number(&self, number: i64) {
        self.numbered.write().remove(&number);
    }

    /// The row of the interpreter of that number. Waits for nobody, so that an allocator may ask: None
    /// also while an interpreter is being made or ended.
    pub fn of_number(&self, number: i64) -> Option<&'static InterpreterRow> {
        self.numbered.try_read()?.get(&number).copied()
    }

    /// Where a handler is counted. Slow: who calls keeps the result.
    pub fn handler(&self, phase: &[u8], handler: &[u8]) -> &'static HandlerRow {
        let _writing = self.writing.lock();
        for row in &self.slot.handlers[..HANDLERS] {
            if !row.is_assigned() {
                row.assign(phase, handler);
                return row;
            }
            if row.is_of(phase, handler) {
                return row;
            }
        }
        let others = &self.slot.handlers[HANDLERS];
        if !others.is_assigned() {
            others.assign(b"", OTHERS);
        }
        others
    }

    pub fn is_slow(&self, took: Duration) -> bool {
        took >= self.slow
    }

    pub fn note_slow(&self, event: &Event) {
        let _writing = self.writing.lock();
        self.slot.slow.add(event);
    }

    pub fn note_failure(&self, event: &Event) {
        let _writing = self.writing.lock();
        self.slot.failures.add(event);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status::interpreter_row::Counts;

    fn child() -> Child {
        Child {
            slot: Slot::zeroed(),
            slow: Duration::from_secs(1),
            writing: Mutex::default(),
            numbered: RwLock::default(),
        }
    }

    fn names(child: &Child) -> Vec<String> {
        child
            .slot
            .interpreters()
            .map(|row| format!("{} {}", String::from_utf8_lossy(&row.name), row.member))
            .collect()
    }

    #[test]
    fn an_interpreter_and_its_successor_share_a_row() {
        let child = child();
        let first = child.interpreter(b"a", 0, Kind::Legacy);
        let member = child.interpreter(b"a", 1, Kind::Legacy);
        let successor = child.interpreter(b"a", 0, Kind::OwnGil);
        assert!(std::ptr::eq(first, successor) && !std::ptr::eq(first, member));
        assert_eq!(first.read().unwrap().kind, Kind::OwnGil);
    }

    #[test]
    fn one_that_has_ended_gives_its_row_to_another_and_its_sums_to_the_others() {
        let child = child();
        for number in 0..INTERPRETERS {
            let row = child.interpreter(format!("{number}").as_bytes(), 0, Kind::Legacy);
            row.was_made(1);
            row.count_request(100 + i64::try_from(number).unwrap());
        }
        let unlisted = child.interpreter(b"one more", 0, Kind::Legacy);
        assert_eq!(unlisted.read().unwrap().name, OTHERS);
        unlisted.count_request(1000);

        // Of these two the first was idle for longer.
        child.interpreter(b"3", 0, Kind::Legacy).has_ended();
        child.interpreter(b"5", 0, Kind::Legacy).has_ended();
        let fresh = child.interpreter(b"fresh", 0, Kind::Legacy).read().unwrap();
        assert_eq!((fresh.name.as_slice(), fresh.counts), (&b"fresh"[..], Counts::default()));
        assert!(!names(&child).contains(&"3 0".to_owned()) && names(&child).contains(&"5 0".to_owned()));
        let others = unlisted.read().unwrap();
        assert_eq!((others.counts.requests, others.counts.interpreters, others.last_use), (2, 1, 1000));
    }

    #[test]
    fn handlers_that_find_no_row_share_one() {
        let child = child();
        let rows: Vec<_> = (0..HANDLERS + 2)
            .map(|number| child.handler(b"PythonHandler", format!("{number}").as_bytes()))
            .collect();
        assert!(!std::ptr::eq(rows[0], rows[1]));
        assert!(std::ptr::eq(rows[HANDLERS], rows[HANDLERS + 1]));
        assert!(std::ptr::eq(rows[1], child.handler(b"PythonHandler", b"1")));
        assert!(!std::ptr::eq(rows[1], child.handler(b"PythonLogHandler", b"1")));
        assert_eq!(rows[HANDLERS].read().unwrap().handler, OTHERS);
    }
}
