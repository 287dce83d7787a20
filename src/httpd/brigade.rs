//! Bucket brigades: data on its way through filters.

use crate::ffi::httpd as ffi;
use std::ffi::c_char;
use std::marker::PhantomData;
use std::mem::offset_of;
use std::ptr::{self, NonNull};
use std::slice;

/// A brigade that is used through this value alone while it lives.
pub(super) struct Brigade<'b> {
    raw: NonNull<ffi::apr_bucket_brigade>,
    lifetime: PhantomData<&'b mut ()>,
}

/// What a bucket is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Data,
    /// What came before is to be sent at once.
    Flush,
    /// The end of the stream.
    Eos,
    /// An error, the end of a request, and the like: to be handed on as it is.
    Metadata,
}

impl Brigade<'_> {
    /// # Safety
    /// A live brigade, which nothing else uses while the result does.
    pub(super) unsafe fn from_raw(raw: *mut ffi::apr_bucket_brigade) -> Self {
        let raw = NonNull::new(raw).expect("httpd never hands out a NULL brigade");
        Brigade { raw, lifetime: PhantomData }
    }

    pub(super) fn as_raw(&self) -> *mut ffi::apr_bucket_brigade {
        self.raw.as_ptr()
    }

    fn first(&self) -> Option<NonNull<ffi::apr_bucket>> {
        // SAFETY: a live brigade, whose links are buckets or the sentinel.
        unsafe {
            let first = (*self.as_raw()).list.next;
            (!ptr::eq(first, sentinel(self.as_raw()))).then(|| NonNull::new_unchecked(first))
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.first().is_none()
    }

    pub(super) fn first_kind(&self) -> Option<Kind> {
        // SAFETY: the bucket is in the brigade, so it is live.
        self.first().map(|bucket| unsafe { kind(bucket.as_ptr()) })
    }

    pub(super) fn last_kind(&self) -> Option<Kind> {
        // SAFETY: as in `first`.
        unsafe {
            let last = (*self.as_raw()).list.prev;
            (!ptr::eq(last, sentinel(self.as_raw()))).then(|| kind(last))
        }
    }

    pub(super) fn has(&self, wanted: Kind) -> bool {
        // SAFETY: the walk stays within a live brigade.
        unsafe {
            let end = sentinel(self.as_raw());
            let mut bucket = (*self.as_raw()).list.next;
            while !ptr::eq(bucket, end) {
                if kind(bucket) == wanted {
                    return true;
                }
                bucket = (*bucket).link.next;
            }
        }
        false
    }

    /// The data of the first bucket, which may have to be waited for. A bucket of unknown
    /// or great length becomes one that holds a part, and one for the rest. Err is an APR
    /// status; APR_EAGAIN if there is nothing and this is not to wait.
    pub(super) fn read_first(&mut self, wait: bool) -> Result<&[u8], ffi::apr_status_t> {
        let Some(bucket) = self.first() else {
            return Ok(&[]);
        };
        let (mut start, mut length) = (ptr::null(), 0);
        // SAFETY: a live bucket's own function; on success it points at `length` bytes,
        // which stay until the bucket goes, for which this brigade is borrowed.
        unsafe {
            let Some(read) = (*(*bucket.as_ptr()).type_).read else {
                return Ok(&[]);
            };
            let block = if wait { ffi::APR_BLOCK_READ } else { ffi::APR_NONBLOCK_READ };
            let status = read(bucket.as_ptr(), &mut start, &mut length, block);
            if status != 0 {
                return Err(status);
            }
            Ok(if length == 0 { &[] } else { slice::from_raw_parts(start.cast(), length) })
        }
    }

    /// Drops the first `count` bytes of the first bucket, which has been read.
    pub(super) fn skip(&mut self, count: usize) -> Result<(), ffi::apr_status_t> {
        let Some(bucket) = self.first() else {
            return Ok(());
        };
        // SAFETY: a live data bucket; splitting puts the rest behind it.
        let status = unsafe {
            match (*(*bucket.as_ptr()).type_).split {
                Some(split) if count < (*bucket.as_ptr()).length => split(bucket.as_ptr(), count),
                _ => 0,
            }
        };
        if status == 0 {
            self.drop_first();
            return Ok(());
        }
        Err(status)
    }

    pub(super) fn drop_first(&mut self) {
        let Some(bucket) = self.first() else { return };
        // SAFETY: what APR's macro apr_bucket_delete does; nothing refers to the bucket.
        unsafe {
            unlink(bucket.as_ptr());
            if let Some(destroy) = (*(*bucket.as_ptr()).type_).destroy {
                destroy((*bucket.as_ptr()).data);
            }
            if let Some(free) = (*bucket.as_ptr()).free {
                free(bucket.as_ptr().cast());
            }
        }
    }

    /// Moves the first bucket to the end of `to`.
    pub(super) fn move_first(&mut self, to: &mut Brigade<'_>) {
        let Some(bucket) = self.first() else { return };
        // SAFETY: a live bucket, in no brigade once it is unlinked.
        unsafe {
            unlink(bucket.as_ptr());
            append(to.as_raw(), bucket.as_ptr());
        }
    }

    /// Moves all buckets to the end of `to`.
    pub(super) fn move_all(&mut self, to: &mut Brigade<'_>) {
        while !self.is_empty() {
            self.move_first(to);
        }
    }

    /// The first data bucket behind the first `bytes` bytes, if there is one.
    pub(super) fn after(&self, bytes: ffi::apr_off_t) -> Option<*mut ffi::apr_bucket> {
        let mut bucket = ptr::null_mut();
        // SAFETY: on success APR names a bucket of the brigade, or its sentinel; the walk
        // from there stays within it.
        unsafe {
            if ffi::apr_brigade_partition(self.as_raw(), bytes, &mut bucket) != 0 {
                return None;
            }
            let end = sentinel(self.as_raw());
            while !ptr::eq(bucket, end) {
                if kind(bucket) == Kind::Data {
                    return Some(bucket);
                }
                bucket = (*bucket).link.next;
            }
        }
        None
    }

    /// Drops what is data, an end or a flush.
    pub(super) fn retain_metadata(&mut self) {
        // SAFETY: the walk stays within a live brigade.
        let mut count = unsafe {
            let end = sentinel(self.as_raw());
            let first = (*self.as_raw()).list.next;
            std::iter::successors(Some(first), |bucket| Some((**bucket).link.next))
                .take_while(|bucket| !ptr::eq(*bucket, end))
                .count()
        };
        while count > 0 {
            count -= 1;
            match (self.first_kind(), self.first()) {
                (Some(Kind::Metadata), Some(bucket)) => {
                    // SAFETY: a live bucket, in no brigade once it is unlinked.
                    unsafe {
                        unlink(bucket.as_ptr());
                        append(self.as_raw(), bucket.as_ptr());
                    }
                }
                _ => self.drop_first(),
            }
        }
    }

    pub(super) fn clear(&mut self) {
        // SAFETY: a live brigade; its buckets are nobody else's.
        unsafe {
            ffi::apr_brigade_cleanup(self.as_raw().cast());
        }
    }

    /// Appends a copy.
    pub(super) fn write(&mut self, bytes: &[u8]) {
        // SAFETY: the source is readable for its length. Without a flush function it is
        // copied, and the call cannot fail.
        unsafe {
            ffi::apr_brigade_write(self.as_raw(), None, ptr::null_mut(), bytes.as_ptr().cast(), bytes.len());
        }
    }

    pub(super) fn append_flush(&mut self) {
        // SAFETY: a new bucket of the brigade's own allocator.
        unsafe { append(self.as_raw(), ffi::apr_bucket_flush_create((*self.as_raw()).bucket_alloc)) }
    }

    pub(super) fn append_eos(&mut self) {
        // SAFETY: as above.
        unsafe { append(self.as_raw(), ffi::apr_bucket_eos_create((*self.as_raw()).bucket_alloc)) }
    }

    /// Appends an error for the filters that answer: an HTTP status.
    pub(super) fn append_error(&mut self, status: u32) {
        // SAFETY: as above; the bucket keeps nothing but the status, and lives no longer
        // than the brigade's pool.
        unsafe {
            let (pool, allocator) = ((*self.as_raw()).p, (*self.as_raw()).bucket_alloc);
            let error = ffi::ap_bucket_error_create(status as i32, ptr::null(), pool, allocator);
            append(self.as_raw(), error);
        }
    }
}

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

