//! All children of the server, read and added up, in the form that `?json` shows.

use super::event::Event;
use super::handler_row::HandlerFacts;
use super::histogram::{BOUNDS, Counts};
use super::interpreter_row::InterpreterFacts;
use super::process::Kind;
use super::slot::{Holder, Slot};
use crate::settings::clock::Microseconds;
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;
use std::time::Duration;

/// As many of the last events are shown, of all children together.
const EVENTS: usize = 32;

#[derive(Debug, Serialize)]
pub struct Overview {
    /// ServerName of the server that answers.
    pub server: String,
    /// The version of this module.
    pub mod_python: String,
    pub python: Python,
    /// How often httpd has read its configuration again.
    pub generation: i64,
    /// The number of the process that answers.
    pub answered_by: u32,
    /// Seconds since 1970.
    #[serde(serialize_with = "seconds")]
    pub time: Microseconds,
    pub total: Total,
    pub children: Vec<Child>,
    /// Of all children, also of those that have ended.
    pub interpreters: Vec<Interpreter>,
    pub handlers: Vec<Handler>,
    /// The newest first.
    pub slow_calls: Vec<Occurrence>,
    pub exceptions: Vec<Occurrence>,
}

/// Python as it was started.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Python {
    pub version: String,
    pub prefix: String,
    /// `sys.path` of main_interpreter.
    pub path: Vec<String>,
}

#[derive(Debug, Default, Serialize)]
pub struct Total {
    pub children: usize,
    /// That are there now.
    pub interpreters: u32,
    /// Since the server was started.
    pub requests: u64,
    pub errors: u64,
    pub busy: u32,
    pub resident_bytes: u64,
}

#[derive(Debug, Serialize)]
pub struct Child {
    pub process: u32,
    pub generation: i64,
    pub age_seconds: u64,
    pub requests: u64,
    pub errors: u64,
    pub resident_bytes: u64,
    pub interpreters: Vec<Interpreter>,
    pub handlers: Vec<Handler>,
}

#[derive(Debug, Clone, Serialize)]
pub struct Interpreter {
    pub name: String,
    pub member: u32,
    pub kind: Kind,
    /// How many of this name and place there are.
    pub living: u32,
    /// How many have been made.
    pub made: u64,
    /// Of the youngest; None if there is none.
    pub age_seconds: Option<u64>,
    /// Since the last request; None if there was none.
    pub idle_seconds: Option<u64>,
    pub requests: u64,
    pub errors: u64,
    /// Threads that are in it, or want to be.
    pub busy: u32,
    /// What Python's allocators hold for it; None if that is not known.
    pub memory_bytes: Option<u64>,
    /// How often its lock was taken, and how long that took.
    pub entries: u64,
    pub gil_wait_seconds: f64,
}

#[derive(Debug, Serialize)]
pub struct Handler {
    /// The directive.
    pub phase: String,
    pub handler: String,
    pub calls: u64,
    pub errors: u64,
    pub seconds: f64,
    pub steps: Vec<Step>,
}

/// How many calls took longer than the step before, and no longer than this one.
#[derive(Debug, Serialize)]
pub struct Step {
    /// None: without a limit.
    pub at_most_seconds: Option<f64>,
    pub calls: u64,
}

/// A slow call, or an exception.
#[derive(Debug, Serialize)]
pub struct Occurrence {
    /// Seconds since 1970.
    #[serde(serialize_with = "seconds")]
    pub time: Microseconds,
    pub process: u32,
    pub interpreter: String,
    pub handler: String,
    /// Method and path.
    pub request: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seconds: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exception: Option<String>,
}

/// What the system knows of a process.
pub trait Processes {
    fn is_alive(&self, process: u32) -> bool;
    /// Its memory, in bytes.
    fn resident(&self, process: u32) -> u64;
}

/// What there is to say besides the slots.
#[derive(Debug, Default)]
pub struct Answering {
    pub server: Vec<u8>,
    pub mod_python: String,
    pub python: Python,
    pub generation: i64,
    pub process: u32,
    pub now: Microseconds,
}

