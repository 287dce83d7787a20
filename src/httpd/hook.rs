//! Registration of hooks. Each hook function is a zero-sized Rust function; the
//! `extern "C"` entry made for it is the only thing httpd sees.

use super::connection::Connection;
use super::filter;
use super::guard::{self, Entry};
use super::log::Target;
use super::pool::Pool;
use super::request::Request;
use super::server::{self, Server};
use super::status::Status;
use crate::ffi::function::conjure;
use crate::ffi::httpd as ffi;
use std::ffi::{CStr, c_char, c_int};
use std::ptr;

/// The request phases of httpd that this module can hook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestHook {
    PostReadRequest,
    TranslateName,
    MapToStorage,
    HeaderParser,
    AccessChecker,
    CheckUserId,
    AuthChecker,
    TypeChecker,
    Fixups,
    Handler,
    LogTransaction,
}

/// The source file name of another module, as httpd sorts hooks by.
#[repr(transparent)]
pub struct Name(*const c_char);

// SAFETY: points to a static string.
unsafe impl Sync for Name {}

impl Name {
    /// What each list ends with.
    pub const END: Name = Name(ptr::null());

    pub const fn of(name: &'static CStr) -> Self {
        Name(name.as_ptr())
    }
}

/// Where a hook stands among other modules' for the same phase.
#[derive(Clone, Copy)]
pub struct Order {
    after: &'static [Name],
    before: &'static [Name],
}

impl Order {
    /// `after`: the modules that run earlier; `before`: those that run later.
    pub const fn new(after: &'static [Name], before: &'static [Name]) -> Self {
        assert!(Self::ends(after) && Self::ends(before), "a list ends with Name::END");
        Order { after, before }
    }

    const fn ends(list: &[Name]) -> bool {
        matches!(list, [.., last] if last.0.is_null())
    }
}

