//! The brigade that this module reads and writes a connection with.

use crate::ffi::httpd as ffi;
use std::ffi::CStr;
use std::ptr;

/// Emptied when dropped. One brigade serves the connection's whole life: its few bytes lie
/// in the connection's pool, which would grow with every read otherwise.
pub(super) struct Transfer(*mut ffi::apr_bucket_brigade);

impl Transfer {
    /// # Safety
    /// The connection is live, outlives the result, and is used by one thread.
    pub unsafe fn of(connection: *mut ffi::conn_rec) -> Self {
        const NAME: &CStr = c"mod_python brigade";
        let mut found = ptr::null_mut();
        // SAFETY: user data under our own name is a brigade that we made in this pool, with
        // the connection's allocator, which lives as long.
        unsafe {
            let pool = (*connection).pool;
            ffi::apr_pool_userdata_get(&mut found, NAME.as_ptr(), pool);
            if found.is_null() {
                found = ffi::apr_brigade_create(pool, (*connection).bucket_alloc).cast();
                ffi::apr_pool_userdata_setn(found, NAME.as_ptr(), None, pool);
            }
        }
        Transfer(found.cast())
    }

    pub fn as_raw(&mut self) -> *mut ffi::apr_bucket_brigade {
        self.0
    }

    /// Its data, which may take reading it first.
    pub fn data(&mut self) -> Result<Vec<u8>, ffi::apr_status_t> {
        let mut length = 0;
        // SAFETY: a live brigade; the buffer is writable for the length that flatten is given
        // and then returns shortened.
        unsafe {
            match ffi::apr_brigade_length(self.0, 1, &mut length) {
                0 => {}
                status => return Err(status),
            }
            let mut data = vec![0; usize::try_from(length).unwrap_or(0)];
            let mut length = data.len() as ffi::apr_size_t;
            let status = ffi::apr_brigade_flatten(self.0, data.as_mut_ptr().cast(), &mut length);
            data.truncate(length as usize);
            if status == 0 { Ok(data) } else { Err(status) }
        }
    }
}

impl Drop for Transfer {
    fn drop(&mut self) {
        // SAFETY: a live brigade, used by nobody else.
        unsafe { ffi::apr_brigade_cleanup(self.0.cast()) };
    }
}
