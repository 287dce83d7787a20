//! PythonReload interpreter: a thread for each child that looks at the files of interpreters,
//! and has those replaced whose files have changed. It never attaches: a script that holds
//! its interpreter's lock does not keep it from looking, and it keeps no script waiting.

use super::interpreter::CreateError;
use super::interpreter::Interpreter;
use super::lifecycle::{self, Runtime};
use super::source_files::Changed;
use crate::ffi::thread as own_thread;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

/// Between two looks. A change counts once the files have stayed as they are from one look to
/// the next, so that a deployment of many files is taken over once, and as a whole.
const PAUSE: Duration = Duration::from_secs(1);

/// By CPython's number of the interpreter.
type Looks = HashMap<i64, Changed>;

impl Runtime {
    pub(super) fn watch_files(&'static self) {
        let work = move || {
            let mut before = Looks::new();
            while !lifecycle::is_exiting() {
                thread::sleep(PAUSE);
                before = self.look(&before);
            }
        };
        if let Err(error) = own_thread::spawn("mod_python reload", work) {
            (self.hooks.not_made)(b"*", CreateError::new(error.to_string()));
        }
    }

    /// What has changed, as long as that is not seen to.
    fn look(&'static self, before: &Looks) -> Looks {
        let mut now = Looks::new();
        let mut wanted = Vec::new();
        for interpreter in &self.watched() {
            let changed = interpreter.files().changed();
            let Some(first) = changed.keys().next() else { continue };
            let has_settled = before.get(&interpreter.number()) == Some(&changed);
            match has_settled.then(|| self.successor_of(interpreter)).flatten() {
                Some(successor) => {
                    (self.hooks.outdated)(interpreter, first);
                    // One try for each change: the log says why it failed.
                    interpreter.files().accept(&changed);
                    wanted.push(successor);
                }
                None => {
                    now.insert(interpreter.number(), changed);
                }
            }
        }
        if !wanted.is_empty() {
            self.make_in_background(wanted);
        }
        now
    }

    /// All that have the name of one whose files are watched: a member of a pool may not have
    /// had a request yet.
    fn watched(&self) -> Vec<Arc<Interpreter>> {
        let mut current = self.registry.living();
        current.retain(|interpreter| !interpreter.users().is_retired());
        let watched = current.iter().filter(|interpreter| interpreter.files().is_watched());
        let names: HashSet<Box<[u8]>> = watched.map(|interpreter| interpreter.name().into()).collect();
        current.retain(|interpreter| names.contains(interpreter.name()));
        current
    }
}
