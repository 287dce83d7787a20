//! A virtual host, or the main server.

use super::pool::Pool;
use super::text::borrow;
use crate::ffi::httpd as ffi;
use std::ffi::c_void;
use std::marker::PhantomData;
use std::ptr::NonNull;
use std::sync::OnceLock;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Server<'s> {
    raw: NonNull<ffi::server_rec>,
    lifetime: PhantomData<&'s ()>,
}

// SAFETY: a server record is written while the configuration is read, before there is
// a second thread, and only read afterwards.
unsafe impl Send for Server<'_> {}
// SAFETY: as above.
unsafe impl Sync for Server<'_> {}

/// The servers of the configuration, sorted; set in a child.
static IN_CHILD: OnceLock<Box<[Server<'static>]>> = OnceLock::new();

macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident: $field:ident;)*) => {
        $($(#[$doc])* pub fn $name(self) -> Option<&'s [u8]> {
            // SAFETY: a string of the record is NULL or NUL-terminated and lives as long.
            unsafe { borrow((*self.as_raw()).$field) }
        })*
    };
}

macro_rules! numbers {
    ($($(#[$doc:meta])* $field:ident;)*) => {
        $($(#[$doc])* pub fn $field(self) -> i64 {
            // SAFETY: a live record.
            i64::from(unsafe { (*self.as_raw()).$field })
        })*
    };
}

impl<'s> Server<'s> {
    /// # Safety
    /// `raw` is a server record that lives for `'s`.
    pub(super) unsafe fn from_raw(raw: *mut ffi::server_rec) -> Self {
        let raw = NonNull::new(raw).expect("httpd never hands out a NULL server");
        Server { raw, lifetime: PhantomData }
    }

    pub(super) fn as_raw(self) -> *mut ffi::server_rec {
        self.raw.as_ptr()
    }

    /// The pool of this process, in the parent: it outlives every configuration, and this module.
    pub(super) fn process_pool(self) -> Pool<'s> {
        // SAFETY: a live record; the process's pool outlives it.
        unsafe { Pool::from_raw((*(*self.as_raw()).process).pool) }
    }

    /// The pool of the configuration, which ends with it.
    pub(super) fn configuration_pool(self) -> Pool<'s> {
        // SAFETY: a live record, which is in that pool.
        unsafe { Pool::from_raw((*(*self.as_raw()).process).pconf) }
    }

    /// `server_hostname`: ServerName without a port; empty when there is none.
    pub fn name(self) -> &'s [u8] {
        // SAFETY: configuration strings live as long as the record.
        unsafe { borrow((*self.as_raw()).server_hostname).unwrap_or_default() }
    }

    /// Whether this is the virtual host that the directive begins.
    pub(super) fn is_defined_by(self, directive: &ffi::ap_directive_t) -> bool {
        // SAFETY: configuration strings live as long as the record; the main server has no
        // place of definition.
        unsafe {
            let server = &*self.as_raw();
            server.defn_line_number as i64 == directive.line_num as i64
                && borrow(server.defn_name) == borrow(directive.filename)
        }
    }

    texts! {
        /// The file that defines it; None for the main server.
        definition_file: defn_name;
        admin: server_admin;
        /// ErrorLog, as written.
        error_log: error_fname;
        /// ServerPath.
        path: path;
    }

    numbers! {
        defn_line_number;
        is_virtual;
        port;
        /// In microseconds.
        timeout;
        /// In microseconds.
        keep_alive_timeout;
        keep_alive_max;
        keep_alive;
        pathlen;
        limit_req_line;
        limit_req_fieldsize;
        limit_req_fields;
    }

    /// LogLevel, 0 to 15.
    pub fn log_level(self) -> i64 {
        // SAFETY: a live record.
        i64::from(unsafe { (*self.as_raw()).log.level })
    }

    /// ServerAlias without wildcards.
    pub fn aliases(self) -> Vec<&'s [u8]> {
        // SAFETY: a live record, whose array holds strings.
        unsafe { strings((*self.as_raw()).names) }
    }

    /// ServerAlias with wildcards.
    pub fn wildcard_aliases(self) -> Vec<&'s [u8]> {
        // SAFETY: a live record, whose array holds strings.
        unsafe { strings((*self.as_raw()).wild_names) }
    }

    /// This server and those that follow it in httpd's list; from the main server, all
    /// of them.
    pub fn and_following(self) -> impl Iterator<Item = Server<'s>> {
        std::iter::successors(Some(self), |server| server.next())
    }

    /// The next one in httpd's list.
    pub fn next(self) -> Option<Server<'s>> {
        // SAFETY: the list is built by the configuration and only read afterwards.
        let next = unsafe { (*self.as_raw()).next };
        NonNull::new(next).map(|raw| Server { raw, lifetime: PhantomData })
    }

    /// The record, for code in other languages.
    pub fn address(self) -> NonNull<c_void> {
        self.raw.cast()
    }

    /// The same for as long as the process: a child's configuration ends with the child.
    /// None in the parent, where restarts replace it, and for a record that is not of the
    /// configuration, which a module may make for one request.
    pub fn kept(self) -> Option<Server<'static>> {
        let servers = IN_CHILD.get()?;
        let wanted = Server { raw: self.raw, lifetime: PhantomData };
        servers.binary_search(&wanted).is_ok().then_some(wanted)
    }

    /// The main server, for as long as the process; None in the parent.
    pub fn main() -> Option<Server<'static>> {
        // SAFETY: set before the first hook runs, and only read here.
        let raw = unsafe { ffi::ap_server_conf };
        Server { raw: NonNull::new(raw)?, lifetime: PhantomData }.kept()
    }
}