/// Reads the slots that were used.
pub fn read<'s>(
    slots: impl IntoIterator<Item = &'s Slot>,
    answering: Answering,
    processes: &impl Processes,
) -> Overview {
    let now = answering.now;
    let slots: Vec<_> = slots.into_iter().collect();
    let holders: Vec<_> =
        slots.iter().map(|slot| (slot, slot.holder(|process| processes.is_alive(process)))).collect();
    let children: Vec<_> = holders
        .iter()
        .filter_map(|(slot, holder)| holder.map(|holder| child(slot, holder, now, processes)))
        .collect();
    let interpreters = all_interpreters(&slots, now);
    Overview {
        server: text(&answering.server),
        mod_python: answering.mod_python,
        python: answering.python,
        generation: answering.generation,
        answered_by: answering.process,
        time: now,
        total: Total {
            children: children.len(),
            interpreters: interpreters.iter().map(|row| row.living).sum(),
            requests: interpreters.iter().map(|row| row.requests).sum(),
            errors: interpreters.iter().map(|row| row.errors).sum(),
            busy: interpreters.iter().map(|row| row.busy).sum(),
            resident_bytes: children.iter().map(|child| child.resident_bytes).sum(),
        },
        children,
        interpreters,
        handlers: all_handlers(&slots),
        slow_calls: newest(slots.iter().flat_map(|slot| slot.slow.read())),
        exceptions: newest(slots.iter().flat_map(|slot| slot.failures.read())),
    }
}

fn child(slot: &Slot, holder: Holder, now: Microseconds, processes: &impl Processes) -> Child {
    let rows: Vec<_> = slot.interpreters_of_child().collect();
    let (living, gone): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row.living > 0);
    let of_all = |count: fn(&InterpreterFacts) -> u64| living.iter().chain(&gone).map(count).sum();
    Child {
        process: holder.process,
        generation: holder.generation,
        age_seconds: since(holder.started, now),
        requests: of_all(|row| row.counts.requests),
        errors: of_all(|row| row.counts.errors),
        resident_bytes: processes.resident(holder.process),
        interpreters: living.into_iter().map(|row| interpreter(row, now)).collect(),
        handlers: slot.handlers_of_child().map(|row| handler(&row)).collect(),
    }
}

fn interpreter(row: InterpreterFacts, now: Microseconds) -> Interpreter {
    Interpreter {
        name: text(&row.name),
        member: row.member,
        kind: row.kind,
        living: row.living,
        made: row.counts.interpreters,
        age_seconds: (row.living > 0).then(|| since(row.made, now)),
        idle_seconds: (row.last_use > 0).then(|| since(row.last_use, now)),
        requests: row.counts.requests,
        errors: row.counts.errors,
        busy: row.busy,
        memory_bytes: u64::try_from(row.memory).ok().filter(|bytes| *bytes > 0),
        entries: row.counts.entries,
        gil_wait_seconds: row.counts.waited.as_secs_f64(),
    }
}

/// Those of one name and place, of all children, as one.
fn all_interpreters(slots: &[&Slot], now: Microseconds) -> Vec<Interpreter> {
    let mut sums: BTreeMap<(Vec<u8>, u32), InterpreterFacts> = BTreeMap::new();
    for row in slots.iter().flat_map(|slot| slot.interpreters()) {
        match sums.get_mut(&(row.name.clone(), row.member)) {
            Some(sum) => sum.add(&row),
            None => drop(sums.insert((row.name.clone(), row.member), row)),
        }
    }
    sums.into_values().map(|row| interpreter(row, now)).collect()
}

fn all_handlers(slots: &[&Slot]) -> Vec<Handler> {
    let mut sums: BTreeMap<(Vec<u8>, Vec<u8>), HandlerFacts> = BTreeMap::new();
    for row in slots.iter().flat_map(|slot| slot.handlers()) {
        match sums.get_mut(&(row.phase.clone(), row.handler.clone())) {
            Some(sum) => {
                sum.calls.add(&row.calls);
                sum.errors += row.errors;
            }
            None => drop(sums.insert((row.phase.clone(), row.handler.clone()), row)),
        }
    }
    sums.into_values().map(|row| handler(&row)).collect()
}

fn handler(row: &HandlerFacts) -> Handler {
    Handler {
        phase: text(&row.phase),
        handler: text(&row.handler),
        calls: row.calls.all(),
        errors: row.errors,
        seconds: row.calls.total.as_secs_f64(),
        steps: steps(&row.calls),
    }
}

