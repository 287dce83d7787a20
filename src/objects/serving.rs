//! The request or connection that each thread is serving, so that what Python code prints finds its
//! client and virtual host, and the lines that it has begun.
//!
//! A stack, since requests nest: an internal redirect runs handlers inside a handler.
//! Each level has line buffers of its own, so text of two requests never mixes. The
//! buffers are Rust's and not Python's because the end of a handler can then write out
//! what is left in them without entering Python.

use crate::httpd::connection::ConnectionHandle;
use crate::httpd::handle::Handle;
use crate::httpd::log::{self, Target};
use crate::parse::lines::LineBuffer;
use std::cell::RefCell;
use std::marker::PhantomData;
use std::sync::Arc;

/// Where Python code prints to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    Out,
    Error,
}

impl Stream {
    const ALL: [Stream; 2] = [Stream::Out, Stream::Error];

    /// httpd's default LogLevel, warn, lets both through; `python:error` hides what is
    /// only printed.
    fn level(self) -> u8 {
        match self {
            Stream::Out => 4,
            Stream::Error => 3,
        }
    }
}

/// The lines begun, by stream.
#[derive(Default)]
struct Begun([LineBuffer; 2]);

impl Begun {
    const fn new() -> Self {
        Begun([LineBuffer::new(), LineBuffer::new()])
    }

    fn is_empty(&self) -> bool {
        self.0.iter().all(LineBuffer::is_empty)
    }

    fn log(&mut self, target: Target<'_>) {
        for stream in Stream::ALL {
            if let Some(entry) = self.0[stream as usize].take() {
                log::script(target, stream.level(), &entry);
            }
        }
    }
}

/// Whom a thread serves.
#[derive(Clone)]
enum Served {
    Request(Arc<Handle>),
    Connection(Arc<ConnectionHandle>),
    /// Such as an import at child start.
    Nobody,
}

impl Served {
    /// Calls `with` with its log; None where it has none, or none any more.
    fn with_target<T>(&self, with: impl FnOnce(Target<'_>) -> T) -> Option<T> {
        match self {
            Served::Request(handle) => handle.lend(|request| with(Target::Request(request))).ok(),
            Served::Connection(handle) => handle.lend(|connection| with(Target::Connection(connection))).ok(),
            Served::Nobody => None,
        }
    }
}

/// What a thread is in the middle of.
struct Task {
    served: Served,
    /// Boxed, since most tasks print nothing.
    begun: Option<Box<Begun>>,
}

struct Tasks {
    tasks: Vec<Task>,
    /// What is printed outside all of them: a script's own threads, exit callbacks.
    outside: Begun,
}

impl Tasks {
    fn begun(&mut self) -> &mut Begun {
        match self.tasks.last_mut() {
            Some(task) => task.begun.get_or_insert_default(),
            None => &mut self.outside,
        }
    }
}

impl Drop for Tasks {
    /// The thread ends.
    fn drop(&mut self) {
        self.outside.log(Target::Process);
    }
}

thread_local! {
    static TASKS: RefCell<Tasks> =
        const { RefCell::new(Tasks { tasks: Vec::new(), outside: Begun::new() }) };
}

/// This thread serves somebody while this lives. To be made and dropped while the handle
/// is open, and detached from Python.
pub struct Serving(PhantomData<*mut ()>);

impl Serving {
    pub fn request(handle: &Arc<Handle>) -> Self {
        Serving::begin(Served::Request(Arc::clone(handle)))
    }

    pub fn connection(handle: &Arc<ConnectionHandle>) -> Self {
        Serving::begin(Served::Connection(Arc::clone(handle)))
    }

    /// Work for no request, such as an import at child start.
    pub fn nobody() -> Self {
        Serving::begin(Served::Nobody)
    }

    fn begin(served: Served) -> Self {
        TASKS.with_borrow_mut(|tasks| tasks.tasks.push(Task { served, begun: None }));
        Serving(PhantomData)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // Runs while a panic unwinds, too, so it must not add one of its own.
        let ended = TASKS.try_with(|tasks| tasks.try_borrow_mut().ok()?.tasks.pop());
        let Ok(Some(Task { served, begun: Some(mut begun) })) = ended else { return };
        // A line that never ended is the request's all the same.
        if !begun.is_empty() {
            let _ = served.with_target(|target| begun.log(target));
        }
        begun.log(Target::Process);
    }
}

/// Calls `with` with the log of whom this thread serves, or else with the main server's.
pub fn with_target<T>(with: impl Fn(Target<'_>) -> T) -> T {
    let served = TASKS.try_with(|tasks| Some(tasks.try_borrow().ok()?.tasks.last()?.served.clone()));
    let served = served.ok().flatten().unwrap_or(Served::Nobody);
    served.with_target(&with).unwrap_or_else(|| with(Target::Process))
}

/// Adds what was printed; returns the entries that it completes.
pub fn printed(stream: Stream, text: &[u8]) -> Vec<Vec<u8>> {
    let mut entries = Vec::new();
    let added = TASKS.try_with(|served| {
        let Ok(mut served) = served.try_borrow_mut() else { return false };
        served.begun().0[stream as usize].push(text, &mut entries);
        true
    });
    // Late in a thread's end there is no buffer any more.
    if added != Ok(true) { LineBuffer::entries(text) } else { entries }
}

/// The line that this thread has begun, as an entry.
pub fn flushed(stream: Stream) -> Option<Vec<u8>> {
    let taken = TASKS.try_with(|served| {
        let mut served = served.try_borrow_mut().ok()?;
        served.begun().0[stream as usize].take()
    });
    taken.ok().flatten()
}

/// Logs entries of a stream; to be called detached, since a log may be a pipe.
pub fn log(stream: Stream, entries: &[Vec<u8>]) {
    with_target(|target| entries.iter().for_each(|entry| log::script(target, stream.level(), entry)));
}
