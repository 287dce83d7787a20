//! Recycling: an interpreter is replaced by a fresh one, which is made and warmed in the
//! background while the old one serves.

use super::ending;
use super::interpreter::{CreateError, Identity, Interpreter};
use super::lifecycle::{self, Runtime};
use crate::ffi::thread as own_thread;
use crate::settings::clock::now;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

/// Has the interpreter replaced; false if that is under way already, or cannot be: the main
/// interpreter stays.
pub fn replace(interpreter: &Interpreter) -> bool {
    let Some(runtime) = lifecycle::runtime() else { return false };
    let successor = runtime.successor_of(interpreter);
    let begins = successor.is_some();
    successor.into_iter().for_each(|successor| runtime.make_in_background(vec![successor]));
    begins
}

/// An interpreter to be made in the background.
pub(super) struct Wanted {
    pub identity: Identity,
    pub instead_of: Option<Arc<Interpreter>>,
}

impl Runtime {
    /// What is to be made instead of it; None if that cannot be, or is under way.
    pub(super) fn successor_of(&self, interpreter: &Interpreter) -> Option<Wanted> {
        let is_main = self.main().is_some_and(|main| std::ptr::eq(&raw const *main, interpreter));
        if is_main || interpreter.users().is_retired() || !interpreter.begin_replacing() {
            return None;
        }
        let identity = self.identity(interpreter.name(), interpreter.index());
        Some(Wanted { identity, instead_of: Some(interpreter.record()) })
    }

    /// One after the other, so that the old ones have the processor meanwhile.
    pub(super) fn make_in_background(&'static self, wanted: Vec<Wanted>) {
        let work = move || wanted.into_iter().for_each(|wanted| self.make_one(wanted));
        if let Err(error) = own_thread::spawn("mod_python recycling", work) {
            (self.hooks.not_made)(b"*", CreateError::new(error.to_string()));
        }
    }

    fn make_one(&'static self, Wanted { identity, instead_of }: Wanted) {
        let name = identity.name.clone();
        match self.make_successor(identity, instead_of.as_deref()) {
            Ok(replaced) => replaced.iter().for_each(retire),
            // A child that exits makes no more of them, and nobody waits for this one.
            Err(_) if lifecycle::is_exiting() => {}
            Err(error) => (self.hooks.not_made)(&name, error),
        }
        // Where that failed the old one serves on, and the next cause is another try.
        instead_of.iter().for_each(|old| old.end_replacing());
    }

    /// Ends what nobody has used for as long as it is kept for.
    pub(super) fn watch_for_idle(&'static self) {
        let Some(shortest) = self.interpreters.shortest_idle_timeout() else { return };
        let pause = (shortest / 4).clamp(Duration::from_millis(100), Duration::from_secs(30));
        let work = move || {
            while !lifecycle::is_exiting() {
                thread::sleep(pause);
                self.registry.take_idle(now()).iter().for_each(retire);
            }
        };
        if let Err(error) = own_thread::spawn("mod_python idle", work) {
            (self.hooks.not_made)(b"*", CreateError::new(error.to_string()));
        }
    }
}

/// It serves to the end what it has begun, then it ends.
fn retire(interpreter: &Arc<Interpreter>) {
    if interpreter.users().retire() {
        ending::begin(interpreter);
    }
}
