//! The request that each thread is serving, so that what Python code prints finds its
//! client and virtual host, and the lines that it has begun.
//!
//! A stack, since requests nest: an internal redirect runs handlers inside a handler.
//! Each level has line buffers of its own, so text of two requests never mixes. The
//! buffers are Rust's and not Python's because the end of a handler can then write out
//! what is left in them without entering Python.

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

/// What a thread is in the middle of.
struct Task {
    /// None: work for no request.
    request: Option<Arc<Handle>>,
    /// Boxed, since most tasks print nothing.
    begun: Option<Box<Begun>>,
}

struct Served {
    tasks: Vec<Task>,
    /// What is printed outside all of them: a script's own threads, exit callbacks.
    outside: Begun,
}

impl Served {
    fn begun(&mut self) -> &mut Begun {
        match self.tasks.last_mut() {
            Some(task) => task.begun.get_or_insert_default(),
            None => &mut self.outside,
        }
    }
}

impl Drop for Served {
    /// The thread ends.
    fn drop(&mut self) {
        self.outside.log(Target::Process);
    }
}

thread_local! {
    static SERVED: RefCell<Served> =
        const { RefCell::new(Served { tasks: Vec::new(), outside: Begun::new() }) };
}

/// This thread serves a request while this lives. To be made and dropped while the handle
/// is open, and detached from Python.
pub struct Serving(PhantomData<*mut ()>);

impl Serving {
    pub fn request(handle: &Arc<Handle>) -> Self {
        Serving::begin(Some(Arc::clone(handle)))
    }

    /// Work for no request, such as an import at child start.
    pub fn nobody() -> Self {
        Serving::begin(None)
    }

    fn begin(request: Option<Arc<Handle>>) -> Self {
        SERVED.with_borrow_mut(|served| served.tasks.push(Task { request, begun: None }));
        Serving(PhantomData)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // Runs while a panic unwinds, too, so it must not add one of its own.
        let ended = SERVED.try_with(|served| served.try_borrow_mut().ok()?.tasks.pop());
        let Ok(Some(Task { request, begun: Some(mut begun) })) = ended else { return };
        // A line that never ended is the request's all the same.
        if let Some(handle) = request.filter(|_| !begun.is_empty()) {
            let _ = handle.lend(|request| begun.log(Target::Request(request)));
        }
        begun.log(Target::Process);
    }
}

/// Calls `with` with the log of the request that this thread serves, or else with the
/// main server's.
pub fn with_target<T>(with: impl Fn(Target<'_>) -> T) -> T {
    let handle = SERVED.try_with(|served| {
        let served = served.try_borrow().ok()?;
        served.tasks.last()?.request.clone()
    });
    match handle {
        Ok(Some(handle)) => {
            handle.lend(|request| with(Target::Request(request))).unwrap_or_else(|_| with(Target::Process))
        }
        _ => with(Target::Process),
    }
}

/// Adds what was printed; returns the entries that it completes.
pub fn printed(stream: Stream, text: &[u8]) -> Vec<Vec<u8>> {
    let mut entries = Vec::new();
    let added = SERVED.try_with(|served| {
        let Ok(mut served) = served.try_borrow_mut() else { return false };
        served.begun().0[stream as usize].push(text, &mut entries);
        true
    });
    // Late in a thread's end there is no buffer any more.
    if added != Ok(true) { LineBuffer::entries(text) } else { entries }
}

/// The line that this thread has begun, as an entry.
pub fn flushed(stream: Stream) -> Option<Vec<u8>> {
    let taken = SERVED.try_with(|served| {
        let mut served = served.try_borrow_mut().ok()?;
        served.begun().0[stream as usize].take()
    });
    taken.ok().flatten()
}

/// Logs entries of a stream; to be called detached, since a log may be a pipe.
pub fn log(stream: Stream, entries: &[Vec<u8>]) {
    with_target(|target| entries.iter().for_each(|entry| log::script(target, stream.level(), entry)));
}
