//! Compile-time proof that the declarations agree with the headers.
//!
//! bindgen asserts httpd's structs itself (see `httpd.rs`). pyo3-ffi declares
//! CPython's by hand for every version at once; the constants `MPY_*` were read
//! from this Python's headers.

use super::{httpd, python};
use std::mem::{offset_of, size_of};

mod header {
    #![allow(non_upper_case_globals, non_camel_case_types, dead_code)]
    include!(concat!(env!("OUT_DIR"), "/python_layout.rs"));
}

/// Where a thread state has its number, which pyo3-ffi does not declare.
pub const THREAD_STATE_ID: usize = header::MPY_OFFSETOF_PyThreadState_id as usize;

/// The httpd 2.4 module interface; httpd itself refuses a module of another one.
const _: () = assert!(httpd::MODULE_MAGIC_NUMBER_MAJOR == 20120211, "httpd 2.4 is required");

macro_rules! same_size {
    ($($name:ident: $constant:ident;)*) => {
        $(const _: () = assert!(
            size_of::<python::$name>() == header::$constant as usize,
            concat!("pyo3-ffi's ", stringify!($name), " differs from this Python's headers")
        );)*
    };
}

same_size! {
    PyObject: MPY_SIZEOF_PyObject;
    PyVarObject: MPY_SIZEOF_PyVarObject;
    PyConfig: MPY_SIZEOF_PyConfig;
    PyPreConfig: MPY_SIZEOF_PyPreConfig;
    PyStatus: MPY_SIZEOF_PyStatus;
    PyMethodDef: MPY_SIZEOF_PyMethodDef;
    PyGetSetDef: MPY_SIZEOF_PyGetSetDef;
    PyMemberDef: MPY_SIZEOF_PyMemberDef;
    PyModuleDef: MPY_SIZEOF_PyModuleDef;
    PyModuleDef_Slot: MPY_SIZEOF_PyModuleDef_Slot;
    PyType_Slot: MPY_SIZEOF_PyType_Slot;
    PyType_Spec: MPY_SIZEOF_PyType_Spec;
    Py_buffer: MPY_SIZEOF_Py_buffer;
}

const _: () = {
    use header::*;
    assert!(offset_of!(python::PyConfig, executable) == MPY_OFFSETOF_PyConfig_executable as usize);
    assert!(offset_of!(python::PyConfig, home) == MPY_OFFSETOF_PyConfig_home as usize);
    assert!(
        offset_of!(python::PyConfig, user_site_directory)
            == MPY_OFFSETOF_PyConfig_user_site_directory as usize
    );
    assert!(offset_of!(python::PyConfig, _init_main) == MPY_OFFSETOF_PyConfig__init_main as usize);
};
