//! The boundary from httpd into Rust. A panic below a hook is caught here, logged
//! with its place, and answered with the hook's fallback; the child serves on.

use super::log::{self, Target};
use crate::settings::messages::Code;
use std::any::Any;
use std::cell::RefCell;
use std::panic::{self, AssertUnwindSafe, PanicHookInfo};

/// Where httpd entered, for the log.
#[derive(Clone, Copy)]
pub enum Entry<'a> {
    Hook(&'a str, Target<'a>),
    /// A phase and the handler that it calls.
    Handler(&'a str, &'a [u8], Target<'a>),
    Directive,
    Configuration,
    Cleanup,
}

impl<'a> Entry<'a> {
    fn describe(self) -> (String, Target<'a>) {
        match self {
            Entry::Hook(name, target) => (name.to_owned(), target),
            Entry::Handler(phase, handler, target) => {
                (format!("{phase} {}", String::from_utf8_lossy(handler)), target)
            }
            Entry::Directive => ("a directive".to_owned(), Target::Process),
            Entry::Configuration => ("the configuration".to_owned(), Target::Process),
            Entry::Cleanup => ("a pool cleanup".to_owned(), Target::Process),
        }
    }
}

/// Runs `body`; if it panics, logs that and returns `fallback`.
pub fn run<T>(entry: Entry<'_>, fallback: T, body: impl FnOnce() -> T) -> T {
    match panic::catch_unwind(AssertUnwindSafe(body)) {
        Ok(value) => value,
        Err(payload) => {
            let (name, target) = entry.describe();
            report(&name, target, &*payload);
            // Dropping a payload may itself panic; a leak on this path is the lesser harm.
            std::mem::forget(payload);
            fallback
        }
    }
}

/// Logs a panic that was caught at `place`.
pub fn report(place: &str, target: Target<'_>, payload: &(dyn Any + Send)) {
    let message = payload
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no message".to_owned());
    let location = LOCATION.with_borrow_mut(Option::take).unwrap_or_else(|| "an unknown place".to_owned());
    log::entry(
        target,
        Code::Panic,
        &format!("internal error in {place}: {message} (at {location}); please report it"),
    );
}

thread_local! {
    static LOCATION: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Lets `report` tell the source line, instead of the default hook's print to
/// stderr. Only for children: the hook is heap memory of this shared object, which
/// the parent unloads at every restart.
pub fn remember_panic_locations() {
    panic::set_hook(Box::new(|info: &PanicHookInfo<'_>| {
        let location = info.location().map(ToString::to_string);
        let _ = LOCATION.try_with(|cell| cell.replace(location));
    }));
}
