//! APR pools: what is put into one is dropped exactly once, when it is destroyed.

use super::guard::{self, Entry};
use super::table::Table;
use super::text::Text;
use crate::ffi::httpd as ffi;
use std::ffi::{CStr, c_char, c_void};
use std::marker::PhantomData;
use std::mem;
use std::ptr::{self, NonNull};

/// A pool that lives at least for `'p`.
#[derive(Clone, Copy)]
pub struct Pool<'p> {
    raw: NonNull<ffi::apr_pool_t>,
    lifetime: PhantomData<&'p ()>,
}

impl<'p> Pool<'p> {
    /// # Safety
    /// `raw` is a live pool that is not destroyed during `'p`.
    pub(super) unsafe fn from_raw(raw: *mut ffi::apr_pool_t) -> Self {
        let raw = NonNull::new(raw).expect("httpd never hands out a NULL pool");
        Pool { raw, lifetime: PhantomData }
    }

    pub(super) fn as_raw(self) -> *mut ffi::apr_pool_t {
        self.raw.as_ptr()
    }

    /// Moves a value into the pool and registers its drop.
    pub fn alloc<T: 'p>(self, value: T) -> &'p mut T {
        let place = self.place(value);
        if mem::needs_drop::<T>() {
            // SAFETY: `place` holds a T that nothing else drops, and lives as long as the
            // pool; the cleanup runs before the memory goes and only in this process.
            unsafe {
                ffi::apr_pool_cleanup_register(
                    self.as_raw(),
                    ptr::from_mut(&mut *place).cast(),
                    Some(drop_in_pool::<T>),
                    Some(ffi::apr_pool_cleanup_null),
                );
            }
        }
        place
    }

    /// Moves a value into the pool that is not dropped.
    pub(super) fn place<T: 'p>(self, value: T) -> &'p mut T {
        const { assert!(mem::align_of::<T>() <= 8, "APR aligns to 8 bytes") };
        // SAFETY: apr_palloc returns memory for the size asked, aligned to 8, that lives
        // as long as the pool; NULL only when out of memory, where httpd aborts.
        unsafe {
            let memory = ffi::apr_palloc(self.as_raw(), mem::size_of::<T>().max(1)).cast::<T>();
            assert!(!memory.is_null(), "out of memory");
            memory.write(value);
            &mut *memory
        }
    }

    /// Runs `action` when the pool is destroyed, after its child pools.
    pub fn on_destroy<F: FnOnce() + 'static>(self, action: F) {
        let place = self.place(Some(action));
        // SAFETY: as in `alloc`; the Option makes a second run harmless.
        unsafe {
            ffi::apr_pool_cleanup_register(
                self.as_raw(),
                ptr::from_mut(place).cast(),
                Some(run_in_pool::<F>),
                Some(ffi::apr_pool_cleanup_null),
            );
        }
    }

    /// Runs `action` when the pool is about to be destroyed, before its child pools.
    pub fn before_destroy<F: FnOnce() + 'static>(self, action: F) {
        let place = self.place(Some(action));
        // SAFETY: as in `alloc`; the Option makes a second run harmless.
        unsafe {
            ffi::apr_pool_pre_cleanup_register(
                self.as_raw(),
                ptr::from_mut(place).cast::<c_void>(),
                Some(run_in_pool::<F>),
            );
        }
    }

    /// What was kept in this pool under that name.
    pub(super) fn kept<T>(self, name: &CStr) -> Option<NonNull<T>> {
        let mut found = ptr::null_mut();
        // SAFETY: fills `found` with the address that was kept, if any, which it does not read.
        unsafe { ffi::apr_pool_userdata_get(&mut found, name.as_ptr(), self.as_raw()) };
        NonNull::new(found.cast())
    }

    /// Keeps something for as long as the pool, which may outlive this module.
    pub(super) fn keep<T>(self, name: &CStr, what: NonNull<T>) {
        // SAFETY: the address is kept, and not read; unlike `setn` it copies the name.
        unsafe { ffi::apr_pool_userdata_set(what.as_ptr().cast(), name.as_ptr(), None, self.as_raw()) };
    }

    /// The table of that name in this pool; made and filled on first use.
    pub fn named_table(self, name: &CStr, fill: impl FnOnce(Table<'p>)) -> Table<'p> {
        // SAFETY: under our own names is a table that we made in this pool.
        if let Some(table) = self.kept(name).and_then(|raw| unsafe { Table::from_raw(raw.as_ptr()) }) {
            return table;
        }
        let table = Table::new(self);
        self.keep(name, table.as_non_null());
        fill(table);
        table
    }

    /// A NUL-terminated copy.
    pub fn copy(self, text: Text<'_>) -> *mut c_char {
        let bytes = text.as_bytes();
        // SAFETY: the source is readable for its length; the copy lives in the pool.
        unsafe { ffi::apr_pstrmemdup(self.as_raw(), bytes.as_ptr().cast(), bytes.len()) }
    }
}

/// A pool of ours alone, below no other: for calls to APR outside of a request, on any
/// thread.
pub struct OwnedPool(NonNull<ffi::apr_pool_t>);

impl OwnedPool {
    pub fn new() -> Self {
        let mut raw = ptr::null_mut();
        // SAFETY: fills `raw` with a pool that has an allocator of its own.
        unsafe { ffi::apr_pool_create_unmanaged_ex(&mut raw, None, ptr::null_mut()) };
        OwnedPool(NonNull::new(raw).expect("out of memory"))
    }

    pub fn as_pool(&self) -> Pool<'_> {
        Pool { raw: self.0, lifetime: PhantomData }
    }

    /// Leaves the pool to the end of the process.
    pub fn leak(self) -> Pool<'static> {
        let raw = self.0;
        mem::forget(self);
        Pool { raw, lifetime: PhantomData }
    }
}

impl Drop for OwnedPool {
    fn drop(&mut self) {
        // SAFETY: made by `new`; what was borrowed from it has ended with its borrow.
        unsafe { ffi::apr_pool_destroy(self.0.as_ptr()) }
    }
}

unsafe extern "C" fn drop_in_pool<T>(data: *mut c_void) -> ffi::apr_status_t {
    guard::run(Entry::Cleanup, 0, || {
        // SAFETY: registered by `alloc` for exactly this T, run once by the pool.
        unsafe { ptr::drop_in_place(data.cast::<T>()) }
        0
    })
}

unsafe extern "C" fn run_in_pool<F: FnOnce()>(data: *mut c_void) -> ffi::apr_status_t {
    guard::run(Entry::Cleanup, 0, || {
        // SAFETY: registered by `on_destroy` or `before_destroy` for exactly this type;
        // taking the Option out leaves nothing to run or drop a second time.
        let action = unsafe { (*data.cast::<Option<F>>()).take() };
        if let Some(action) = action {
            action();
        }
        0
    })
}
