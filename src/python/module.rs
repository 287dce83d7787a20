//! A built-in module, imported anew by each interpreter (multi-phase, PEP 489), with
//! its own state in each.

use super::attach::Attached;
use super::class::Visitor;
use super::convert::{Codec, to_str};
use super::error::{Error, Result};
use super::interpreter;
use super::object::Object;
use super::trampoline::{enter, listed};
use crate::ffi::python as ffi;
use std::cell::UnsafeCell;
use std::ffi::{CStr, c_int, c_void};
use std::marker::PhantomData;
use std::ptr;

/// The state of a built-in module, and how it is filled.
pub trait Extension: Sized + 'static {
    fn definition() -> &'static Definition;
    /// Fills a new module.
    fn exec<'py>(py: Attached<'py>, module: &Object<'py>) -> Result<'py, Self>;
    /// Shows the collector what the state refers to.
    fn visit(&self, visitor: &mut Visitor);
}

/// The static part of a built-in module: functions, and no Python object.
pub struct Definition {
    name: &'static CStr,
    init: unsafe extern "C" fn() -> *mut ffi::PyObject,
    def: UnsafeCell<ffi::PyModuleDef>,
    slots: UnsafeCell<[ffi::PyModuleDef_Slot; 3]>,
}

// SAFETY: CPython counts references to the definition under the lock that all
// interpreters with legacy isolation share; everything else in it is constant.
unsafe impl Sync for Definition {}

/// Where the state of a module lies: null until `exec` has succeeded.
#[repr(transparent)]
struct Slot<T>(*mut T);

impl Definition {
    pub const fn new<T: Extension>(
        name: &'static CStr,
        doc: &'static CStr,
        functions: &'static [Function<T>],
    ) -> Self {
        #[cfg(Py_3_12)]
        let isolation = ffi::PyModuleDef_Slot {
            slot: ffi::Py_mod_multiple_interpreters,
            value: ffi::Py_MOD_PER_INTERPRETER_GIL_SUPPORTED,
        };
        #[cfg(not(Py_3_12))]
        let isolation = ffi::PyModuleDef_Slot { slot: 0, value: ptr::null_mut() };
        Definition {
            name,
            init: init::<T>,
            def: UnsafeCell::new(ffi::PyModuleDef {
                m_base: ffi::PyModuleDef_HEAD_INIT,
                m_name: name.as_ptr(),
                m_doc: doc.as_ptr(),
                m_size: size_of::<Slot<T>>() as ffi::Py_ssize_t,
                m_methods: functions.as_ptr().cast_mut().cast(),
                m_slots: ptr::null_mut(),
                m_traverse: Some(traverse::<T>),
                m_clear: None,
                m_free: Some(free::<T>),
            }),
            slots: UnsafeCell::new([
                ffi::PyModuleDef_Slot { slot: ffi::Py_mod_exec, value: exec::<T> as *mut c_void },
                isolation,
                ffi::PyModuleDef_Slot { slot: 0, value: ptr::null_mut() },
            ]),
        }
    }

    pub(super) fn name(&self) -> &'static CStr {
        self.name
    }

    pub(super) fn init(&self) -> Option<unsafe extern "C" fn() -> *mut ffi::PyObject> {
        Some(self.init)
    }
}

/// A row of a module's function table.
#[repr(transparent)]
pub struct Function<T>(ffi::PyMethodDef, PhantomData<fn(&T)>);

// SAFETY: holds pointers to static strings and functions only.
unsafe impl<T> Sync for Function<T> {}

impl<T: Extension> Function<T> {
    pub const END: Self = Function(ffi::PyMethodDef::zeroed(), PhantomData);

