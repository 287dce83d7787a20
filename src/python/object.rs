//! References to Python objects.
//!
//! [`Object`] is owned and bound to one attach by its `'py`; [`Stored`] is what Rust
//! keeps between two attaches, and remembers whose it is.

use super::attach::{Attached, Brand, is_attached};
use super::error::{Error, Result};
use super::interpreter::Interpreter;
use crate::ffi::python as ffi;
use std::ffi::{CStr, c_int, c_long};
use std::marker::PhantomData;
use std::mem::{self, ManuallyDrop};
use std::ptr::{self, NonNull};
use std::slice;
use std::sync::Arc;

/// An owned reference, usable while its `'py` is attached.
#[repr(transparent)]
pub struct Object<'py>(NonNull<ffi::PyObject>, Brand<'py>);

impl Clone for Object<'_> {
    fn clone(&self) -> Self {
        // SAFETY: the object is alive and, by 'py, this thread is attached.
        unsafe { ffi::Py_INCREF(self.as_raw()) };
        Object(self.0, PhantomData)
    }
}

impl Drop for Object<'_> {
    fn drop(&mut self) {
        // SAFETY: this reference is owned and, by 'py, this thread is attached.
        unsafe { ffi::Py_DECREF(self.as_raw()) };
    }
}

impl<'py> Object<'py> {
    /// Takes over a new reference; NULL means that an exception is set.
    ///
    /// # Safety
    /// `raw` is NULL with an exception set, or a new reference of this interpreter.
    pub(super) unsafe fn owned(py: Attached<'py>, raw: *mut ffi::PyObject) -> Result<'py, Self> {
        match NonNull::new(raw) {
            Some(raw) => Ok(Object(raw, PhantomData)),
            None => Err(Error::fetch(py)),
        }
    }

    /// Takes over a new reference, or nothing.
    ///
    /// # Safety
    /// `raw` is NULL or a new reference of this interpreter.
    pub(super) unsafe fn owned_or_none(_py: Attached<'py>, raw: *mut ffi::PyObject) -> Option<Self> {
        NonNull::new(raw).map(|raw| Object(raw, PhantomData))
    }

    /// Adds a reference to a borrowed one.
    ///
    /// # Safety
    /// `raw` is NULL or an object of this interpreter that is alive.
    pub(super) unsafe fn borrowed(_py: Attached<'py>, raw: *mut ffi::PyObject) -> Option<Self> {
        let raw = NonNull::new(raw)?;
        // SAFETY: alive, and the thread is attached.
        unsafe { ffi::Py_INCREF(raw.as_ptr()) };
        Some(Object(raw, PhantomData))
    }

    /// Looks at a caller's pointer as a reference that it keeps.
    ///
    /// # Safety
    /// `*raw` is not NULL and alive for `'a`, and the thread is attached for `'py`.
    pub(super) unsafe fn from_ref<'a>(raw: &'a *mut ffi::PyObject) -> &'a Self {
        // SAFETY: Object is a transparent, non-null PyObject pointer.
        unsafe { &*ptr::from_ref(raw).cast::<Object<'py>>() }
    }

