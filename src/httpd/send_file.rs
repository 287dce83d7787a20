//! A file as part of the answer, by the kernel's sendfile where httpd uses that.

use super::brigade;
use super::client_error::ClientError;
use super::pool::Pool;
use super::request::Request;
use super::send::Output;
use super::text::Text;
use crate::ffi::httpd as ffi;
use std::ffi::c_int;
use std::mem;
use std::ptr;

/// Which part of the file.
#[derive(Debug, Clone, Copy)]
pub struct Range {
    pub offset: u64,
    /// None for all that follows.
    pub length: Option<u64>,
}

impl Output {
    /// Sends part of a regular file, and says how much; Ok(Err) is the errno for a file
    /// that cannot be sent, of which nothing went out.
    pub fn send_file(
        &self,
        request: Request<'_>,
        path: Text<'_>,
        range: Range,
    ) -> Result<Result<u64, c_int>, ClientError> {
        let scratch = Scratch::below(request.pool());
        let file = match File::open(scratch.pool(), path, request.uses_sendfile()) {
            Ok(file) => file,
            Err(status) => return Ok(Err(status)),
        };
        let rest = file.size.saturating_sub(range.offset);
        let length = range.length.unwrap_or(rest).min(rest);
        if length == 0 {
            return Ok(Ok(0));
        }
        self.checked(request.pass(|brigade, allocator| {
            // SAFETY: the file is open. A filter that keeps the bucket sets it aside, which
            // moves the descriptor to the filter's own pool.
            unsafe {
                let (offset, pool) = (range.offset as ffi::apr_off_t, scratch.pool().as_raw());
                let bucket = ffi::apr_bucket_file_create(file.raw, offset, length as usize, pool, allocator);
                // A mapped file that is cut short meanwhile would end the child by SIGBUS.
                ffi::apr_bucket_file_enable_mmap(bucket, 0);
                brigade::append(brigade, bucket);
            }
        }))?;
        self.count(length);
        Ok(Ok(length))
    }
}

struct File {
    raw: *mut ffi::apr_file_t,
    size: u64,
}

impl File {
    /// Opens a regular file until the pool goes; Err is an errno.
    fn open(pool: Pool<'_>, path: Text<'_>, sendfile: bool) -> Result<File, c_int> {
        let path = pool.copy(path);
        // SAFETY: a NUL-terminated path; the structures are filled by the calls, on success,
        // and live in the pool.
        unsafe {
            let mut facts: ffi::apr_finfo_t = mem::zeroed();
            let wanted = (ffi::APR_FINFO_TYPE | ffi::APR_FINFO_SIZE) as c_int;
            // Before it is opened: that would wait for ever on a FIFO, and a device may act.
            check(ffi::apr_stat(&mut facts, path, wanted, pool.as_raw()))?;
            regular(&facts)?;
            let mut raw = ptr::null_mut();
            let flags = ffi::APR_FOPEN_READ | ffi::APR_FOPEN_BINARY | ffi::APR_FOPEN_LARGEFILE;
            let flags = if sendfile { flags | ffi::APR_FOPEN_SENDFILE_ENABLED } else { flags };
            let permissions = ffi::APR_FPROT_OS_DEFAULT as c_int;
            check(ffi::apr_file_open(&mut raw, path, flags as c_int, permissions, pool.as_raw()))?;
            // Once more: another file may have taken the name.
            check(ffi::apr_file_info_get(&mut facts, wanted, raw))?;
            regular(&facts)?;
            Ok(File { raw, size: u64::try_from(facts.size).unwrap_or(0) })
        }
    }
}

fn check(status: ffi::apr_status_t) -> Result<(), c_int> {
    match status {
        0 => Ok(()),
        errno if errno < ffi::APR_OS_START_ERROR as c_int => Err(errno),
        _ => Err(libc::EIO),
    }
}

fn regular(facts: &ffi::apr_finfo_t) -> Result<(), c_int> {
    match facts.filetype {
        ffi::APR_REG => Ok(()),
        ffi::APR_DIR => Err(libc::EISDIR),
        _ => Err(libc::EINVAL),
    }
}

/// A pool below another's, for what is needed during one call: the request's own would
/// keep each file open until the request ends.
struct Scratch(*mut ffi::apr_pool_t);

impl Scratch {
    fn below(parent: Pool<'_>) -> Self {
        let mut pool = ptr::null_mut();
        // SAFETY: a live parent; NULL stands for its abort function and allocator.
        unsafe { ffi::apr_pool_create_ex(&mut pool, parent.as_raw(), None, ptr::null_mut()) };
        Scratch(pool)
    }

    fn pool(&self) -> Pool<'_> {
        // SAFETY: destroyed by this one's drop only.
        unsafe { Pool::from_raw(self.0) }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // SAFETY: made by `below`, and destroyed once.
        unsafe { ffi::apr_pool_destroy(self.0) };
    }
}

impl Request<'_> {
    /// EnableSendfile, as in force for the request.
    fn uses_sendfile(self) -> bool {
        // SAFETY: the core module has a configuration for each directory.
        unsafe {
            let core = ffi::ap_get_core_module_config((*self.as_raw()).per_dir_config)
                .cast::<ffi::core_dir_config>();
            core.as_ref().is_some_and(|core| core.enable_sendfile() == ENABLE_SENDFILE_ON)
        }
    }
}

/// http_core.h's ENABLE_SENDFILE_ON, an expression that bindgen does not read.
const ENABLE_SENDFILE_ON: std::ffi::c_uint = 1;
