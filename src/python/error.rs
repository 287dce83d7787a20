//! Python exceptions as Rust values. A failed call takes its exception out of the
//! thread state at once, so a result and a pending exception cannot coexist.

use super::attach::Attached;
use super::convert::{Codec, to_message, to_str};
use super::object::Object;
use crate::ffi::python as ffi;
use std::ffi::{CString, c_int};
use std::ptr;

pub type Result<'py, T> = std::result::Result<T, Error<'py>>;

/// The built-in classes that this module raises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Attribute,
    Index,
    Key,
    Memory,
    Os,
    Overflow,
    Reference,
    Runtime,
    StopIteration,
    Syntax,
    Type,
    Value,
}

impl Kind {
    /// As Python names the class.
    const fn name(self) -> &'static str {
        match self {
            Kind::Attribute => "AttributeError",
            Kind::Index => "IndexError",
            Kind::Key => "KeyError",
            Kind::Memory => "MemoryError",
            Kind::Os => "OSError",
            Kind::Overflow => "OverflowError",
            Kind::Reference => "ReferenceError",
            Kind::Runtime => "RuntimeError",
            Kind::StopIteration => "StopIteration",
            Kind::Syntax => "SyntaxError",
            Kind::Type => "TypeError",
            Kind::Value => "ValueError",
        }
    }
}

/// A Python exception.
pub enum Error<'py> {
    /// One that Python raised.
    Raised(Object<'py>),
    /// One of ours that has not become an object yet.
    New(Kind, String),
}