    /// Positional arguments only. The docstring begins with them, as `inspect` reads them:
    /// `name($module, code, /)\n--\n\n`.
    pub const fn new<F>(name: &'static CStr, _function: F, doc: &'static CStr) -> Self
    where
        F: for<'a, 'py> Fn(Attached<'py>, &'py T, &'a [Object<'py>]) -> Result<'py, Object<'py>> + Copy,
    {
        let function = ffi::PyMethodDef {
            ml_name: name.as_ptr(),
            ml_meth: ffi::PyMethodDefPointer { PyCFunctionFast: function::<T, F> },
            ml_flags: ffi::METH_FASTCALL,
            ml_doc: doc.as_ptr(),
        };
        Function(function, PhantomData)
    }

    /// Arguments by position, then the values of those given by keyword, and the
    /// keywords as a tuple.
    pub const fn with_keywords<F>(name: &'static CStr, _function: F, doc: &'static CStr) -> Self
    where
        F: for<'a, 'py> Fn(
                Attached<'py>,
                &'py T,
                &'a [Object<'py>],
                &'a [Object<'py>],
                Option<&'a Object<'py>>,
            ) -> Result<'py, Object<'py>>
            + Copy,
    {
        let function = ffi::PyMethodDef {
            ml_name: name.as_ptr(),
            ml_meth: ffi::PyMethodDefPointer { PyCFunctionFastWithKeywords: function_with_keywords::<T, F> },
            ml_flags: ffi::METH_FASTCALL | ffi::METH_KEYWORDS,
            ml_doc: doc.as_ptr(),
        };
        Function(function, PhantomData)
    }
}

unsafe extern "C" fn init<T: Extension>() -> *mut ffi::PyObject {
    let definition = T::definition();
    // SAFETY: PyModuleDef_Init returns the definition as an object; the slots are static.
    // Interpreters import one after the other, under the lock they share.
    unsafe {
        (*definition.def.get()).m_slots = definition.slots.get().cast();
        ffi::PyModuleDef_Init(definition.def.get())
    }
}

unsafe extern "C" fn exec<T: Extension>(module: *mut ffi::PyObject) -> c_int {
    let Some(interpreter) = interpreter::current() else {
        // SAFETY: an entry from Python: the thread is attached.
        unsafe {
            ffi::PyErr_SetString(
                ffi::PyExc_ImportError,
                c"an interpreter that mod_python did not make".as_ptr(),
            );
        }
        return -1;
    };
    // SAFETY: this thread runs Python code of that interpreter; the module is alive.
    let (py, module) = unsafe { (Attached::assume(&interpreter), Object::from_ref(&module)) };
    enter(py, -1, || {
        let state = Box::into_raw(Box::new(T::exec(py, module)?));
        // SAFETY: m_size made room for a Slot, zeroed before exec runs; this is where the
        // state's ownership goes, and `free` takes it back.
        unsafe { (*ffi::PyModule_GetState(module.as_raw()).cast::<Slot<T>>()).0 = state };
        interpreter.set_extension(module.clone().store(py), state);
        Ok(0)
    })
}

/// # Safety
/// `module` was made from `T`'s definition.
unsafe fn state<'a, T>(module: *mut ffi::PyObject) -> Option<&'a T> {
    // SAFETY: by contract; NULL before exec has succeeded.
    unsafe { ffi::PyModule_GetState(module).cast::<Slot<T>>().as_ref()?.0.as_ref() }
}

unsafe extern "C" fn traverse<T: Extension>(
    module: *mut ffi::PyObject,
    visit: ffi::visitproc,
    argument: *mut c_void,
) -> c_int {
    let mut visitor = Visitor::new(visit, argument);
    // SAFETY: the collector passes a module of this definition.
    if let Some(state) = unsafe { state::<T>(module) } {
        state.visit(&mut visitor);
    }
    visitor.result()
}

unsafe extern "C" fn free<T: Extension>(module: *mut c_void) {
    // SAFETY: the module is going; its state is taken back once.
    unsafe {
        let slot = ffi::PyModule_GetState(module.cast()).cast::<Slot<T>>();
        if !slot.is_null() && !(*slot).0.is_null() {
            drop(Box::from_raw(std::mem::replace(&mut (*slot).0, ptr::null_mut())));
        }
    }
}

unsafe extern "C" fn function<T, F>(
    module: *mut ffi::PyObject,
    arguments: *mut *mut ffi::PyObject,
    count: ffi::Py_ssize_t,
) -> *mut ffi::PyObject
where
    T: Extension,
    F: for<'a, 'py> Fn(Attached<'py>, &'py T, &'a [Object<'py>]) -> Result<'py, Object<'py>> + Copy,
{
    // SAFETY: METH_FASTCALL with the module as self and `count` live arguments.
    let (state, arguments) = unsafe { (state::<T>(module), Object::from_array(arguments, count as usize)) };
    let Some(interpreter) = interpreter::current() else {
        return ptr::null_mut();
    };
    // SAFETY: this thread runs Python code of that interpreter.
    let py = unsafe { Attached::assume(&interpreter) };
    enter(py, ptr::null_mut(), || {
        let state =
            state.ok_or_else(|| Error::new(super::error::Kind::Runtime, "the module is not ready"))?;
        listed::<F>()(py, state, arguments).map(Object::into_raw)
    })
}

