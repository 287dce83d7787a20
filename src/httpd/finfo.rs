//! What is known about a file: `apr_finfo_t`, copied out of and into httpd's memory.

use super::pool::OwnedPool;
use super::request::Request;
use super::text::Text;
use crate::ffi::httpd as ffi;
use std::ffi::{CStr, CString, c_char, c_int};
use std::mem::MaybeUninit;
use std::ptr;

/// A copy. Each field has a value only where `valid` says that APR filled it in.
#[derive(Clone)]
pub struct FileInfo {
    raw: ffi::apr_finfo_t,
    /// The path that was asked about.
    path: Option<CString>,
    /// The file's name as the file system spells it.
    name: Option<CString>,
}

// SAFETY: the pointers inside `raw` are NULL.
unsafe impl Send for FileInfo {}

impl FileInfo {
    /// # Safety
    /// `raw` is initialised, and its strings are NULL or NUL-terminated and alive.
    unsafe fn copied(raw: &ffi::apr_finfo_t) -> Self {
        // SAFETY: by contract.
        let text = |text: *const c_char| unsafe {
            if text.is_null() { None } else { Some(CStr::from_ptr(text).to_owned()) }
        };
        let named = raw.valid & ffi::APR_FINFO_NAME as c_int != 0;
        let (path, name) = (text(raw.fname), if named { text(raw.name) } else { None });
        let raw = ffi::apr_finfo_t {
            pool: ptr::null_mut(),
            fname: ptr::null(),
            name: ptr::null(),
            filehand: ptr::null_mut(),
            ..*raw
        };
        FileInfo { raw, path, name }
    }

    /// `apr_stat` with a mask of APR_FINFO_*; may wait for the file system. Err is an
    /// errno; a file that does not exist is no error, but has the type APR_NOFILE.
    pub fn of(path: Text<'_>, wanted: i32) -> Result<Self, i32> {
        let path = CString::new(path.as_bytes()).unwrap_or_default();
        let pool = OwnedPool::new();
        // SAFETY: all-zero is a valid apr_finfo_t: NULL pointers, and the type APR_NOFILE.
        let mut raw: ffi::apr_finfo_t = unsafe { MaybeUninit::zeroed().assume_init() };
        // SAFETY: the path is a C string; what APR allocates is copied before the pool goes.
        unsafe {
            let status = ffi::apr_stat(&mut raw, path.as_ptr(), wanted, pool.as_pool().as_raw());
            // Incomplete: some of what was wanted is not to be had here.
            if !matches!(status, 0 | libc::ENOENT) && status != ffi::APR_INCOMPLETE as c_int {
                return Err(status);
            }
            if status == libc::ENOENT {
                (raw.valid, raw.filetype) = (0, ffi::APR_NOFILE);
            }
            raw.fname = path.as_ptr();
            Ok(FileInfo::copied(&raw))
        }
    }

    pub fn valid(&self) -> i32 {
        self.raw.valid
    }

    pub fn exists(&self) -> bool {
        self.raw.filetype != ffi::APR_NOFILE
    }

    /// One of the APR file types; None if the file exists and nobody asked for its type.
    pub fn file_type(&self) -> Option<i64> {
        (!self.exists() || self.has(ffi::APR_FINFO_TYPE)).then_some(i64::from(self.raw.filetype))
    }

    pub fn path(&self) -> Option<&[u8]> {
        self.path.as_deref().map(CStr::to_bytes)
    }

    pub fn name(&self) -> Option<&[u8]> {
        self.name.as_deref().map(CStr::to_bytes).filter(|_| self.exists())
    }

    /// A number that APR filled in.
    pub fn number(&self, field: Number) -> Option<i64> {
        let raw = &self.raw;
        let (mask, value) = match field {
            // Bits as hexadecimal digits: 0o644 is 0x644.
            Number::Protection => (ffi::APR_FINFO_PROT, i64::from(raw.protection)),
            Number::Inode => (ffi::APR_FINFO_INODE, raw.inode as i64),
            Number::Device => (ffi::APR_FINFO_DEV, raw.device as i64),
            Number::Links => (ffi::APR_FINFO_NLINK, i64::from(raw.nlink)),
            Number::User => (ffi::APR_FINFO_USER, i64::from(raw.user)),
            Number::Group => (ffi::APR_FINFO_GROUP, i64::from(raw.group)),
            Number::Size => (ffi::APR_FINFO_SIZE, raw.size),
            Number::Accessed => (ffi::APR_FINFO_ATIME, seconds(raw.atime)),
            Number::Modified => (ffi::APR_FINFO_MTIME, seconds(raw.mtime)),
            Number::Changed => (ffi::APR_FINFO_CTIME, seconds(raw.ctime)),
        };
        (self.exists() && self.has(mask)).then_some(value)
    }

    fn has(&self, mask: u32) -> bool {
        self.raw.valid & mask as i32 != 0
    }
}

/// The fields that are numbers; times are whole seconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Number {
    Protection,
    Inode,
    Device,
    Links,
    User,
    Group,
    Size,
    Accessed,
    Modified,
    Changed,
}

/// APR counts in microseconds.
fn seconds(time: ffi::apr_time_t) -> i64 {
    time.div_euclid(1_000_000)
}

impl Request<'_> {
    /// A copy of `r->finfo`.
    pub fn file_info(self) -> FileInfo {
        // SAFETY: part of a live record, all-zero until httpd fills it; its strings live in
        // the request's pool.
        unsafe { FileInfo::copied(&(*self.as_raw()).finfo) }
    }

    /// Overwrites `r->finfo`; the strings are copied into the request's pool.
    pub fn set_file_info(self, info: &FileInfo) {
        let pool = self.pool().as_raw();
        let copy = |text: &Option<CString>| {
            // SAFETY: a C string; the copy lives as long as the record.
            text.as_ref().map_or(ptr::null_mut(), |text| unsafe { ffi::apr_pstrdup(pool, text.as_ptr()) })
        };
        let (fname, name) = (copy(&info.path), copy(&info.name));
        // SAFETY: a live record.
        unsafe { (*self.as_raw()).finfo = ffi::apr_finfo_t { pool, fname, name, ..info.raw } }
    }
}
