//! The interpreters of this process, by name.

use super::attach;
use super::interpreter::{CreateError, Interpreter, Lease};
use super::lifecycle;
use crate::ffi::python as ffi;
use crate::settings::clock::Microseconds;
use parking_lot::{Mutex, RwLock};
use std::collections::HashMap;
use std::sync::Arc;

/// One interpreter, or those of a pool.
type Members = Vec<Arc<Interpreter>>;

type Making = Arc<Mutex<()>>;

#[derive(Default)]
pub(super) struct Registry {
    /// What a name means now.
    named: RwLock<HashMap<Box<[u8]>, Members>>,
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

/// The interpreter of that name, of a pool the one with the least to do; created if there is
/// none.
pub(super) fn named(name: &[u8]) -> Result<(Lease, bool), CreateError> {
    if let Some(lease) = attach::used_before(name) {
        return Ok((lease, false));
    }
    let runtime =
        lifecycle::runtime().ok_or_else(|| CreateError::new("Python is not running in this child"))?;
    match runtime.registry.get(name) {
        Some(lease) => Ok((lease, false)),
        None => runtime.create(name),
    }
}

/// The interpreter that CPython knows as `raw`.
pub(super) fn find(raw: *mut ffi::PyInterpreterState) -> Option<Arc<Interpreter>> {
    let living = lifecycle::runtime()?.registry.living.read();
    living.iter().find(|interpreter| interpreter.as_raw() == raw).cloned()
}

impl Registry {
    /// What the name means now.
    pub fn get(&self, name: &[u8]) -> Option<Lease> {
        let named = self.named.read();
        Lease::of(named.get(name)?.iter().min_by_key(|member| member.users().count())?)
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
    }

    /// From now on its name means this one, too; returns the one that was in its place.
    pub fn publish(&self, interpreter: &Arc<Interpreter>) -> Option<Arc<Interpreter>> {
        let mut named = self.named.write();
        let members = named.entry(interpreter.name().into()).or_default();
        match members.iter_mut().find(|member| member.index() == interpreter.index()) {
            Some(member) => Some(std::mem::replace(member, Arc::clone(interpreter))),
            None => {
                members.push(Arc::clone(interpreter));
                None
            }
        }
    }

    /// Takes out the names that nobody has used for long; returns what they meant. A pool goes
    /// as a whole: what is left of it would never grow again.
    pub fn take_idle(&self, now: Microseconds) -> Vec<Arc<Interpreter>> {
        let mut idle = Vec::new();
        self.named.write().retain(|_, members| {
            let are_used = !members.iter().all(|member| member.is_idle(now));
            if !are_used {
                idle.append(members);
            }
            are_used
        });
        idle
    }

    /// It has been ended.
    pub fn remove(&self, interpreter: &Arc<Interpreter>) {
        self.living.write().retain(|known| !Arc::ptr_eq(known, interpreter));
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