fn steps(counts: &Counts) -> Vec<Step> {
    let bounds = BOUNDS.iter().map(Duration::as_secs_f64).map(Some).chain([None]);
    bounds.zip(counts.steps).map(|(at_most_seconds, calls)| Step { at_most_seconds, calls }).collect()
}

fn newest(events: impl Iterator<Item = Event>) -> Vec<Occurrence> {
    let mut events: Vec<_> = events.collect();
    events.sort_by_key(|event| -event.at);
    events.truncate(EVENTS);
    events.into_iter().map(occurrence).collect()
}

fn occurrence(event: Event) -> Occurrence {
    Occurrence {
        time: event.at,
        process: event.process,
        interpreter: text(&event.interpreter),
        handler: text(&event.culprit),
        request: text(&event.request),
        seconds: (event.took > Duration::ZERO).then_some(event.took.as_secs_f64()),
        exception: (!event.what.is_empty()).then(|| text(&event.what)),
    }
}

/// Names may hold any byte: directories give interpreters theirs.
fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Whole seconds; a clock that was set back gives none.
fn since(then: Microseconds, now: Microseconds) -> u64 {
    u64::try_from(now.saturating_sub(then)).unwrap_or(0) / 1_000_000
}

fn seconds<S: Serializer>(time: &Microseconds, serializer: S) -> Result<S::Ok, S::Error> {
    #[expect(clippy::cast_precision_loss, reason = "exact for the next 200 years")]
    serializer.serialize_f64(*time as f64 / 1e6)
}

#[cfg(test)]
pub mod tests {
    use super::*;

    const SECOND: Microseconds = 1_000_000;

    /// Processes below 100 live.
    struct Few;

    impl Processes for Few {
        fn is_alive(&self, process: u32) -> bool {
            process < 100
        }

        fn resident(&self, process: u32) -> u64 {
            u64::from(process) << 20
        }
    }

    fn slot(process: u32, requests: u64) -> &'static Slot {
        let slot = Slot::zeroed();
        slot.take(Holder { process, generation: 1, started: 60 * SECOND }, |_| true);
        let row = &slot.interpreters[0];
        row.assign(b"<shop>", 0, Kind::Legacy);
        row.was_made(70 * SECOND);
        (0..requests).for_each(|_| row.count_request(90 * SECOND));
        let handler = &slot.handlers[0];
        handler.assign(b"PythonHandler", b"shop");
        handler.count_call(Duration::from_millis(2));
        slot
    }

    /// Of two children and one that has ended.
    pub fn overview() -> Overview {
        let slots = [slot(7, 2), slot(8, 3), slot(107, 10)];
        slots[0].failures.add(&Event {
            at: 95 * SECOND,
            process: 7,
            interpreter: b"<shop>".to_vec(),
            culprit: b"PythonHandler shop".to_vec(),
            request: b"GET /<b>".to_vec(),
            what: b"KeyError: '<i>\xff'".to_vec(),
            ..Event::default()
        });
        slots[1].slow.add(&Event {
            at: 96 * SECOND,
            process: 8,
            took: Duration::from_secs(3),
            ..Event::default()
        });
        let answering =
            Answering { server: b"main.test".to_vec(), now: 100 * SECOND, ..Answering::default() };
        read(slots, answering, &Few)
    }

    #[test]
    fn children_that_have_ended_count_in_sums_alone() {
        let overview = overview();
        assert_eq!(overview.children.iter().map(|child| child.process).collect::<Vec<_>>(), [7, 8]);
        assert_eq!((overview.total.children, overview.total.requests), (2, 15));
        assert_eq!(overview.total.resident_bytes, 15 << 20);
        let [shop] = overview.interpreters.as_slice() else { panic!("{overview:?}") };
        assert_eq!((shop.requests, shop.age_seconds, shop.idle_seconds), (15, Some(30), Some(10)));
        let [handler] = overview.handlers.as_slice() else { panic!("{overview:?}") };
        assert_eq!((handler.calls, handler.steps[4].calls), (3, 3));
    }

    #[test]
    fn what_happened_last_comes_first() {
        let overview = overview();
        assert_eq!(overview.exceptions[0].exception.as_deref(), Some("KeyError: '<i>\u{fffd}'"));
        assert_eq!(overview.slow_calls[0].seconds, Some(3.0));
    }
}
