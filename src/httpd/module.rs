//! The module record that httpd reads, and the configuration slots it keeps for us.

use super::directive::Commands;
use super::guard::{self, Entry};
use super::hook::Hooks;
use super::pool::Pool;
use super::request::Request;
use super::server::Server;
use crate::ffi::httpd as ffi;
use std::cell::UnsafeCell;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};

/// The types that a module keeps in httpd's configuration slots.
pub trait Slots: Sized + 'static {
    /// Configuration of a section; merging may point at both sides.
    type Directory<'p>;
    type Server;
    /// What the module keeps with a request; dropped with the request's pool. Other
    /// threads reach it too, through a lent request.
    type Request: Send + Sync + 'static;

    /// `has_path`: for a section or an .htaccess file, and not for the server level.
    fn new_directory(has_path: bool) -> Self::Directory<'static>;
    /// Made for many a request, so its result is not dropped: it must own nothing.
    fn merge_directory<'p>(
        outer: &'p Self::Directory<'p>,
        inner: &'p Self::Directory<'p>,
    ) -> Self::Directory<'p>;
    fn new_server() -> Self::Server;
    fn merge_server(outer: &Self::Server, inner: &Self::Server) -> Self::Server;
    /// The request's pool is being destroyed; the record is whole still.
    fn end_request(request: Request<'_>, kept: &Self::Request);
}

/// What lies in our slot of a request.
struct Kept<T> {
    request: *mut ffi::request_rec,
    value: T,
}

/// The module itself: what it exports, configures and hooks.
pub trait Module: 'static {
    type Slots: Slots;

    fn record() -> &'static Record;
    fn register(hooks: &mut Hooks);
}

/// The exported `module` structure. httpd writes its index, handle and link.
#[repr(transparent)]
pub struct Record(UnsafeCell<ffi::module>);

// SAFETY: httpd writes the record only while it reads the configuration, on the one
// thread there is then; afterwards everybody reads.
unsafe impl Sync for Record {}

impl Record {
    pub const fn new<M: Module>(name: &'static CStr) -> Self {
        Record(UnsafeCell::new(ffi::module {
            version: ffi::MODULE_MAGIC_NUMBER_MAJOR as c_int,
            minor_version: ffi::MODULE_MAGIC_NUMBER_MINOR as c_int,
            module_index: -1,
            name: name.as_ptr(),
            dynamic_load_handle: ptr::null_mut(),
            next: ptr::null_mut(),
            magic: ffi::MODULE_MAGIC_COOKIE as _,
            rewrite_args: None,
            create_dir_config: Some(create_directory::<M::Slots>),
            merge_dir_config: Some(merge_directory::<M::Slots>),
            create_server_config: Some(create_server::<M::Slots>),
            merge_server_config: Some(merge_server::<M::Slots>),
            cmds: ptr::null(),
            register_hooks: Some(register::<M>),
            flags: 0,
        }))
    }

    /// Completes the record with what a `static` cannot refer to.
    pub const fn with_commands(mut self, commands: &'static Commands) -> Self {
        self.0.get_mut().cmds = commands.as_raw();
        self
    }

    fn as_raw(&self) -> *mut ffi::module {
        self.0.get()
    }
}

/// Exports a module record under the name that LoadModule asks for.
#[macro_export]
macro_rules! export_module {
    ($symbol:ident, $module:ty, $name:literal, $commands:path) => {
        // The symbol's spelling and visibility are httpd's.
        #[allow(unsafe_code, non_upper_case_globals)]
        #[unsafe(no_mangle)]
        pub static $symbol: $crate::httpd::module::Record =
            $crate::httpd::module::Record::new::<$module>($name).with_commands(&$commands);
    };
}

/// The record of this shared object: set before httpd makes the first configuration.
static LOADED: AtomicPtr<ffi::module> = AtomicPtr::new(ptr::null_mut());

/// The module index that httpd gave us; -1 before it did.
pub(super) fn index() -> c_int {
    let record = LOADED.load(Ordering::Relaxed);
    // SAFETY: NULL, or set in `register` to the static record, which httpd has completed
    // by then.
    unsafe { record.as_ref() }.map_or(-1, |record| record.module_index)
}

/// The module record, by which httpd finds our slot in a vector.
pub(super) fn record() -> *const ffi::module {
    LOADED.load(Ordering::Relaxed)
}

unsafe extern "C" fn register<M: Module>(pool: *mut ffi::apr_pool_t) {
    LOADED.store(M::record().as_raw(), Ordering::Relaxed);
    guard::run(Entry::Configuration, (), || M::register(&mut Hooks::new(pool)));
}

unsafe extern "C" fn create_directory<M: Slots>(
    pool: *mut ffi::apr_pool_t,
    path: *mut c_char,
) -> *mut c_void {
    guard::run(Entry::Configuration, ptr::null_mut(), || {
        // SAFETY: httpd passes the pool that the section's configuration lives in.
        let pool = unsafe { Pool::from_raw(pool) };
        ptr::from_mut(pool.alloc(M::new_directory(!path.is_null()))).cast()
    })
}

unsafe extern "C" fn merge_directory<M: Slots>(
    pool: *mut ffi::apr_pool_t,
    outer: *mut c_void,
    inner: *mut c_void,
) -> *mut c_void {
    guard::run(Entry::Configuration, outer, || {
        // SAFETY: both came from `create_directory` or from here, and httpd keeps them at
        // least as long as the pool of the merged result.
        let (pool, outer, inner) = unsafe {
            (Pool::from_raw(pool), &*outer.cast::<M::Directory<'_>>(), &*inner.cast::<M::Directory<'_>>())
        };
        ptr::from_mut(pool.place(M::merge_directory(outer, inner))).cast()
    })
}

