//! child_init: Python starts, and is left again when the child's pool goes.

use super::failure;
use super::{child_cleanup, enter, imports, locks, startup, status};
use crate::httpd::guard;
use crate::httpd::log::{self, Target};
use crate::httpd::object_cache;
use crate::httpd::pool::Pool;
use crate::httpd::server::Server;
use crate::objects::bootstrap::Events;
use crate::objects::{bootstrap, slots};
use crate::python::interpreter::{self, CreateError};
use crate::python::lifecycle::{self, BUILT_FOR, Exit, Options};
use crate::settings::interpreter::MAIN;
use crate::settings::interpreter_options::Lines;
use crate::settings::messages::Code;
use crate::settings::reload;
use std::time::Duration;

/// How many interpreters a child may have, unless PythonMaxInterpreters says otherwise.
const MAX_INTERPRETERS: usize = 256;
/// How long exit callbacks may take, unless PythonShutdownTimeout says otherwise.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(5);

pub fn child_init(pool: Pool<'_>, server: Server<'_>) {
    guard::remember_panic_locations();
    locks::attach(server);
    open_session_cache(server);
    let target = Target::Server(server);
    let options = startup::home(server).map(|home| {
        let servers = || server.and_following().filter_map(slots::server);
        let main = slots::server(server);
        let lines = servers().flat_map(|settings| settings.interpreter_options.iter().cloned()).collect();
        Options {
            home,
            optimization_level: if servers().any(|settings| settings.optimize) { 2 } else { 0 },
            interpreters: Lines::new(lines),
            max_interpreters: main.and_then(|main| main.max_interpreters).unwrap_or(MAX_INTERPRETERS),
            reloads: reload::is_used(),
            shutdown_timeout: shutdown_timeout(server),
        }
    });
    let events = Events {
        warm_up: imports::warm_up,
        farewell: child_cleanup::run,
        ended: enter::announce_end,
        outdated: enter::announce_successor,
        load_ahead: imports::load_ahead,
        not_made: |name, error| failure::log_not_created(Target::Process, name, error),
    };
    status::begin();
    let started = options.map_err(CreateError::Python).and_then(|options| bootstrap::start(options, events));
    match started {
        Ok(started) => {
            let (version, prefix, path) = (&started.version, &started.prefix, &started.path);
            log::entry(
                target,
                Code::PythonStarted,
                &format!(
                    "Python {version} started (built for {BUILT_FOR}), prefix {prefix}, sys.path {path:?}"
                ),
            );
            status::remember(started);
        }
        Err(CreateError::Python(reason)) => {
            let message =
                format!("Python could not be started: {reason}; Python requests get 500, files are served");
            log::entry(target, Code::PythonNotStarted, &message);
            return;
        }
        // Never of the first.
        Err(CreateError::TooMany(_)) => return,
        Err(CreateError::Unprepared { path, traceback }) => {
            failure::log_unprepared(target, &String::from_utf8_lossy(MAIN), &path, &traceback);
            return;
        }
    }
    // Before its child pools: requests that a signal cut short must find Python closed.
    pool.before_destroy(leave);
    if let Ok((main, _)) = interpreter::named(MAIN) {
        enter::announce_version(target, &main);
    }
    imports::run(server);
    lifecycle::begin_serving();
}

/// PythonShutdownTimeout.
fn shutdown_timeout(server: Server<'_>) -> Duration {
    slots::server(server).and_then(|main| main.shutdown_timeout).unwrap_or(SHUTDOWN_TIMEOUT)
}

/// Without its cache a child serves what needs none.
fn open_session_cache(server: Server<'_>) {
    if let Err(reason) = object_cache::attach(server) {
        let message = format!("the cache of PythonSessionCache could not be opened: {reason}");
        log::entry(Target::Server(server), Code::CacheNotOpened, &message);
    }
}

pub(super) fn leave() {
    let message = match lifecycle::leave() {
        Exit::NotStarted | Exit::Done => return,
        Exit::DeadlinePassed => (
            Code::ExitDeadline,
            "exit callbacks and threads that are not daemons did not end within PythonShutdownTimeout; the child exits without them",
        ),
        Exit::Interrupted => (
            Code::ExitInterrupted,
            "the child was told to exit in the middle of Python code; exit callbacks do not run",
        ),
    };
    log::entry(Target::Process, message.0, message.1);
}