/// The end of the ring: a brigade is a ring whose sentinel, seen as a bucket, has its link
/// where `list` is. APR_BRIGADE_SENTINEL computes the same address.
///
/// # Safety
/// A live brigade.
unsafe fn sentinel(brigade: *mut ffi::apr_bucket_brigade) -> *mut ffi::apr_bucket {
    // SAFETY: `list` is a field of a live struct; the result is compared and linked to.
    unsafe { (&raw mut (*brigade).list).cast::<u8>().sub(offset_of!(ffi::apr_bucket, link)).cast() }
}

/// # Safety
/// A live bucket.
unsafe fn kind(bucket: *mut ffi::apr_bucket) -> Kind {
    // SAFETY: every bucket has a static type; the types are compared by address, as APR's
    // macros do.
    unsafe {
        let of = (*bucket).type_;
        if ptr::eq(of, &raw const ffi::apr_bucket_type_eos) {
            Kind::Eos
        } else if ptr::eq(of, &raw const ffi::apr_bucket_type_flush) {
            Kind::Flush
        } else if (*of).is_metadata == ffi::APR_BUCKET_METADATA {
            Kind::Metadata
        } else {
            Kind::Data
        }
    }
}

/// # Safety
/// A live bucket that is in a brigade.
unsafe fn unlink(bucket: *mut ffi::apr_bucket) {
    // SAFETY: what APR_BUCKET_REMOVE does; both neighbours are live, or the sentinel.
    unsafe {
        let (next, previous) = ((*bucket).link.next, (*bucket).link.prev);
        (*previous).link.next = next;
        (*next).link.prev = previous;
    }
}

/// Puts a bucket at the end: what APR's macro APR_BRIGADE_INSERT_TAIL does.
///
/// # Safety
/// Both are live, and the bucket is in no brigade.
pub(super) unsafe fn append(brigade: *mut ffi::apr_bucket_brigade, bucket: *mut ffi::apr_bucket) {
    // SAFETY: the links of a live brigade are live buckets or its sentinel.
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
