//! Paths and the patterns that match them, as httpd understands both.

use super::pool::Pool;
use super::text::{Text, borrow};
use crate::ffi::httpd as ffi;
use std::ffi::c_int;
use std::ptr;

/// The directory, absolute and in true case, with one trailing slash; None if it is no
/// path.
pub fn canonical(pool: Pool<'_>, directory: &[u8]) -> Option<Vec<u8>> {
    let directory = Text::new(directory).ok()?;
    let mut merged = ptr::null_mut();
    // SAFETY: NULL means no base path; the copy is NUL-terminated; the result is written
    // on success only and lives in the pool.
    let path = unsafe {
        let flags = ffi::APR_FILEPATH_TRUENAME as c_int;
        let status =
            ffi::apr_filepath_merge(&mut merged, ptr::null(), pool.copy(directory), flags, pool.as_raw());
        if status == 0 { borrow(merged) } else { None }
    };
    let mut path = path?.to_vec();
    if path.last() != Some(&b'/') {
        path.push(b'/');
    }
    Some(path)
}

/// Whether a shell pattern matches a path, slashes matching slashes only.
pub fn matches_glob(pool: Pool<'_>, pattern: &[u8], path: &[u8]) -> bool {
    let (Ok(pattern), Ok(path)) = (Text::new(pattern), Text::new(path)) else {
        return false;
    };
    // SAFETY: both copies are NUL-terminated.
    unsafe {
        let flags = ffi::APR_FNM_PATHNAME as c_int;
        ffi::apr_fnmatch(pool.copy(pattern), pool.copy(path), flags) == 0
    }
}

/// Whether httpd's regular expression matches; one that does not compile never does.
pub fn matches_regex(pool: Pool<'_>, pattern: &[u8], path: &[u8]) -> bool {
    let (Ok(pattern), Ok(path)) = (Text::new(pattern), Text::new(path)) else {
        return false;
    };
    // SAFETY: both copies are NUL-terminated; the compiled expression lives in the pool.
    unsafe {
        let regex = ffi::ap_pregcomp(pool.as_raw(), pool.copy(pattern), ffi::AP_REG_EXTENDED as c_int);
        !regex.is_null() && ffi::ap_regexec(regex, pool.copy(path), 0, ptr::null_mut(), 0) == 0
    }
}
