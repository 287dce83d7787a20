//! The boundary from Python into Rust: the only `extern "C"` functions that CPython
//! calls. Each returns a value or sets an exception, never both; a panic becomes
//! SystemError.
//!
//! The Rust function behind an entry is a zero-sized type parameter, so an entry costs
//! no lookup, and the tables that hold the entries are `static`.

use super::attach::Attached;
use super::class::{Class, Instance, This, Visitor};
use super::error::Result;
use super::object::Object;
use crate::ffi::function::conjure;
use crate::ffi::python as ffi;
use std::any::Any;
use std::ffi::{CString, c_int, c_void};
use std::mem;
use std::panic::{self, AssertUnwindSafe};
use std::ptr;

/// The function that a table's row was made with.
pub(super) fn listed<F: Copy>() -> F {
    // SAFETY: each entry is made by a constructor of a table row that takes an F.
    unsafe { conjure() }
}

/// Runs `body` and turns its outcome into CPython's convention.
pub(super) fn enter<'py, T>(py: Attached<'py>, failed: T, body: impl FnOnce() -> Result<'py, T>) -> T {
    match panic::catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(value)) => value,
        Ok(Err(error)) => {
            error.restore(py);
            failed
        }
        Err(payload) => {
            set_system_error(&*payload);
            // As in the guard: dropping a payload may panic again.
            mem::forget(payload);
            failed
        }
    }
}

fn set_system_error(payload: &(dyn Any + Send)) {
    let message = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let message = message.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_default();
    let message = CString::new(format!("internal error in mod_python: {message}")).unwrap_or_default();
    // SAFETY: an entry from Python: the thread is attached.
    unsafe { ffi::PyErr_SetString(ffi::PyExc_SystemError, message.as_ptr()) }
}

fn raw(result: Object<'_>) -> *mut ffi::PyObject {
    result.into_raw()
}

/// # Safety
/// `slf` points to a live instance of `T`'s class or a subclass, and the thread is
/// attached to its interpreter: CPython's contract for every entry below.
unsafe fn this<'a, 'py, T: Class>(slf: &'a *mut ffi::PyObject) -> This<'a, 'py, T> {
    // SAFETY: by contract; the interpreter outlives its objects.
    unsafe {
        let instance = &*slf.cast::<Instance<T>>();
        let py = Attached::assume(&*instance.interpreter);
        This::new(py, Object::from_ref(slf), instance.value())
    }
}

pub(super) unsafe extern "C" fn method<T, F>(
    slf: *mut ffi::PyObject,
    arguments: *mut *mut ffi::PyObject,
    count: ffi::Py_ssize_t,
) -> *mut ffi::PyObject
where
    T: Class,
    F: for<'a, 'py> Fn(This<'a, 'py, T>, &'a [Object<'py>]) -> Result<'py, Object<'py>> + Copy,
{
    // SAFETY: METH_FASTCALL: `count` live arguments.
    let (this, arguments) = unsafe { (this::<T>(&slf), Object::from_array(arguments, count as usize)) };
    enter(this.py, ptr::null_mut(), || listed::<F>()(this, arguments).map(raw))
}

pub(super) unsafe extern "C" fn getter<T, F>(slf: *mut ffi::PyObject, _: *mut c_void) -> *mut ffi::PyObject
where
    T: Class,
    F: for<'a, 'py> Fn(This<'a, 'py, T>) -> Result<'py, Object<'py>> + Copy,
{
    // SAFETY: see `this`.
    let this = unsafe { this::<T>(&slf) };
    enter(this.py, ptr::null_mut(), || listed::<F>()(this).map(raw))
}

/// The value is None when the attribute or item is deleted.
pub(super) unsafe extern "C" fn setter<T, F>(
    slf: *mut ffi::PyObject,
    value: *mut ffi::PyObject,
    _: *mut c_void,
) -> c_int
where
    T: Class,
    F: for<'a, 'py> Fn(This<'a, 'py, T>, Option<&'a Object<'py>>) -> Result<'py, ()> + Copy,
{
    // SAFETY: see `this`; the value is NULL or alive for the call.
    unsafe {
        let this = this::<T>(&slf);
        let value = if value.is_null() { None } else { Some(Object::from_ref(&value)) };
        enter(this.py, -1, || listed::<F>()(this, value).map(|()| 0))
    }
}

