//! What a script sends: text, or the memory of any object that lends it.

use super::attach::{Attached, Brand};
use super::error::{Error, Result};
use super::object::Object;
use crate::ffi::python as ffi;
use std::marker::PhantomData;
use std::mem;

/// The bytes of an object, held in place until this is dropped.
pub enum Content<'a, 'py> {
    /// `str` as UTF-8, and `bytes`: nobody can change them.
    Constant(&'a [u8]),
    /// Anything else, which a script may change at any time.
    Shared(View<'py>),
}

impl<'a, 'py> Content<'a, 'py> {
    /// `str` (as UTF-8), `bytes`, or any object with a contiguous buffer: TypeError for
    /// others, BufferError for a buffer with gaps.
    pub fn of(py: Attached<'py>, object: &'a Object<'py>) -> Result<'py, Self> {
        match object.constant_bytes(py)? {
            Some(bytes) => Ok(Content::Constant(bytes)),
            None => View::of(py, object).map(Content::Shared),
        }
    }
}

/// A buffer that its object may not move or shrink meanwhile (`bytearray` raises
/// BufferError for that), but that may change.
pub struct View<'py>(ffi::Py_buffer, PhantomData<Brand<'py>>);

impl<'py> View<'py> {
    fn of(py: Attached<'py>, object: &Object<'py>) -> Result<'py, Self> {
        // SAFETY: a live object; a successful PyObject_GetBuffer fills the view.
        unsafe {
            if ffi::PyObject_CheckBuffer(object.as_raw()) == 0 {
                return Err(Error::type_error(format!(
                    "argument must be str or a bytes-like object, not {}",
                    object.type_name()
                )));
            }
            let mut view = mem::zeroed::<ffi::Py_buffer>();
            Error::check(py, ffi::PyObject_GetBuffer(object.as_raw(), &mut view, ffi::PyBUF_SIMPLE))?;
            Ok(View(view, PhantomData))
        }
    }

    /// The memory, to be copied from while detached.
    pub fn memory(&self) -> Memory<'_> {
        Memory { start: self.0.buf.cast(), length: self.0.len as usize, lifetime: PhantomData }
    }
}

impl Drop for View<'_> {
    fn drop(&mut self) {
        // SAFETY: filled by `of`; by 'py, this thread is attached to the interpreter.
        unsafe { ffi::PyBuffer_Release(&mut self.0) };
    }
}

/// Memory that other threads may be writing to.
///
/// It never becomes a `&[u8]`, which promises that nobody does. It is copied by C's
/// memcpy, as by CPython's own `socket.send`: a script that changes it meanwhile sends
/// some of both.
#[derive(Clone, Copy)]
pub struct Memory<'a> {
    start: *const u8,
    length: usize,
    lifetime: PhantomData<&'a ()>,
}

// SAFETY: the view pins the memory for 'a, whichever thread looks at it.
unsafe impl Send for Memory<'_> {}
// SAFETY: as above.
unsafe impl Sync for Memory<'_> {}

impl Memory<'_> {
    pub fn len(&self) -> usize {
        self.length
    }

    /// Fills `part` with what lies at `at`.
    pub fn copy_to(&self, at: usize, part: &mut [u8]) {
        assert!(at <= self.length && part.len() <= self.length - at, "inside of the buffer");
        // SAFETY: both are as long as checked, and apart: `part` is this call's own.
        unsafe { libc::memcpy(part.as_mut_ptr().cast(), self.start.add(at).cast(), part.len()) };
    }
}