unsafe extern "C" fn function_with_keywords<T, F>(
    module: *mut ffi::PyObject,
    arguments: *const *mut ffi::PyObject,
    count: ffi::Py_ssize_t,
    keywords: *mut ffi::PyObject,
) -> *mut ffi::PyObject
where
    T: Extension,
    F: for<'a, 'py> Fn(
            Attached<'py>,
            &'py T,
            &'a [Object<'py>],
            &'a [Object<'py>],
            Option<&'a Object<'py>>,
        ) -> Result<'py, Object<'py>>
        + Copy,
{
    let Some(interpreter) = interpreter::current() else {
        return ptr::null_mut();
    };
    // SAFETY: METH_FASTCALL | METH_KEYWORDS with the module as self: `count` live arguments,
    // and behind them one for each name in the tuple `keywords`, which may be NULL. This
    // thread runs Python code of that interpreter.
    let (py, state, positional, named, keywords) = unsafe {
        let (count, more) =
            (count as usize, if keywords.is_null() { 0 } else { ffi::PyTuple_GET_SIZE(keywords) as usize });
        let (positional, named) = Object::from_array(arguments, count + more).split_at(count);
        let keywords = if keywords.is_null() { None } else { Some(Object::from_ref(&keywords)) };
        (Attached::assume(&interpreter), state::<T>(module), positional, named, keywords)
    };
    enter(py, ptr::null_mut(), || {
        let state =
            state.ok_or_else(|| Error::new(super::error::Kind::Runtime, "the module is not ready"))?;
        listed::<F>()(py, state, positional, named, keywords).map(Object::into_raw)
    })
}

/// Adds a name to a module.
pub fn add<'py>(py: Attached<'py>, module: &Object<'py>, name: &str, value: &Object<'py>) -> Result<'py, ()> {
    let name = to_str(py, Codec::Utf8, name.as_bytes())?;
    // SAFETY: live objects.
    Error::check(py, unsafe { ffi::PyObject_SetAttr(module.as_raw(), name.as_raw(), value.as_raw()) })
}

/// A new exception class below Exception; `name` with its module.
pub fn new_exception<'py>(
    py: Attached<'py>,
    name: &'static CStr,
    doc: &'static CStr,
) -> Result<'py, Object<'py>> {
    exception_below(py, name, doc, ptr::null_mut())
}

/// The same below BaseException, which `except Exception` lets pass.
pub fn new_base_exception<'py>(
    py: Attached<'py>,
    name: &'static CStr,
    doc: &'static CStr,
) -> Result<'py, Object<'py>> {
    // SAFETY: reads a static that CPython fills when it starts.
    exception_below(py, name, doc, unsafe { ffi::PyExc_BaseException })
}

/// The classes of errors of the operating system that get subclasses here.
#[derive(Debug, Clone, Copy)]
pub enum OsClass {
    Any,
    Connection,
    Timeout,
}

/// A new exception class below OSError or one of its subclasses.
pub fn new_os_exception<'py>(
    py: Attached<'py>,
    name: &'static CStr,
    doc: &'static CStr,
    below: OsClass,
) -> Result<'py, Object<'py>> {
    // SAFETY: reads statics that CPython fills when it starts.
    let base = unsafe {
        match below {
            OsClass::Any => ffi::PyExc_OSError,
            OsClass::Connection => ffi::PyExc_ConnectionError,
            OsClass::Timeout => ffi::PyExc_TimeoutError,
        }
    };
    exception_below(py, name, doc, base)
}

/// NULL for `base` means Exception.
fn exception_below<'py>(
    py: Attached<'py>,
    name: &'static CStr,
    doc: &'static CStr,
    base: *mut ffi::PyObject,
) -> Result<'py, Object<'py>> {
    // SAFETY: C strings, a class that lives as long as Python or NULL, and no dict.
    unsafe {
        let class = ffi::PyErr_NewExceptionWithDoc(name.as_ptr(), doc.as_ptr(), base, ptr::null_mut());
        Object::owned(py, class)
    }
}
