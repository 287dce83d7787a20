//! What there is to say of Python in this process, without running any: no lock of an
//! interpreter's is taken, so it can be asked for while one is held for ever.

use super::interpreter::Interpreter;
use super::lifecycle;
use crate::status::process::{InterpreterStatus, ProcessStatus, Stage};

/// None if Python is not running.
pub fn read() -> Option<ProcessStatus> {
    let runtime = lifecycle::runtime().filter(|_| lifecycle::is_started())?;
    let registry = &runtime.registry;
    let interpreters: Vec<_> = registry.living().iter().map(|interpreter| of(interpreter)).collect();
    let (interpreters_made, interpreters_ended, requests) = registry.totals();
    Some(ProcessStatus {
        started: runtime.started,
        max_interpreters: runtime.max_interpreters,
        interpreters_made,
        interpreters_ended,
        requests,
        interpreters,
    })
}

fn of(interpreter: &Interpreter) -> InterpreterStatus {
    let users = interpreter.users();
    InterpreterStatus {
        name: interpreter.name().into(),
        index: interpreter.index(),
        kind: interpreter.kind(),
        stage: match interpreter.is_replacing() {
            _ if users.is_ended() => Stage::Ended,
            _ if users.is_retired() => Stage::Retired,
            true => Stage::BeingReplaced,
            false => Stage::Serving,
        },
        requests: interpreter.requests(),
        leases: users.count(),
        // But for the one that it was made with.
        threads: interpreter.states().len().saturating_sub(1),
        made: interpreter.made(),
        last_use: interpreter.last_use(),
    }
}