pub(super) unsafe extern "C" fn unary<T, F>(slf: *mut ffi::PyObject) -> *mut ffi::PyObject
where
    T: Class,
    F: for<'a, 'py> Fn(This<'a, 'py, T>) -> Result<'py, Object<'py>> + Copy,
{
    // SAFETY: as for a getter without closure.
    unsafe { getter::<T, F>(slf, ptr::null_mut()) }
}

/// `tp_iternext`: NULL without an exception is the end.
pub(super) unsafe extern "C" fn next<T, F>(slf: *mut ffi::PyObject) -> *mut ffi::PyObject
where
    T: Class,
    F: for<'a, 'py> Fn(This<'a, 'py, T>) -> Result<'py, Option<Object<'py>>> + Copy,
{
    // SAFETY: see `this`.
    let this = unsafe { this::<T>(&slf) };
    enter(this.py, ptr::null_mut(), || Ok(listed::<F>()(this)?.map_or(ptr::null_mut(), raw)))
}

pub(super) unsafe extern "C" fn length<T, F>(slf: *mut ffi::PyObject) -> ffi::Py_ssize_t
where
    T: Class,
    F: for<'a, 'py> Fn(This<'a, 'py, T>) -> Result<'py, usize> + Copy,
{
    // SAFETY: see `this`.
    let this = unsafe { this::<T>(&slf) };
    enter(this.py, -1, || listed::<F>()(this).map(|length| length as ffi::Py_ssize_t))
}

pub(super) unsafe extern "C" fn binary<T, F>(
    slf: *mut ffi::PyObject,
    other: *mut ffi::PyObject,
) -> *mut ffi::PyObject
where
    T: Class,
    F: for<'a, 'py> Fn(This<'a, 'py, T>, &'a Object<'py>) -> Result<'py, Object<'py>> + Copy,
{
    // SAFETY: see `this`; the operand is alive for the call.
    unsafe {
        let this = this::<T>(&slf);
        let other = Object::from_ref(&other);
        enter(this.py, ptr::null_mut(), || listed::<F>()(this, other).map(raw))
    }
}

pub(super) unsafe extern "C" fn contains<T, F>(slf: *mut ffi::PyObject, item: *mut ffi::PyObject) -> c_int
where
    T: Class,
    F: for<'a, 'py> Fn(This<'a, 'py, T>, &'a Object<'py>) -> Result<'py, bool> + Copy,
{
    // SAFETY: as for `binary`.
    unsafe {
        let this = this::<T>(&slf);
        let item = Object::from_ref(&item);
        enter(this.py, -1, || listed::<F>()(this, item).map(c_int::from))
    }
}

pub(super) unsafe extern "C" fn assign<T, F>(
    slf: *mut ffi::PyObject,
    key: *mut ffi::PyObject,
    value: *mut ffi::PyObject,
) -> c_int
where
    T: Class,
    F: for<'a, 'py> Fn(This<'a, 'py, T>, &'a Object<'py>, Option<&'a Object<'py>>) -> Result<'py, ()> + Copy,
{
    // SAFETY: as for `setter`.
    unsafe {
        let this = this::<T>(&slf);
        let key = Object::from_ref(&key);
        let value = if value.is_null() { None } else { Some(Object::from_ref(&value)) };
        enter(this.py, -1, || listed::<F>()(this, key, value).map(|()| 0))
    }
}

pub(super) unsafe extern "C" fn compare<T, F>(
    slf: *mut ffi::PyObject,
    other: *mut ffi::PyObject,
    operation: c_int,
) -> *mut ffi::PyObject
where
    T: Class,
    F: for<'a, 'py> Fn(This<'a, 'py, T>, &'a Object<'py>, c_int) -> Result<'py, Object<'py>> + Copy,
{
    // SAFETY: as for `binary`.
    unsafe {
        let this = this::<T>(&slf);
        let other = Object::from_ref(&other);
        enter(this.py, ptr::null_mut(), || listed::<F>()(this, other, operation).map(raw))
    }
}

