//! How much memory interpreters take, for the status page: what CPython's allocators get from the
//! system, and give back, is counted for the interpreter that the thread is in. That is objects of
//! more than 512 bytes one by one, and small ones by the arena in which they lie; interpreters that
//! share the main one's lock share arenas, which count for the one that needed them first.
//!
//! Rejected: sizes of all objects, for which an interpreter had to stand still; and the allocator
//! of small objects, which is called so often that requests would pay for it.

use super::attach;
use crate::ffi::python as ffi;
use crate::status::child;
use crate::status::interpreter_row::InterpreterRow;
use std::cell::Cell;
use std::ffi::c_void;
use std::sync::OnceLock;
use std::{mem, ptr};

thread_local! {
    /// Whose is what this thread needs, whatever state is current.
    static FOR: Cell<Option<&'static InterpreterRow>> = const { Cell::new(None) };
}

/// What `body` takes, and gives back, is that row's: it makes or ends the interpreter.
pub(super) fn of<R>(row: Option<&'static InterpreterRow>, body: impl FnOnce() -> R) -> R {
    struct Reset(Option<&'static InterpreterRow>);
    impl Drop for Reset {
        fn drop(&mut self) {
            FOR.set(self.0);
        }
    }
    let _reset = Reset(FOR.replace(row));
    body()
}

/// CPython's own allocators, which this module's call.
static RAW: OnceLock<Raw> = OnceLock::new();
static ARENAS: OnceLock<Arenas> = OnceLock::new();

struct Raw {
    malloc: extern "C" fn(*mut c_void, usize) -> *mut c_void,
    calloc: extern "C" fn(*mut c_void, usize, usize) -> *mut c_void,
    realloc: extern "C" fn(*mut c_void, *mut c_void, usize) -> *mut c_void,
    free: extern "C" fn(*mut c_void, *mut c_void),
}

struct Arenas {
    alloc: extern "C" fn(*mut c_void, usize) -> *mut c_void,
    free: extern "C" fn(*mut c_void, *mut c_void, usize),
}

/// From now on memory is counted, unless CPython's allocators are others than usual, such as
/// those for debugging: then the size of what they give is not known. Between pre-initialisation and
/// initialisation, on the one thread that knows of Python.
pub(super) fn count() {
    // SAFETY: at this time allocators may be replaced by such as wrap them. These have no context,
    // get CPython's own functions on from pointers that are not NULL, and need no lock.
    unsafe {
        let mut raw = mem::zeroed::<ffi::PyMemAllocatorEx>();
        let mut arenas = mem::zeroed::<ffi::PyObjectArenaAllocator>();
        ffi::PyMem_GetAllocator(ffi::PyMemAllocatorDomain::PYMEM_DOMAIN_RAW, &mut raw);
        ffi::PyObject_GetArenaAllocator(&mut arenas);
        // Only those that debug have a context.
        if !raw.ctx.is_null() || !arenas.ctx.is_null() {
            return;
        }
        let (Some(malloc), Some(calloc), Some(realloc), Some(free)) =
            (raw.malloc, raw.calloc, raw.realloc, raw.free)
        else {
            return;
        };
        let (Some(alloc_arena), Some(free_arena)) = (arenas.alloc, arenas.free) else { return };
        let first = RAW.set(Raw { malloc, calloc, realloc, free }).is_ok()
            && ARENAS.set(Arenas { alloc: alloc_arena, free: free_arena }).is_ok();
        if !first {
            return;
        }
        ffi::PyMem_SetAllocator(
            ffi::PyMemAllocatorDomain::PYMEM_DOMAIN_RAW,
            &mut ffi::PyMemAllocatorEx {
                ctx: ptr::null_mut(),
                malloc: Some(counted_malloc),
                calloc: Some(counted_calloc),
                realloc: Some(counted_realloc),
                free: Some(counted_free),
            },
        );
        ffi::PyObject_SetArenaAllocator(&mut ffi::PyObjectArenaAllocator {
            ctx: ptr::null_mut(),
            alloc: Some(counted_alloc_arena),
            free: Some(counted_free_arena),
        });
    }
}

extern "C" fn counted_malloc(context: *mut c_void, size: usize) -> *mut c_void {
    let Some(raw) = RAW.get() else { return ptr::null_mut() };
    let block = (raw.malloc)(context, size);
    add(usable(block));
    block
}

extern "C" fn counted_calloc(context: *mut c_void, count: usize, size: usize) -> *mut c_void {
    let Some(raw) = RAW.get() else { return ptr::null_mut() };
    let block = (raw.calloc)(context, count, size);
    add(usable(block));
    block
}

extern "C" fn counted_realloc(context: *mut c_void, block: *mut c_void, size: usize) -> *mut c_void {
    let Some(raw) = RAW.get() else { return ptr::null_mut() };
    let before = usable(block);
    let moved = (raw.realloc)(context, block, size);
    if !moved.is_null() {
        add(usable(moved) - before);
    }
    moved
}

extern "C" fn counted_free(context: *mut c_void, block: *mut c_void) {
    let Some(raw) = RAW.get() else { return };
    add(-usable(block));
    (raw.free)(context, block);
}

extern "C" fn counted_alloc_arena(context: *mut c_void, size: usize) -> *mut c_void {
    let Some(arenas) = ARENAS.get() else { return ptr::null_mut() };
    let arena = (arenas.alloc)(context, size);
    if !arena.is_null() {
        add(bytes(size));
    }
    arena
}

extern "C" fn counted_free_arena(context: *mut c_void, arena: *mut c_void, size: usize) {
    let Some(arenas) = ARENAS.get() else { return };
    add(-bytes(size));
    (arenas.free)(context, arena, size);
}

/// How much of memory a block is, with what malloc adds.
fn usable(block: *mut c_void) -> i64 {
    // SAFETY: NULL, or a block of malloc's, to which CPython's allocator without a context goes, that
    // has not been freed.
    bytes(unsafe { libc::malloc_usable_size(block) })
}

fn bytes(size: usize) -> i64 {
    i64::try_from(size).unwrap_or(i64::MAX)
}

fn add(change: i64) {
    let current = || child::own()?.of_number(attach::number_of_current()?);
    if let Some(row) = FOR.get().or_else(current) {
        row.count_memory(change);
    }
}
