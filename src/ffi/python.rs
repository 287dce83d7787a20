//! CPython, through `pyo3-ffi`, and what it leaves out.

pub use pyo3_ffi::*;
