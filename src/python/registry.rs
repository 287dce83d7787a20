//! The interpreters of this process, by name.

use super::attach;
use super::interpreter::{CreateError, Interpreter, Lease};
use super::lifecycle::{self, Runtime};
use super::pool::{self, Chosen, HandOver, Pool};
use crate::ffi::python as ffi;
use crate::settings::clock::Microseconds;
use parking_lot::{Mutex, RwLock};
use std::collections::HashMap;
use std::slice;
use std::sync::Arc;

type Making = Arc<Mutex<()>>;

#[derive(Default)]
pub(super) struct Registry {
    /// What a name means now.
    named: RwLock<HashMap<Box<[u8]>, Meaning>>,
    /// All that have not been ended, those that were replaced too.
    living: RwLock<Vec<Arc<Interpreter>>>,
    /// Names whose interpreter is being made: others who want it wait.
    making: Mutex<HashMap<Box<[u8]>, Making>>,
    gone: Mutex<Gone>,
}

/// What is left of interpreters that were ended.
#[derive(Default)]
struct Gone {
    interpreters: u64,
    requests: u64,
}

/// What a name means.
enum Meaning {
    One(Arc<Interpreter>),
    Pool { members: Vec<Arc<Interpreter>>, handover: Arc<HandOver> },
}

/// The interpreter of that name, of a pool the one with the least to do; created if there is
/// none.
pub(super) fn named(name: &[u8]) -> Result<(Lease, bool), CreateError> {
    if let Some(Chosen::One(lease)) = attach::used_before(name) {
        return Ok((lease, false));
    }
    let runtime = running()?;
    match runtime.registry.get(name) {
        Some(lease) => Ok((lease, false)),
        None => runtime.create(name),
    }
}

/// The same, but whose turn it is in a pool is left open.
pub(super) fn chosen(name: &[u8]) -> Result<(Chosen, bool), CreateError> {
    if let Some(chosen) = attach::used_before(name) {
        return Ok((chosen, false));
    }
    let runtime = running()?;
    match runtime.registry.choose(name) {
        Some(chosen) => Ok((chosen, false)),
        None => runtime.create(name).map(|(lease, created)| (Chosen::One(lease), created)),
    }
}

fn running() -> Result<&'static Runtime, CreateError> {
    lifecycle::runtime().ok_or_else(|| CreateError::new("Python is not running in this child"))
}

/// The interpreter that CPython knows as `raw`.
pub(super) fn find(raw: *mut ffi::PyInterpreterState) -> Option<Arc<Interpreter>> {
    let living = lifecycle::runtime()?.registry.living.read();
    living.iter().find(|interpreter| interpreter.as_raw() == raw).cloned()
}

impl Registry {
    /// What the name means now.
    pub fn get(&self, name: &[u8]) -> Option<Lease> {
        match self.named.read().get(name)? {
            Meaning::One(interpreter) => Lease::of(interpreter),
            Meaning::Pool { handover, .. } => handover.least_busy(),
        }
    }

    fn choose(&self, name: &[u8]) -> Option<Chosen> {
        match self.named.read().get(name)? {
            Meaning::One(interpreter) => Lease::of(interpreter).map(Chosen::One),
            Meaning::Pool { handover, .. } => Some(Chosen::Pool(Pool(Arc::clone(handover)))),
        }
    }

    /// What is held while the name's interpreter is made.
    pub fn making(&self, name: &[u8]) -> Making {
        Arc::clone(self.making.lock().entry(name.into()).or_default())
    }

    /// It was made, or could not be; who has waited looks for it anew.
    pub fn made(&self, name: &[u8]) {
        self.making.lock().remove(name);
    }

    pub fn add(&self, interpreter: &Arc<Interpreter>) {
        self.living.write().push(Arc::clone(interpreter));
        if let Some(row) = interpreter.row() {
            row.was_made(interpreter.made());
        }
    }

    /// From now on its name means this one, too; returns the one that was in its place.
    pub fn publish(&self, interpreter: &Arc<Interpreter>) -> Option<Arc<Interpreter>> {
        let mut named = self.named.write();
        if !interpreter.options().is_pool() {
            let before = named.insert(interpreter.name().into(), Meaning::One(Arc::clone(interpreter)));
            return before.and_then(|before| before.dissolve().pop());
        }
        let meaning = named.entry(interpreter.name().into()).or_insert_with(Meaning::new_pool);
        let Meaning::Pool { members, handover } = meaning else { return None };
        interpreter.join(handover);
        let old = members.iter().position(|member| member.index() == interpreter.index());
        let old = old.map(|at| members.swap_remove(at));
        members.push(Arc::clone(interpreter));
        handover.put(interpreter, old.as_ref());
        old
    }

    /// Takes out the names that nobody has used for long; returns what they meant. A pool goes
    /// as a whole: what is left of it would never grow again.
    pub fn take_idle(&self, now: Microseconds) -> Vec<Arc<Interpreter>> {
        let mut idle = Vec::new();
        self.named.write().retain(|_, meaning| {
            let is_used = !meaning.members().iter().all(|member| member.is_idle(now));
            if !is_used {
                idle.append(&mut meaning.dissolve());
            }
            is_used
        });
        idle
    }

    /// It has been ended.
    pub fn remove(&self, interpreter: &Arc<Interpreter>) {
        self.living.write().retain(|known| !Arc::ptr_eq(known, interpreter));
        if let Some(row) = interpreter.row() {
            row.has_ended();
        }
        let mut gone = self.gone.lock();
        gone.interpreters += 1;
        gone.requests += interpreter.requests();
    }

    pub fn living(&self) -> Vec<Arc<Interpreter>> {
        self.living.read().clone()
    }

    /// Interpreters that were made, and that were ended, and requests that were begun.
    pub fn totals(&self) -> (u64, u64, u64) {
        let living = self.living();
        let requests: u64 = living.iter().map(|interpreter| interpreter.requests()).sum();
        let gone = self.gone.lock();
        (living.len() as u64 + gone.interpreters, gone.interpreters, requests + gone.requests)
    }

    pub fn count(&self) -> usize {
        self.living.read().len()
    }
}

impl Meaning {
    fn new_pool() -> Self {
        Meaning::Pool { members: Vec::new(), handover: pool::new() }
    }

    fn members(&self) -> &[Arc<Interpreter>] {
        match self {
            Meaning::One(interpreter) => slice::from_ref(interpreter),
            Meaning::Pool { members, .. } => members,
        }
    }

    /// It means nothing any more; returns what it has meant.
    fn dissolve(&self) -> Vec<Arc<Interpreter>> {
        if let Meaning::Pool { handover, .. } = self {
            handover.close();
        }
        self.members().to_vec()
    }
}