    /// The same for a C array of pointers.
    ///
    /// # Safety
    /// As for `from_ref`, for all `length` pointers.
    pub(super) unsafe fn from_array<'a>(raw: *const *mut ffi::PyObject, length: usize) -> &'a [Self] {
        if length == 0 {
            return &[];
        }
        // SAFETY: Object is a transparent, non-null PyObject pointer.
        unsafe { slice::from_raw_parts(raw.cast::<Object<'py>>(), length) }
    }

    pub(super) fn as_raw(&self) -> *mut ffi::PyObject {
        self.0.as_ptr()
    }

    /// Gives the reference away.
    pub(super) fn into_raw(self) -> *mut ffi::PyObject {
        let raw = self.as_raw();
        mem::forget(self);
        raw
    }

    /// Keeps the reference beyond this attach.
    pub fn store(self, py: Attached<'py>) -> Stored {
        let stored = Stored { interpreter: py.interpreter().record(), raw: self.0 };
        mem::forget(self);
        stored
    }

    pub fn none(_py: Attached<'py>) -> Self {
        // SAFETY: None is immortal or at least never freed.
        unsafe {
            ffi::Py_INCREF(ffi::Py_None());
            Object(NonNull::new_unchecked(ffi::Py_None()), PhantomData)
        }
    }

    /// The value that makes Python try the other operand.
    pub fn not_implemented(_py: Attached<'py>) -> Self {
        // SAFETY: as for None.
        unsafe {
            ffi::Py_INCREF(ffi::Py_NotImplemented());
            Object(NonNull::new_unchecked(ffi::Py_NotImplemented()), PhantomData)
        }
    }

    pub fn bool(_py: Attached<'py>, value: bool) -> Self {
        // SAFETY: the two bools are never freed.
        unsafe { Object(NonNull::new_unchecked(ffi::PyBool_FromLong(c_long::from(value))), PhantomData) }
    }

    pub fn int(py: Attached<'py>, value: i64) -> Result<'py, Self> {
        // SAFETY: attached; returns a new reference or NULL with an exception.
        unsafe { Object::owned(py, ffi::PyLong_FromLongLong(value)) }
    }

    pub fn bytes(py: Attached<'py>, value: &[u8]) -> Result<'py, Self> {
        // SAFETY: the source is readable for its length.
        unsafe {
            Object::owned(py, ffi::PyBytes_FromStringAndSize(value.as_ptr().cast(), value.len() as isize))
        }
    }

    pub fn list(
        py: Attached<'py>,
        items: impl IntoIterator<Item = Result<'py, Object<'py>>>,
    ) -> Result<'py, Self> {
        // SAFETY: attached; PyList_Append adds its own reference.
        unsafe {
            let list = Object::owned(py, ffi::PyList_New(0))?;
            for item in items {
                if ffi::PyList_Append(list.as_raw(), item?.as_raw()) < 0 {
                    return Err(Error::fetch(py));
                }
            }
            Ok(list)
        }
    }

    pub fn pair(py: Attached<'py>, first: &Object<'py>, second: &Object<'py>) -> Result<'py, Self> {
        // SAFETY: PyTuple_Pack adds its own references to two live objects.
        unsafe { Object::owned(py, ffi::PyTuple_Pack(2, first.as_raw(), second.as_raw())) }
    }

    /// `import name`.
    pub fn import(py: Attached<'py>, name: &CStr) -> Result<'py, Self> {
        // SAFETY: a C string; returns a new reference or NULL with an exception.
        unsafe { Object::owned(py, ffi::PyImport_ImportModule(name.as_ptr())) }
    }

    /// What `import` statements of plain Python do (`__import__` of the language reference).
    pub fn import_level(
        py: Attached<'py>,
        name: &Object<'py>,
        globals: Option<&Object<'py>>,
        names: Option<&Object<'py>>,
        level: c_int,
    ) -> Result<'py, Self> {
        let raw = |object: Option<&Object<'py>>| object.map_or(ptr::null_mut(), Object::as_raw);
        // SAFETY: live objects or NULL, as allowed for globals, locals (unused by CPython)
        // and the list of names; returns a new reference or NULL with an exception.
        unsafe {
            let locals = ptr::null_mut();
            let module =
                ffi::PyImport_ImportModuleLevelObject(name.as_raw(), raw(globals), locals, raw(names), level);
            Object::owned(py, module)
        }
    }

    pub fn getattr(&self, py: Attached<'py>, name: &CStr) -> Result<'py, Object<'py>> {
        // SAFETY: a live object and a C string.
        unsafe { Object::owned(py, ffi::PyObject_GetAttrString(self.as_raw(), name.as_ptr())) }
    }

    pub fn getattr_by(&self, py: Attached<'py>, name: &Object<'py>) -> Result<'py, Object<'py>> {
        // SAFETY: two live objects; a name that is no str raises TypeError.
        unsafe { Object::owned(py, ffi::PyObject_GetAttr(self.as_raw(), name.as_raw())) }
    }

    /// `getattr`, with None for a missing attribute.
    pub fn find_attr(&self, py: Attached<'py>, name: &CStr) -> Result<'py, Option<Object<'py>>> {
        match self.getattr(py, name) {
            Ok(value) => Ok(Some(value)),
            Err(error) if error.is(py, super::error::Kind::Attribute) => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub fn setattr(&self, py: Attached<'py>, name: &CStr, value: &Object<'py>) -> Result<'py, ()> {
        // SAFETY: live objects and a C string.
        let status = unsafe { ffi::PyObject_SetAttrString(self.as_raw(), name.as_ptr(), value.as_raw()) };
        Error::check(py, status)
    }

    pub fn setattr_by(&self, py: Attached<'py>, name: &Object<'py>, value: &Object<'py>) -> Result<'py, ()> {
        // SAFETY: live objects; a name that is no str raises TypeError.
        Error::check(py, unsafe { ffi::PyObject_SetAttr(self.as_raw(), name.as_raw(), value.as_raw()) })
    }

    /// The value under `key` of a dict; None if it is missing.
    pub fn dict_get(&self, py: Attached<'py>, key: &Object<'py>) -> Result<'py, Option<Object<'py>>> {
        // SAFETY: a borrowed reference or NULL, with an exception only if the key cannot
        // be hashed or the object is no dict.
        unsafe {
            let value = ffi::PyDict_GetItemWithError(self.as_raw(), key.as_raw());
            if value.is_null() && !ffi::PyErr_Occurred().is_null() {
                return Err(Error::fetch(py));
            }
            Ok(Object::borrowed(py, value))
        }
    }

    pub fn dict(py: Attached<'py>) -> Result<'py, Self> {
        // SAFETY: attached.
        unsafe { Object::owned(py, ffi::PyDict_New()) }
    }

    pub fn set_item(&self, py: Attached<'py>, key: &Object<'py>, value: &Object<'py>) -> Result<'py, ()> {
        // SAFETY: live objects; the container adds its own references.
        Error::check(py, unsafe { ffi::PyObject_SetItem(self.as_raw(), key.as_raw(), value.as_raw()) })
    }

    pub fn get_item(&self, py: Attached<'py>, key: &Object<'py>) -> Result<'py, Object<'py>> {
        // SAFETY: live objects.
        unsafe { Object::owned(py, ffi::PyObject_GetItem(self.as_raw(), key.as_raw())) }
    }

    pub fn call(&self, py: Attached<'py>, arguments: &[&Object<'py>]) -> Result<'py, Object<'py>> {
        // SAFETY: the array holds live objects; &Object is a pointer to a pointer, so the
        // pointers are gathered first.
        unsafe {
            let mut raw = [ptr::null_mut(); 8];
            assert!(arguments.len() <= raw.len(), "eight arguments at most");
            for (place, argument) in raw.iter_mut().zip(arguments) {
                *place = argument.as_raw();
            }
            let result =
                ffi::PyObject_Vectorcall(self.as_raw(), raw.as_ptr(), arguments.len(), ptr::null_mut());
            Object::owned(py, result)
        }
    }

    pub fn call_method(
        &self,
        py: Attached<'py>,
        name: &CStr,
        arguments: &[&Object<'py>],
    ) -> Result<'py, Object<'py>> {
        self.getattr(py, name)?.call(py, arguments)
    }

    /// `iter(self)`.
    pub fn iter(&self, py: Attached<'py>) -> Result<'py, Iter<'py>> {
        // SAFETY: a live object.
        unsafe { Object::owned(py, ffi::PyObject_GetIter(self.as_raw())) }
            .map(|iterator| Iter { iterator, py })
    }

    /// `str(self)`.
    pub fn str(&self, py: Attached<'py>) -> Result<'py, Object<'py>> {
        // SAFETY: a live object.
        unsafe { Object::owned(py, ffi::PyObject_Str(self.as_raw())) }
    }

    /// `os.fspath(self)`: a str or bytes.
    pub fn fspath(&self, py: Attached<'py>) -> Result<'py, Object<'py>> {
        // SAFETY: a live object.
        unsafe { Object::owned(py, ffi::PyOS_FSPath(self.as_raw())) }
    }

    /// `repr(self)` as UTF-8, with surrogates as they are.
    pub fn repr(&self, py: Attached<'py>) -> Result<'py, Vec<u8>> {
        // SAFETY: a live object.
        let text = unsafe { Object::owned(py, ffi::PyObject_Repr(self.as_raw()))? };
        super::convert::to_bytes(py, super::convert::Codec::Utf8, &text).map(std::borrow::Cow::into_owned)
    }

    pub fn is_none(&self) -> bool {
        // SAFETY: compares addresses.
        ptr::eq(self.as_raw(), unsafe { ffi::Py_None() })
    }

    pub fn is_callable(&self) -> bool {
        // SAFETY: a live object.
        unsafe { ffi::PyCallable_Check(self.as_raw()) != 0 }
    }

    pub fn is_type(&self) -> bool {
        // SAFETY: a live object.
        unsafe { ffi::PyType_Check(self.as_raw()) != 0 }
    }

    pub fn is_str(&self) -> bool {
        // SAFETY: a live object.
        unsafe { ffi::PyUnicode_Check(self.as_raw()) != 0 }
    }

    pub fn is_dict(&self) -> bool {
        // SAFETY: a live object.
        unsafe { ffi::PyDict_Check(self.as_raw()) != 0 }
    }

    /// `isinstance(self, class)`.
    pub fn is_instance(&self, py: Attached<'py>, class: &Object<'py>) -> Result<'py, bool> {
        // SAFETY: live objects.
        match unsafe { ffi::PyObject_IsInstance(self.as_raw(), class.as_raw()) } {
            -1 => Err(Error::fetch(py)),
            answer => Ok(answer != 0),
        }
    }

    pub fn truth(&self, py: Attached<'py>) -> Result<'py, bool> {
        // SAFETY: a live object.
        match unsafe { ffi::PyObject_IsTrue(self.as_raw()) } {
            -1 => Err(Error::fetch(py)),
            answer => Ok(answer != 0),
        }
    }

    /// `self <op> other`, with one of CPython's `Py_EQ` family.
    pub fn compare(
        &self,
        py: Attached<'py>,
        other: &Object<'py>,
        operation: c_int,
    ) -> Result<'py, Object<'py>> {
        // SAFETY: live objects.
        unsafe { Object::owned(py, ffi::PyObject_RichCompare(self.as_raw(), other.as_raw(), operation)) }
    }

    /// The value of an object whose class is exactly int (not bool); None otherwise,
    /// also if it does not fit.
    pub fn exact_int(&self) -> Option<i64> {
        // SAFETY: a live object, found to be an int.
        unsafe {
            if ffi::PyLong_CheckExact(self.as_raw()) == 0 {
                return None;
            }
            let mut overflow = 0;
            let value = ffi::PyLong_AsLongLongAndOverflow(self.as_raw(), &mut overflow);
            (overflow == 0).then_some(value)
        }
    }

    /// The value of an int; TypeError for anything else, OverflowError if too large.
    pub fn to_int(&self, py: Attached<'py>) -> Result<'py, i64> {
        // SAFETY: a live object; -1 with an exception set is the error.
        unsafe {
            if ffi::PyLong_Check(self.as_raw()) == 0 {
                return Err(Error::type_error(format!(
                    "an integer is required (got type {})",
                    self.type_name()
                )));
            }
            let value = ffi::PyLong_AsLongLong(self.as_raw());
            if value == -1 && !ffi::PyErr_Occurred().is_null() {
                return Err(Error::fetch(py));
            }
            Ok(value)
        }
    }

    /// The name of the object's class, for messages.
    pub fn type_name(&self) -> String {
        // SAFETY: a live object has a live type, whose tp_name is a C string.
        unsafe { CStr::from_ptr((*ffi::Py_TYPE(self.as_raw())).tp_name) }.to_string_lossy().into_owned()
    }
}

/// A Python iterator as a Rust one.
pub struct Iter<'py> {
    iterator: Object<'py>,
    py: Attached<'py>,
}

impl<'py> Iterator for Iter<'py> {
    type Item = Result<'py, Object<'py>>;

    fn next(&mut self) -> Option<Self::Item> {
        // SAFETY: a live iterator; NULL without an exception is its end.
        unsafe {
            let item = ffi::PyIter_Next(self.iterator.as_raw());
            if item.is_null() && ffi::PyErr_Occurred().is_null() {
                return None;
            }
            Some(Object::owned(self.py, item))
        }
    }
}

/// A reference that Rust keeps while no thread is attached.
///
/// It opens only for its own interpreter. Dropped while attached to that, it gives the
/// reference back; dropped elsewhere, it leaks, since nothing else would be safe.
pub struct Stored {
    raw: NonNull<ffi::PyObject>,
    interpreter: Arc<Interpreter>,
}

// SAFETY: the pointer is used only by a thread that is attached to the interpreter.
unsafe impl Send for Stored {}
// SAFETY: as above; the interpreter's lock orders all use.
unsafe impl Sync for Stored {}

impl Stored {
    /// The object, for a thread that is attached to its interpreter.
    pub fn get<'a, 'py>(&'a self, py: Attached<'py>) -> &'a Object<'py> {
        assert!(ptr::eq(&raw const *self.interpreter, py.interpreter()), "an object of another interpreter");
        // SAFETY: this owns a reference, so the object is alive for 'a; the thread is
        // attached to its interpreter.
        unsafe { &*ptr::from_ref(&self.raw).cast::<Object<'py>>() }
    }

    /// The reference itself, for a thread that is attached to its interpreter.
    pub(super) fn into_object(self, py: Attached<'_>) -> Object<'_> {
        assert!(ptr::eq(&raw const *self.interpreter, py.interpreter()), "an object of another interpreter");
        let mut this = ManuallyDrop::new(self);
        // SAFETY: dropped once: `this` is forgotten, and its reference goes to the result.
        unsafe { ptr::drop_in_place(&mut this.interpreter) };
        Object(this.raw, PhantomData)
    }

    pub(super) fn as_raw(&self) -> *mut ffi::PyObject {
        self.raw.as_ptr()
    }
}

impl Drop for Stored {
    fn drop(&mut self) {
        if !is_attached() {
            return;
        }
        // SAFETY: attached; where it is to the interpreter whose object this is, which no
        // other one has the number of, its reference may go.
        unsafe {
            if ffi::PyInterpreterState_GetID(ffi::PyInterpreterState_Get()) == self.interpreter.number() {
                ffi::Py_DECREF(self.raw.as_ptr());
            }
        }
    }
}

/// The bytes of a bytes-like object, held in place while they are read.
pub enum Buffer<'a, 'py> {
    /// `str` as UTF-8 and `bytes`: immutable, so they can be read while detached.
    Lent(&'a [u8]),
    /// A copy of anything that a script could change meanwhile.
    Copied(Vec<u8>, PhantomData<Brand<'py>>),
}

impl<'a, 'py> Buffer<'a, 'py> {
    /// `str` (as UTF-8), `bytes`, or any object with a contiguous buffer.
    pub fn of(py: Attached<'py>, object: &'a Object<'py>) -> Result<'py, Self> {
        match object.constant_bytes(py)? {
            Some(bytes) => Ok(Buffer::Lent(bytes)),
            None => Self::copy(py, object),
        }
    }

    fn copy(py: Attached<'py>, object: &Object<'py>) -> Result<'py, Self> {
        // SAFETY: a successful PyObject_GetBuffer fills the view with `len` readable
        // bytes, which stay until PyBuffer_Release.
        unsafe {
            if ffi::PyObject_CheckBuffer(object.as_raw()) == 0 {
                let name = object.type_name();
                return Err(Error::type_error(format!(
                    "argument must be str or a bytes-like object, not {name}"
                )));
            }
            let mut view = mem::zeroed::<ffi::Py_buffer>();
            Error::check(py, ffi::PyObject_GetBuffer(object.as_raw(), &mut view, ffi::PyBUF_SIMPLE))?;
            let length = view.len as usize;
            let copy = if length == 0 {
                Vec::new()
            } else {
                slice::from_raw_parts(view.buf.cast(), length).to_vec()
            };
            ffi::PyBuffer_Release(&mut view);
            Ok(Buffer::Copied(copy, PhantomData))
        }
    }

    pub fn as_slice(&self) -> &[u8] {
        match self {
            Buffer::Lent(bytes) => bytes,
            Buffer::Copied(bytes, _) => bytes,
        }
    }
}

impl Object<'_> {
    /// The content of a str that is all ASCII, where it lies: the same bytes in every
    /// codec. None for any other object.
    #[cfg(not(Py_3_14))]
    pub(super) fn as_ascii(&self) -> Option<&[u8]> {
        // SAFETY: a live object, found to be a str; an ASCII str keeps its characters as
        // immutable bytes for as long as it lives, and that is its UTF-8 form too.
        unsafe {
            if !self.is_str() || ffi::PyUnicode_IS_ASCII(self.as_raw()) == 0 {
                return None;
            }
            let mut length = 0;
            let text = ffi::PyUnicode_AsUTF8AndSize(self.as_raw(), &mut length);
            (!text.is_null()).then(|| slice::from_raw_parts(text.cast(), length as usize))
        }
    }

    /// pyo3-ffi does not say from 3.14 on; the caller then encodes, as for any other str.
    #[cfg(Py_3_14)]
    pub(super) fn as_ascii(&self) -> Option<&[u8]> {
        None
    }

    /// The bytes of a str (as UTF-8) or bytes object, where they lie; None for any other.
    pub fn constant_bytes<'py>(&self, py: Attached<'py>) -> Result<'py, Option<&[u8]>> {
        if !self.is_str() {
            return Ok(self.as_bytes());
        }
        let mut length = 0;
        // SAFETY: found to be a str; it keeps its UTF-8 form, which neither moves nor
        // changes, for as long as it lives.
        unsafe {
            let text = ffi::PyUnicode_AsUTF8AndSize(self.as_raw(), &mut length);
            if text.is_null() {
                return Err(Error::fetch(py));
            }
            Ok(Some(slice::from_raw_parts(text.cast(), length as usize)))
        }
    }

    /// The content of a `bytes` object (or of a subclass); None for anything else.
    pub fn as_bytes(&self) -> Option<&[u8]> {
        // SAFETY: found to be bytes, whose storage is immutable and lives as long.
        unsafe {
            if ffi::PyBytes_Check(self.as_raw()) == 0 {
                return None;
            }
            let start = ffi::PyBytes_AsString(self.as_raw()).cast::<u8>();
            Some(slice::from_raw_parts(start, ffi::PyBytes_Size(self.as_raw()) as usize))
        }
    }
}