impl<'py> Error<'py> {
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Error::New(kind, message.into())
    }

    pub fn type_error(message: impl Into<String>) -> Self {
        Error::new(Kind::Type, message)
    }

    pub fn value_error(message: impl Into<String>) -> Self {
        Error::new(Kind::Value, message)
    }

    /// KeyError carries the key itself.
    pub fn key(py: Attached<'py>, key: &Object<'py>) -> Self {
        Error::built_in(py, Kind::Key, &[key])
    }

    /// OSError, or the class below it that belongs to the errno.
    pub fn os(py: Attached<'py>, errno: c_int, message: &str) -> Self {
        let arguments = (|| {
            let message = to_str(py, Codec::Utf8, message.as_bytes())?;
            Ok((Object::int(py, i64::from(errno))?, message))
        })();
        match arguments {
            Ok((errno, message)) => Error::built_in(py, Kind::Os, &[&errno, &message]),
            Err(error) => error,
        }
    }

    /// An instance of a built-in class, with these arguments.
    fn built_in(py: Attached<'py>, kind: Kind, arguments: &[&Object<'py>]) -> Self {
        // SAFETY: the class lives as long as Python.
        let class = unsafe { Object::borrowed(py, class(kind)) };
        match class.map(|class| class.call(py, arguments)) {
            Some(Ok(exception)) => Error::Raised(exception),
            Some(Err(error)) => error,
            None => Error::new(kind, ""),
        }
    }

    /// OSError, or the subclass that Python has for the errno, such as TimeoutError.
    pub fn errno(py: Attached<'py>, errno: i32, message: &str) -> Self {
        let exception = (|| {
            let (errno, message) =
                (Object::int(py, errno.into())?, to_str(py, Codec::Utf8, message.as_bytes())?);
            // SAFETY: the class lives as long as Python.
            let class = unsafe { Object::borrowed(py, class(Kind::Os)) };
            class.map(|class| class.call(py, &[&errno, &message])).transpose()
        })();
        match exception {
            Ok(Some(exception)) => Error::Raised(exception),
            Ok(None) => Error::new(Kind::Os, message),
            Err(error) => error,
        }
    }

    /// An instance of a class of this module, with one argument.
    pub fn of_class(py: Attached<'py>, class: &Object<'py>, argument: &Object<'py>) -> Self {
        class.call(py, &[argument]).map_or_else(|error| error, Error::Raised)
    }

    /// The subclass of OSError that Python has for the errno, about that file.
    pub fn os_about(py: Attached<'py>, errno: c_int, file: &Object<'py>) -> Self {
        // SAFETY: attached; errno belongs to this thread, and a live object names the file.
        unsafe {
            *libc::__errno_location() = errno;
            ffi::PyErr_SetFromErrnoWithFilenameObject(class(Kind::Os), file.as_raw());
        }
        Error::fetch(py)
    }

    /// An exception that a script hands over; TypeError if it is none.
    pub fn of_exception(py: Attached<'py>, exception: Object<'py>) -> Result<'py, Self> {
        // SAFETY: a live object; the class lives as long as Python.
        let is_exception =
            unsafe { ffi::PyObject_TypeCheck(exception.as_raw(), ffi::PyExc_BaseException.cast()) != 0 };
        if is_exception {
            return Ok(Error::Raised(exception));
        }
        let shown = exception.repr(py)?;
        Err(Error::type_error(format!("{} is no exception", String::from_utf8_lossy(&shown))))
    }

    /// Takes the pending exception.
    pub(super) fn fetch(py: Attached<'py>) -> Self {
        match take(py) {
            Some(exception) => Error::Raised(exception),
            None => Error::new(Kind::Runtime, "a Python call failed without an exception"),
        }
    }

    /// -1 means that an exception is set.
    pub(super) fn check(py: Attached<'py>, status: c_int) -> Result<'py, ()> {
        if status < 0 { Err(Error::fetch(py)) } else { Ok(()) }
    }

    /// Hands the exception to Python.
    pub(super) fn restore(self, _py: Attached<'py>) {
        match self {
            Error::Raised(exception) => set(exception),
            Error::New(kind, message) => {
                let message = CString::new(message.replace('\0', "\\0")).unwrap_or_default();
                // SAFETY: attached; class and message are valid for the call.
                unsafe { ffi::PyErr_SetString(class(kind), message.as_ptr()) }
            }
        }
    }

    /// Prints the exception to `sys.stderr`, where nobody can catch it.
    pub(super) fn report_unraisable(self, py: Attached<'py>) {
        self.restore(py);
        // SAFETY: attached, with an exception set; there is no object to name.
        unsafe { ffi::PyErr_WriteUnraisable(ptr::null_mut()) }
    }

    /// The exception object.
    pub fn into_object(self, py: Attached<'py>) -> Object<'py> {
        if let Error::Raised(exception) = self {
            return exception;
        }
        self.restore(py);
        take(py).unwrap_or_else(|| Object::none(py))
    }

    /// The exception as `traceback.format_exception` shows it, in its parts.
    pub fn traceback(self, py: Attached<'py>) -> Vec<String> {
        let exception = self.into_object(py);
        let parts = (|| {
            let parts =
                Object::import(py, c"traceback")?.call_method(py, c"format_exception", &[&exception])?;
            parts.iter(py)?.map(|part| to_message(py, &part?)).collect::<Result<'py, Vec<_>>>()
        })();
        // A __str__ that raises, or no traceback module: the class must do.
        let mut parts = parts.unwrap_or_else(|_| vec![exception.type_name()]);
        parts.iter_mut().for_each(|part| part.truncate(part.trim_end_matches('\n').len()));
        parts
    }

    /// `Class: message`, as the last part of a traceback has it.
    pub fn summary(&self, py: Attached<'py>) -> String {
        match self {
            Error::New(kind, message) => format!("{}: {message}", kind.name()),
            Error::Raised(exception) => {
                let text = exception.str(py).and_then(|text| to_message(py, &text)).unwrap_or_default();
                let class = exception.type_name();
                let class = class.rsplit('.').next().unwrap_or_default();
                if text.is_empty() { class.to_owned() } else { format!("{class}: {text}") }
            }
        }
    }

    /// Whether the exception is an instance of a built-in class.
    pub fn is(&self, _py: Attached<'py>, wanted: Kind) -> bool {
        match self {
            Error::New(kind, _) => *kind == wanted,
            // SAFETY: live objects.
            Error::Raised(exception) => unsafe {
                ffi::PyErr_GivenExceptionMatches(exception.as_raw(), class(wanted)) != 0
            },
        }
    }
}

fn class(kind: Kind) -> *mut ffi::PyObject {
    // SAFETY: reads statics that CPython fills when it starts; a thread is attached.
    unsafe {
        match kind {
            Kind::Attribute => ffi::PyExc_AttributeError,
            Kind::Index => ffi::PyExc_IndexError,
            Kind::Key => ffi::PyExc_KeyError,
            Kind::Memory => ffi::PyExc_MemoryError,
            Kind::Os => ffi::PyExc_OSError,
            Kind::Overflow => ffi::PyExc_OverflowError,
            Kind::Reference => ffi::PyExc_ReferenceError,
            Kind::Runtime => ffi::PyExc_RuntimeError,
            Kind::StopIteration => ffi::PyExc_StopIteration,
            Kind::Syntax => ffi::PyExc_SyntaxError,
            Kind::Type => ffi::PyExc_TypeError,
            Kind::Value => ffi::PyExc_ValueError,
        }
    }
}

/// The pending exception with its traceback, or None.
#[cfg(Py_3_12)]
fn take(py: Attached<'_>) -> Option<Object<'_>> {
    // SAFETY: returns a new reference or NULL.
    unsafe { Object::owned_or_none(py, ffi::PyErr_GetRaisedException()) }
}

#[cfg(not(Py_3_12))]
fn take(py: Attached<'_>) -> Option<Object<'_>> {
    let (mut class, mut value, mut traceback) = (ptr::null_mut(), ptr::null_mut(), ptr::null_mut());
    // SAFETY: the three are filled with new references or NULL; normalising makes the
    // value an instance, and the traceback becomes the instance's own.
    unsafe {
        ffi::PyErr_Fetch(&mut class, &mut value, &mut traceback);
        if class.is_null() {
            return None;
        }
        ffi::PyErr_NormalizeException(&mut class, &mut value, &mut traceback);
        if !value.is_null() {
            // As CPython does where Python code catches it. What the instance has is older, and may
            // hold frames of importlib that are taken out of the other.
            let known = if traceback.is_null() { ffi::Py_None() } else { traceback };
            ffi::PyException_SetTraceback(value, known);
        }
        ffi::Py_XDECREF(class);
        ffi::Py_XDECREF(traceback);
        Object::owned_or_none(py, value)
    }
}

#[cfg(Py_3_12)]
fn set(exception: Object<'_>) {
    // SAFETY: takes over the reference.
    unsafe { ffi::PyErr_SetRaisedException(exception.into_raw()) }
}

#[cfg(not(Py_3_12))]
fn set(exception: Object<'_>) {
    // SAFETY: takes over the three references; the traceback is new or NULL.
    unsafe {
        let class = ffi::Py_TYPE(exception.as_raw()).cast::<ffi::PyObject>();
        ffi::Py_INCREF(class);
        let traceback = ffi::PyException_GetTraceback(exception.as_raw());
        ffi::PyErr_Restore(class, exception.into_raw(), traceback);
    }
}
