//! Bucket brigades: data on its way through filters.

use crate::ffi::httpd as ffi;
use std::ffi::CStr;
use std::ptr;

/// Puts a bucket at the end: what APR's macro APR_BRIGADE_INSERT_TAIL does.
///
/// # Safety
/// Both are live, and the bucket is in no brigade.
pub(super) unsafe fn append(brigade: *mut ffi::apr_bucket_brigade, bucket: *mut ffi::apr_bucket) {
    // SAFETY: a brigade is a ring of links, which the sentinel closes.
    unsafe {
        let list = &raw mut (*brigade).list;
        let sentinel = sentinel(brigade);
        let last = (*list).prev;
        (*bucket).link.next = sentinel;
        (*bucket).link.prev = last;
        (*last).link.next = bucket;
        (*list).prev = bucket;
    }
}

/// What stands in the ring for its end.
///
/// # Safety
/// The brigade is live.
unsafe fn sentinel(brigade: *mut ffi::apr_bucket_brigade) -> *mut ffi::apr_bucket {
    // SAFETY: the sentinel, seen as a bucket, has its link where `list` is;
    // APR_RING_SENTINEL computes the same address.
    unsafe {
        let list = &raw mut (*brigade).list;
        list.cast::<u8>().sub(std::mem::offset_of!(ffi::apr_bucket, link)).cast::<ffi::apr_bucket>()
    }
}

/// The brigade that this module reads and writes a connection with; emptied when dropped.
/// One serves the connection's whole life: its few bytes lie in the connection's pool, which
/// would grow with every read otherwise.
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

    /// Whether it says that nothing follows.
    pub fn has_end(&self) -> bool {
        // SAFETY: a live brigade; the sentinel, which `next` reaches last, is no bucket and
        // is not read.
        unsafe {
            let sentinel = sentinel(self.0);
            let mut bucket = (*self.0).list.next;
            while bucket != sentinel {
                if ptr::eq((*bucket).type_, &raw const ffi::apr_bucket_type_eos) {
                    return true;
                }
                bucket = (*bucket).link.next;
            }
            false
        }
    }

    /// Adds its data to `bytes`, which may take reading it first.
    pub fn append_to(&mut self, bytes: &mut Vec<u8>) -> Result<(), ffi::apr_status_t> {
        let mut length = 0;
        // SAFETY: a live brigade; the buffer is writable for the length that flatten is given
        // and then returns shortened.
        unsafe {
            match ffi::apr_brigade_length(self.0, 1, &mut length) {
                0 => {}
                status => return Err(status),
            }
            let before = bytes.len();
            let mut length = usize::try_from(length).unwrap_or(0) as ffi::apr_size_t;
            bytes.resize(before + length as usize, 0);
            let status = ffi::apr_brigade_flatten(self.0, bytes[before..].as_mut_ptr().cast(), &mut length);
            bytes.truncate(before + length as usize);
            if status == 0 { Ok(()) } else { Err(status) }
        }
    }
}

impl Drop for Transfer {
    fn drop(&mut self) {
        // SAFETY: a live brigade, used by nobody else.
        unsafe { ffi::apr_brigade_cleanup(self.0.cast()) };
    }
}