unsafe extern "C" fn create_server<M: Slots>(
    pool: *mut ffi::apr_pool_t,
    _server: *mut ffi::server_rec,
) -> *mut c_void {
    guard::run(Entry::Configuration, ptr::null_mut(), || {
        // SAFETY: httpd passes the configuration pool.
        let pool = unsafe { Pool::from_raw(pool) };
        ptr::from_mut(pool.alloc(M::new_server())).cast()
    })
}

unsafe extern "C" fn merge_server<M: Slots>(
    pool: *mut ffi::apr_pool_t,
    outer: *mut c_void,
    inner: *mut c_void,
) -> *mut c_void {
    guard::run(Entry::Configuration, inner, || {
        // SAFETY: both came from `create_server` and live in the configuration pool.
        let (pool, outer, inner) =
            unsafe { (Pool::from_raw(pool), &*outer.cast::<M::Server>(), &*inner.cast::<M::Server>()) };
        ptr::from_mut(pool.alloc(M::merge_server(outer, inner))).cast()
    })
}

/// Our slot in one of httpd's configuration vectors.
///
/// # Safety
/// `vector` is a live configuration vector, and our entry in it, if there is one,
/// is a `T` that lives for `'a` and is not changed during it.
#[inline]
unsafe fn slot<'a, T>(vector: *mut ffi::ap_conf_vector_t) -> Option<&'a T> {
    // SAFETY: a vector is an array of pointers, one for each module by its index: what
    // http_config.h's macro ap_get_module_config reads. Every request asks for each of
    // its phases, so it is read here as that macro does. NULL entries become None, others
    // are a T by contract.
    unsafe {
        let index = (*LOADED.load(Ordering::Relaxed)).module_index as usize;
        vector.cast::<*mut T>().add(index).read().as_ref()
    }
}

/// The merged configuration of the request's directory.
#[inline]
pub fn directory<'r, M: Slots>(request: Request<'r>) -> Option<&'r M::Directory<'r>> {
    // SAFETY: filled by the two functions above; lives as long as the request, and is
    // written by directives only, before the merge.
    unsafe { slot::<M::Directory<'r>>((*request.as_raw()).per_dir_config) }
}

/// The configuration of a virtual host.
pub fn server<'s, M: Slots>(server: Server<'s>) -> Option<&'s M::Server> {
    // SAFETY: filled by the two functions above; written by directives only.
    unsafe { slot::<M::Server>((*server.as_raw()).module_config) }
}

/// What the module keeps with the request; None if it has not been made.
#[inline]
pub fn request_if_any<'r, M: Slots>(request: Request<'r>) -> Option<&'r M::Request> {
    // SAFETY: our slot in request_config is written below only, with a value that lives in
    // the request's pool.
    let kept = unsafe { slot::<Kept<M::Request>>((*request.as_raw()).request_config) };
    kept.map(|kept| &kept.value)
}

/// What the module keeps with the request; made on first use.
pub fn request<'r, M: Slots>(request: Request<'r>, new: impl FnOnce() -> M::Request) -> &'r M::Request {
    if let Some(kept) = request_if_any::<M>(request) {
        return kept;
    }
    let kept = request.pool().place(Kept { request: request.as_raw(), value: new() });
    // SAFETY: the pool runs the cleanup once, before the memory goes and in this process
    // only; our slot is ours.
    unsafe {
        let data = ptr::from_mut(&mut *kept).cast::<c_void>();
        // Before the pool's children go: after an internal fast redirect (DirectoryIndex) the
        // record holds strings and configuration of the sub-request's pool, which is one.
        ffi::apr_pool_pre_cleanup_register(request.pool().as_raw(), data, Some(end_request::<M>));
        ffi::ap_set_module_config((*request.as_raw()).request_config, LOADED.load(Ordering::Relaxed), data);
    }
    &kept.value
}

unsafe extern "C" fn end_request<M: Slots>(data: *mut c_void) -> ffi::apr_status_t {
    let kept = data.cast::<Kept<M::Request>>();
    guard::run(Entry::Cleanup, (), || {
        // SAFETY: placed by `request`; the record lies in the pool that is being destroyed
        // and is freed after its cleanups.
        let (request, kept) = unsafe { (Request::from_raw((*kept).request), &(*kept).value) };
        M::end_request(request, kept);
    });
    guard::run(Entry::Cleanup, 0, || {
        // SAFETY: run once by the pool. The slot is emptied first: a request shares its pool
        // with those that it was redirected from, whose own end comes after this and may
        // look here.
        unsafe {
            let slots = (*(*kept).request).request_config;
            ffi::ap_set_module_config(slots, LOADED.load(Ordering::Relaxed), ptr::null_mut());
            ptr::drop_in_place(&raw mut (*kept).value);
        }
        0
    })
}

/// Our directory and server configuration while a directive is read.
///
/// # Safety
/// Called by httpd's configuration reader for a directive of ours: `directory` is
/// our entry for the section, and nothing else refers to either configuration.
pub(super) unsafe fn being_read<'c, M: Slots>(
    server: *mut ffi::server_rec,
    directory: *mut c_void,
) -> (&'c mut M::Directory<'static>, &'c mut M::Server) {
    // SAFETY: as the caller states; both were made by the create functions above.
    unsafe {
        let record = LOADED.load(Ordering::Relaxed);
        let server = ffi::ap_get_module_config((*server).module_config, record);
        (&mut *directory.cast(), &mut *server.cast())
    }
}