/// A request phase, as a type.
pub trait RequestEntry: 'static {
    /// For the log, should it panic.
    const NAME: &'static str;
    /// Whether the configuration uses the phase at all: the one question that is asked for
    /// every request that httpd serves. Outside the guard, so it must not panic.
    fn is_used() -> bool;
    /// Whether there is anything to do for this request.
    fn concerns(request: Request<'_>) -> bool;
    fn run(request: Request<'_>) -> Status;
}

/// What takes over connections, as a type.
pub trait ConnectionEntry: 'static {
    /// For the log, should it panic.
    const NAME: &'static str;
    /// Whether the connection is to be taken; asked for every one that httpd serves, so it
    /// must be cheap, and outside the guard, so it must not panic.
    fn concerns(connection: Connection<'_>) -> bool;
    fn run(connection: Connection<'_>) -> Status;
}

/// Handed to [`super::module::Module::register`].
pub struct Hooks {
    /// Where registrations live.
    pub(super) pool: *mut ffi::apr_pool_t,
}

impl Hooks {
    pub(super) fn new(pool: *mut ffi::apr_pool_t) -> Self {
        Hooks { pool }
    }

    pub fn post_config<F>(&mut self, _function: F)
    where
        F: Fn(Pool<'_>, Server<'_>) -> Status + Copy + 'static,
    {
        // SAFETY: the entry is a static function; no order is asked for.
        unsafe {
            ffi::ap_hook_post_config(
                Some(post_config::<F>),
                ptr::null(),
                ptr::null(),
                ffi::APR_HOOK_MIDDLE as c_int,
            );
        }
    }

    pub fn child_init<F>(&mut self, _function: F)
    where
        F: Fn(Pool<'_>, Server<'_>) + Copy + 'static,
    {
        // SAFETY: as above.
        unsafe {
            ffi::ap_hook_child_init(
                Some(child_init::<F>),
                ptr::null(),
                ptr::null(),
                ffi::APR_HOOK_MIDDLE as c_int,
            );
        }
    }

    /// process_connection: the first module that does not decline serves the connection.
    pub fn connection<E: ConnectionEntry>(&mut self, order: Order) {
        // SAFETY: the entry is a static function; the lists are static arrays of pointers
        // that end with NULL, which `Order::new` has checked.
        unsafe {
            ffi::ap_hook_process_connection(
                Some(connection::<E>),
                order.after.as_ptr().cast(),
                order.before.as_ptr().cast(),
                ffi::APR_HOOK_MIDDLE as c_int,
            );
        }
    }

    /// A part of mod_status's page, where that is loaded; the flag asks for lines for programs.
    pub fn status_part<F>(&mut self, _function: F)
    where
        F: Fn(Request<'_>, bool) + Copy + 'static,
    {
        type Entry = unsafe extern "C" fn(*mut ffi::request_rec, c_int) -> c_int;
        let entry: Entry = status_part::<F>;
        // SAFETY: APR keeps functions of all types as one, and mod_status casts back to the
        // type of `status_hook`, which is that of the entry. The entry and the name are static.
        unsafe {
            ffi::apr_optional_hook_add(
                c"status_hook".as_ptr(),
                Some(std::mem::transmute::<Entry, unsafe extern "C" fn()>(entry)),
                ptr::null(),
                ptr::null(),
                ffi::APR_HOOK_MIDDLE as c_int,
            );
        }
    }

    /// What calls the scripts behind filters.
    pub fn filters(&mut self, dispatch: filter::Dispatch) {
        filter::prepare(dispatch);
    }

    pub fn request<E: RequestEntry>(&mut self, hook: RequestHook, order: Order) {
        // SAFETY: the entry is a static function; the lists are static arrays of pointers
        // that end with NULL, which `Order::new` has checked.
        unsafe {
            let register = match hook {
                RequestHook::PostReadRequest => ffi::ap_hook_post_read_request,
                RequestHook::TranslateName => ffi::ap_hook_translate_name,
                RequestHook::MapToStorage => ffi::ap_hook_map_to_storage,
                RequestHook::HeaderParser => ffi::ap_hook_header_parser,
                RequestHook::AccessChecker => ffi::ap_hook_access_checker,
                RequestHook::CheckUserId => ffi::ap_hook_check_user_id,
                RequestHook::AuthChecker => ffi::ap_hook_auth_checker,
                RequestHook::TypeChecker => ffi::ap_hook_type_checker,
                RequestHook::Fixups => ffi::ap_hook_fixups,
                RequestHook::Handler => ffi::ap_hook_handler,
                RequestHook::LogTransaction => ffi::ap_hook_log_transaction,
            };
            register(
                Some(request::<E>),
                order.after.as_ptr().cast(),
                order.before.as_ptr().cast(),
                ffi::APR_HOOK_MIDDLE as c_int,
            );
        }
    }
}

/// The function that a hook was registered with.
fn registered<F: Copy>() -> F {
    // SAFETY: each entry below is made by a method of `Hooks` that takes an F.
    unsafe { conjure() }
}

unsafe extern "C" fn post_config<F>(
    pool: *mut ffi::apr_pool_t,
    _log: *mut ffi::apr_pool_t,
    _temporary: *mut ffi::apr_pool_t,
    server: *mut ffi::server_rec,
) -> c_int
where
    F: Fn(Pool<'_>, Server<'_>) -> Status + Copy + 'static,
{
    // SAFETY: httpd passes the configuration pool and the main server, live for the call.
    let (pool, server) = unsafe { (Pool::from_raw(pool), Server::from_raw(server)) };
    let entry = Entry::Hook("post_config", Target::Server(server));
    guard::run(entry, Status::INTERNAL_SERVER_ERROR, || registered::<F>()(pool, server)).as_raw()
}

unsafe extern "C" fn child_init<F>(pool: *mut ffi::apr_pool_t, server: *mut ffi::server_rec)
where
    F: Fn(Pool<'_>, Server<'_>) + Copy + 'static,
{
    // SAFETY: httpd passes the child's pool and the main server.
    let (pool, server) = unsafe { (Pool::from_raw(pool), Server::from_raw(server)) };
    let entry = Entry::Hook("child_init", Target::Server(server));
    guard::run(entry, (), || {
        // SAFETY: this is child_init, and httpd passes the main server.
        unsafe { server::keep_all(server) };
        registered::<F>()(pool, server);
    });
}

unsafe extern "C" fn status_part<F>(request: *mut ffi::request_rec, flags: c_int) -> c_int
where
    F: Fn(Request<'_>, bool) + Copy + 'static,
{
    // SAFETY: mod_status passes the request for its page.
    let request = unsafe { Request::from_raw(request) };
    let entry = Entry::Hook("status_hook", Target::Request(request));
    guard::run(entry, (), || registered::<F>()(request, flags & ffi::AP_STATUS_SHORT as c_int != 0));
    Status::OK.as_raw()
}

unsafe extern "C" fn request<E: RequestEntry>(request: *mut ffi::request_rec) -> c_int {
    if !E::is_used() {
        return Status::DECLINED.as_raw();
    }
    // SAFETY: httpd passes a request that lives for the call.
    guarded::<E>(unsafe { Request::from_raw(request) })
}

/// Apart from the question above, which is all that most requests come to.
#[inline(never)]
fn guarded<E: RequestEntry>(request: Request<'_>) -> c_int {
    let entry = Entry::Hook(E::NAME, Target::Request(request));
    let run = || if E::concerns(request) { E::run(request) } else { Status::DECLINED };
    guard::run(entry, Status::INTERNAL_SERVER_ERROR, run).as_raw()
}

unsafe extern "C" fn connection<E: ConnectionEntry>(connection: *mut ffi::conn_rec) -> c_int {
    // SAFETY: httpd passes a connection that lives for the call.
    let connection = unsafe { Connection::from_raw(connection) };
    if !connection.is_clients() || !E::concerns(connection) {
        return Status::DECLINED.as_raw();
    }
    let entry = Entry::Hook(E::NAME, Target::Connection(connection));
    let status = guard::run(entry, Status::INTERNAL_SERVER_ERROR, || E::run(connection));
    if status == Status::DECLINED {
        connection.set_declined();
    } else {
        connection.linger();
    }
    status.as_raw()
}
