//! Bucket brigades: data on its way through filters.

use crate::ffi::httpd as ffi;

/// Puts a bucket at the end: what APR's macro APR_BRIGADE_INSERT_TAIL does.
///
/// # Safety
/// Both are live, and the bucket is in no brigade.
pub(super) unsafe fn append(brigade: *mut ffi::apr_bucket_brigade, bucket: *mut ffi::apr_bucket) {
    // SAFETY: a brigade is a ring whose sentinel, seen as a bucket, has its link where
    // `list` is; APR_RING_SENTINEL computes the same address.
    unsafe {
        let list = &raw mut (*brigade).list;
        let sentinel =
            list.cast::<u8>().sub(std::mem::offset_of!(ffi::apr_bucket, link)).cast::<ffi::apr_bucket>();
        let last = (*list).prev;
        (*bucket).link.next = sentinel;
        (*bucket).link.prev = last;
        (*last).link.next = bucket;
        (*list).prev = bucket;
    }
}
