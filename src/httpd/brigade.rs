//! Bucket brigades: data on its way through filters.

use crate::ffi::httpd as ffi;
use std::ffi::c_char;
use std::ptr;
use std::slice;

/// Lends an empty brigade that is in no pool, and empties it afterwards.
///
/// apr_brigade_create leaves the brigade's memory in the pool until the pool goes, so a
/// handler that writes or reads a hundred thousand times would make its child grow.
pub(super) fn with_temporary<T>(
    connection: *mut ffi::conn_rec,
    pool: *mut ffi::apr_pool_t,
    body: impl FnOnce(*mut ffi::apr_bucket_brigade) -> T,
) -> T {
    // SAFETY: the caller's connection is live; the ring is made empty as APR_RING_INIT
    // does, and `Emptied` holds a pointer to a brigade that does not move until its end.
    unsafe {
        let mut brigade = ffi::apr_bucket_brigade {
            p: pool,
            list: ffi::apr_bucket_brigade_apr_bucket_list { next: ptr::null_mut(), prev: ptr::null_mut() },
            bucket_alloc: (*connection).bucket_alloc,
        };
        let brigade = &raw mut brigade;
        (*brigade).list.next = sentinel(brigade);
        (*brigade).list.prev = sentinel(brigade);
        let _emptied = Emptied(brigade);
        body(brigade)
    }
}

struct Emptied(*mut ffi::apr_bucket_brigade);

impl Drop for Emptied {
    fn drop(&mut self) {
        // SAFETY: made by `with_temporary`, whose brigade is still there.
        unsafe { ffi::apr_brigade_cleanup(self.0.cast()) };
    }
}

/// The end of the brigade's ring, seen as a bucket: what APR_BRIGADE_SENTINEL computes.
///
/// # Safety
/// The brigade is live.
unsafe fn sentinel(brigade: *mut ffi::apr_bucket_brigade) -> *mut ffi::apr_bucket {
    // SAFETY: only an address is computed; a brigade is a ring whose sentinel has its link
    // where `list` is.
    unsafe { (&raw mut (*brigade).list).byte_sub(std::mem::offset_of!(ffi::apr_bucket, link)).cast() }
}

/// Puts a bucket at the end: what APR's macro APR_BRIGADE_INSERT_TAIL does.
///
/// # Safety
/// Both are live, and the bucket is in no brigade.
pub(super) unsafe fn append(brigade: *mut ffi::apr_bucket_brigade, bucket: *mut ffi::apr_bucket) {
    // SAFETY: by contract.
    unsafe {
        let list = &raw mut (*brigade).list;
        let last = (*list).prev;
        (*bucket).link.next = sentinel(brigade);
        (*bucket).link.prev = last;
        (*last).link.next = bucket;
        (*list).prev = bucket;
    }
}

/// The buckets of a brigade, in order.
///
/// # Safety
/// The brigade is live and, but for what reading a bucket does to it, not changed
/// meanwhile.
pub(super) unsafe fn buckets(
    brigade: *mut ffi::apr_bucket_brigade,
) -> impl Iterator<Item = *mut ffi::apr_bucket> {
    // SAFETY: by contract; each link is followed when the bucket before it was dealt with,
    // since reading may put the rest of a bucket behind it.
    unsafe {
        let end = sentinel(brigade);
        let mut at: *mut ffi::apr_bucket = end;
        std::iter::from_fn(move || {
            at = (*at).link.next;
            (at != end).then_some(at)
        })
    }
}

/// # Safety
/// The bucket is live.
pub(super) unsafe fn is_eos(bucket: *mut ffi::apr_bucket) -> bool {
    // SAFETY: by contract.
    unsafe { ptr::eq((*bucket).type_, &raw const ffi::apr_bucket_type_eos) }
}

/// The HTTP status of an error bucket; None for any other.
///
/// # Safety
/// The bucket is live.
pub(super) unsafe fn error_status(bucket: *mut ffi::apr_bucket) -> Option<std::ffi::c_int> {
    // SAFETY: by contract; an error bucket's data is an ap_bucket_error.
    unsafe {
        ptr::eq((*bucket).type_, &raw const ffi::ap_bucket_type_error)
            .then(|| (*(*bucket).data.cast::<ffi::ap_bucket_error>()).status)
    }
}

/// Lends the data of a bucket, reading it first if need be; nothing for metadata.
///
/// # Safety
/// The bucket is live, in a brigade.
pub(super) unsafe fn read<T>(
    bucket: *mut ffi::apr_bucket,
    use_it: impl FnOnce(&[u8]) -> T,
) -> Result<T, ffi::apr_status_t> {
    // SAFETY: by contract; the read function of its type fills start and length of data
    // that stays until the bucket is destroyed.
    unsafe {
        let kind = &*(*bucket).type_;
        let Some(read) = kind.read.filter(|_| kind.is_metadata == ffi::APR_BUCKET_DATA) else {
            return Ok(use_it(&[]));
        };
        let (mut start, mut length): (*const c_char, usize) = (ptr::null(), 0);
        match read(bucket, &mut start, &mut length, ffi::APR_BLOCK_READ) {
            0 if length == 0 => Ok(use_it(&[])),
            0 => Ok(use_it(slice::from_raw_parts(start.cast(), length))),
            status => Err(status),
        }
    }
}
