//! A virtual host, or the main server.

use super::text::borrow;
use crate::ffi::httpd as ffi;
use std::marker::PhantomData;
use std::ptr::NonNull;

#[derive(Clone, Copy)]
pub struct Server<'s> {
    raw: NonNull<ffi::server_rec>,
    lifetime: PhantomData<&'s ()>,
}

// SAFETY: a server record is written while the configuration is read, before there is
// a second thread, and only read afterwards.
unsafe impl Send for Server<'_> {}

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

    /// This server and those that follow it in httpd's list; from the main server, all
    /// of them.
    pub fn and_following(self) -> impl Iterator<Item = Server<'s>> {
        std::iter::successors(Some(self), |server| {
            // SAFETY: the list is built by the configuration and only read afterwards.
            let next = unsafe { (*server.as_raw()).next };
            NonNull::new(next).map(|raw| Server { raw, lifetime: PhantomData })
        })
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
