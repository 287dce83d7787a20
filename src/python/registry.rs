//! The interpreters of this process, by name.

use super::attach;
use super::interpreter::{CreateError, Interpreter, Lease};
use super::lifecycle;
use crate::ffi::python as ffi;
use parking_lot::RwLock;
use std::collections::HashMap;
use std::sync::Arc;

#[derive(Default)]
pub(super) struct Registry {
    /// Which one a name means now.
    named: RwLock<HashMap<Box<[u8]>, Arc<Interpreter>>>,
    /// All that have not been ended, those that were replaced too.
    living: RwLock<Vec<Arc<Interpreter>>>,
}

/// The interpreter of that name; created if there is none.
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
        Lease::of(self.named.read().get(name)?)
    }

    pub fn add(&self, interpreter: &Arc<Interpreter>) {
        self.living.write().push(Arc::clone(interpreter));
    }

    /// From now on its name means this one; returns the one before.
    pub fn publish(&self, interpreter: &Arc<Interpreter>) -> Option<Arc<Interpreter>> {
        self.named.write().insert(interpreter.name().into(), Arc::clone(interpreter))
    }

    /// The name means nothing, if it means this one.
    pub fn withdraw(&self, interpreter: &Arc<Interpreter>) {
        let mut named = self.named.write();
        if named.get(interpreter.name()).is_some_and(|known| Arc::ptr_eq(known, interpreter)) {
            named.remove(interpreter.name());
        }
    }

    /// It has been ended.
    pub fn remove(&self, interpreter: &Arc<Interpreter>) {
        self.living.write().retain(|known| !Arc::ptr_eq(known, interpreter));
    }

    pub fn living(&self) -> Vec<Arc<Interpreter>> {
        self.living.read().clone()
    }

    pub fn count(&self) -> usize {
        self.living.read().len()
    }
}