/// `tp_init`: one positional argument or one keyword of the class's choosing.
pub(super) unsafe extern "C" fn init<T, F>(
    slf: *mut ffi::PyObject,
    arguments: *mut ffi::PyObject,
    keywords: *mut ffi::PyObject,
) -> c_int
where
    T: Class,
    F: for<'a, 'py> Fn(This<'a, 'py, T>, &'a Object<'py>, Option<&'a Object<'py>>) -> Result<'py, ()> + Copy,
{
    // SAFETY: a live tuple, and NULL or a live dict.
    unsafe {
        let this = this::<T>(&slf);
        let arguments = Object::from_ref(&arguments);
        let keywords = if keywords.is_null() { None } else { Some(Object::from_ref(&keywords)) };
        enter(this.py, -1, || listed::<F>()(this, arguments, keywords).map(|()| 0))
    }
}

pub(super) unsafe extern "C" fn traverse<T: Class>(
    slf: *mut ffi::PyObject,
    visit: ffi::visitproc,
    argument: *mut c_void,
) -> c_int {
    // SAFETY: the collector holds the GIL and passes a live instance; nothing below
    // allocates or changes a reference count.
    unsafe {
        let instance = &*slf.cast::<Instance<T>>();
        let mut visitor = Visitor::new(visit, argument);
        visitor.raw(ffi::Py_TYPE(slf).cast());
        visitor.raw(instance.dict);
        instance.value().visit(&mut visitor);
        visitor.result()
    }
}

pub(super) unsafe extern "C" fn clear<T: Class>(slf: *mut ffi::PyObject) -> c_int {
    // SAFETY: as above; the dict's reference is given back once.
    unsafe {
        let instance = slf.cast::<Instance<T>>();
        let dict = mem::replace(&mut (*instance).dict, ptr::null_mut());
        ffi::Py_XDECREF(dict);
        let _ = panic::catch_unwind(AssertUnwindSafe(|| (*instance).value().clear()));
    }
    0
}

pub(super) unsafe extern "C" fn dealloc<T: Class>(slf: *mut ffi::PyObject) {
    // SAFETY: the last reference is gone. The object leaves the collector first, weak
    // references are told while it is whole, and its class goes last, since instances of
    // heap types own a reference to it.
    unsafe {
        let class = ffi::Py_TYPE(slf);
        if ffi::PyType_HasFeature(class, ffi::Py_TPFLAGS_HAVE_GC) != 0 {
            ffi::PyObject_GC_UnTrack(slf.cast());
        }
        let instance = slf.cast::<Instance<T>>();
        if !(*instance).weak_references.is_null() {
            ffi::PyObject_ClearWeakRefs(slf);
        }
        ffi::Py_XDECREF(mem::replace(&mut (*instance).dict, ptr::null_mut()));
        let _ = panic::catch_unwind(AssertUnwindSafe(|| Instance::drop_value(instance)));
        if let Some(free) = (*class).tp_free {
            free(slf.cast());
        }
        ffi::Py_DECREF(class.cast());
    }
}

/// `tp_new` of a class that scripts may instantiate.
pub(super) unsafe extern "C" fn new<T: Class>(
    class: *mut ffi::PyTypeObject,
    _arguments: *mut ffi::PyObject,
    _keywords: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    let Some(interpreter) = super::interpreter::current() else {
        // SAFETY: an entry from Python: the thread is attached.
        unsafe {
            ffi::PyErr_SetString(
                ffi::PyExc_SystemError,
                c"an interpreter that mod_python did not make".as_ptr(),
            );
        }
        return ptr::null_mut();
    };
    // SAFETY: this thread runs Python code of that interpreter.
    let py = unsafe { Attached::assume(&interpreter) };
    enter(py, ptr::null_mut(), || {
        let value = T::new(py)?;
        // SAFETY: the class is T's or a subclass: CPython checks that before it calls.
        unsafe { Instance::alloc(py, class, value) }.map(raw)
    })
}
