//! Behind `mod_python.cgihandler`. `_one_at_a_time()`: calls that exclude each other in the whole process, whichever
//! interpreter they are made in. For CGI scripts, whose working directory is the process's.

use super::apache::Apache;
use super::serving;
use crate::httpd::log;
use crate::python::attach::Attached;
use crate::python::convert::to_message;
use crate::python::error::{Error, Result};
use crate::python::module::Function;
use crate::python::object::Object;
use crate::settings::messages::Code;
use parking_lot::{Condvar, Mutex};
use std::thread::{self, ThreadId};

pub const ONE_AT_A_TIME: Function<Apache> = Function::new(
    c"_one_at_a_time",
    |py, _, arguments| one_at_a_time(py, arguments),
    c"_one_at_a_time($module, function, /)\n--\n\nCalls function() while no other thread of the process is in such a call, and returns what it returns. Waits for them; a call inside of another one on the same thread does not.",
);

pub const LOG_OUTPUT_LOST: Function<Apache> = Function::new(
    c"_log_output_lost",
    |py, _, arguments| log_output_lost(py, arguments),
    c"_log_output_lost($module, message, /)\n--\n\nLogs that the output of a CGI script ended within its headers.",
);

fn log_output_lost<'py>(py: Attached<'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    let [message] = arguments else {
        return Err(Error::type_error(format!(
            "_log_output_lost() takes 1 argument ({} given)",
            arguments.len()
        )));
    };
    let message = to_message(py, message)?;
    py.detach(|| serving::with_target(|target| log::entry(target, Code::CgiOutputLost, &message)));
    Ok(Object::none(py))
}

fn one_at_a_time<'py>(py: Attached<'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    let [function] = arguments else {
        return Err(Error::type_error(format!(
            "_one_at_a_time() takes 1 argument ({} given)",
            arguments.len()
        )));
    };
    let _turn = py.detach(Turn::take);
    function.call(py, &[])
}

/// Not a `ReentrantMutex`: its guard belongs to a thread, so it cannot come out of `detach`.
///
/// Whose turn it is, and how many calls of that thread are on its stack: a script's output may pass a
/// filter that runs another script.
static HOLDER: Mutex<Option<(ThreadId, usize)>> = Mutex::new(None);
static FREE: Condvar = Condvar::new();

/// This thread's turn, until it is dropped.
struct Turn;

impl Turn {
    fn take() -> Self {
        let this = thread::current().id();
        let mut holder = HOLDER.lock();
        loop {
            *holder = match *holder {
                None => Some((this, 1)),
                Some((thread, calls)) if thread == this => Some((this, calls + 1)),
                Some(_) => {
                    FREE.wait(&mut holder);
                    continue;
                }
            };
            return Turn;
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut holder = HOLDER.lock();
        *holder = match *holder {
            Some((thread, calls)) if calls > 1 => Some((thread, calls - 1)),
            _ => None,
        };
        FREE.notify_one();
    }
}