/// Lets the servers be kept: this process is a child.
///
/// # Safety
/// Called in child_init with the main server.
pub(super) unsafe fn keep_all(main: Server<'_>) {
    let raw = main.and_following().map(|server| Server { raw: server.raw, lifetime: PhantomData });
    let mut servers: Box<[Server<'static>]> = raw.collect();
    servers.sort_unstable();
    let _ = IN_CHILD.set(servers);
}

/// # Safety
/// `array` is NULL or an array of C strings, or NULLs, that lives for `'a`.
unsafe fn strings<'a>(array: *const ffi::apr_array_header_t) -> Vec<&'a [u8]> {
    // SAFETY: by contract: `nelts` pointers at `elts`.
    unsafe {
        let Some(array) = array.as_ref() else { return Vec::new() };
        let count = usize::try_from(array.nelts).unwrap_or(0);
        let pointers = array.elts.cast::<*const std::ffi::c_char>();
        (0..count).filter_map(|index| borrow(pointers.add(index).read())).collect()
    }
}

/// How often httpd has read its configuration again (AP_MPMQ_GENERATION).
pub fn generation() -> i64 {
    let mut generation = 0;
    // SAFETY: the number is written on success.
    unsafe { ffi::ap_mpm_query(ffi::AP_MPMQ_GENERATION as i32, &mut generation) };
    i64::from(generation)
}

/// When httpd was last started, or restarted without grace, in microseconds since 1970;
/// None if it keeps no scoreboard.
pub fn restart_time() -> Option<i64> {
    // SAFETY: NULL, or the scoreboard's head, which lives as long as the process.
    unsafe {
        if ffi::ap_scoreboard_image.is_null() {
            return None;
        }
        ffi::ap_get_scoreboard_global().as_ref().map(|global| global.restart_time)
    }
}

/// Adds a token to the `Server:` header.
pub fn add_version_token(pool: super::pool::Pool<'_>, token: &str) {
    let Ok(token) = super::text::Text::new(token.as_bytes()) else {
        return;
    };
    // SAFETY: the copy lives in the configuration pool, which is what httpd asks for.
    unsafe { ffi::ap_add_version_component(pool.as_raw(), pool.copy(token)) }
}

/// Whether httpd is only reading its configuration for the first time, to be
/// thrown away and read again.
pub fn is_first_configuration_pass() -> bool {
    // SAFETY: takes no argument and only reads the state that httpd keeps.
    unsafe { ffi::ap_state_query(ffi::AP_SQ_MAIN_STATE as i32) == ffi::AP_SQ_MS_CREATE_PRE_CONFIG as i32 }
}
