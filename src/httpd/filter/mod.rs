//! Filters of bodies: what httpd calls, and what scripts see of a call.
//!
//! names       what filters are called in httpd, and the functions that it calls
//! instance    what is kept with one filter of one request
//! run         from httpd's call to those of the script, and what is due whatever it does
//! invocation  one call of the script
//! flow        the data of a call
//! lent        a call, as its script uses it
//!
//! Guards: whatever a filter does or fails to do, the end of a stream and buckets that
//! are not data get through, a reader is never handed more than it asked for, and what
//! follows a failure is not taken for the rest of a whole answer or body.

mod flow;
mod instance;
mod invocation;
mod lent;
mod names;
mod run;

pub use instance::Added;
pub use invocation::Invocation;
pub use lent::{Error, Filter};
pub(super) use names::{prepare, register};

/// What a call of a filter came to.
pub enum Outcome {
    /// What it has not read goes on unchanged.
    Done,
    /// What it has neither read nor passed on is dropped.
    Dropped,
    /// The stream cannot be completed. The client may be shown a page about it, if it is
    /// an answer's.
    Failed(Option<Vec<u8>>),
}

/// Calls the script behind a filter.
pub type Dispatch = fn(&Invocation) -> Outcome;
