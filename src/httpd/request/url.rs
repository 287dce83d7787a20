//! URLs and addresses.

use super::Request;
use crate::ffi::httpd as ffi;
use crate::httpd::text::{Text, borrow};
use std::ffi::{c_char, c_int};

/// `apr_uri_t`, with what the client did not send as None.
pub struct UriParts<'r> {
    pub scheme: Option<&'r [u8]>,
    pub hostinfo: Option<&'r [u8]>,
    pub user: Option<&'r [u8]>,
    pub password: Option<&'r [u8]>,
    pub hostname: Option<&'r [u8]>,
    pub port: Option<Port>,
    pub path: Option<&'r [u8]>,
    pub query: Option<&'r [u8]>,
    pub fragment: Option<&'r [u8]>,
}

pub type Port = u16;

/// The longest address as text, a scope and the terminator included.
const ADDRESS_LENGTH: usize = 128;

impl<'r> Request<'r> {
    pub fn parsed_uri(self) -> UriParts<'r> {
        // SAFETY: part of the record; each string is NULL or lives in the request's pool.
        unsafe {
            let uri = &(*self.as_raw()).parsed_uri;
            UriParts {
                scheme: borrow(uri.scheme),
                hostinfo: borrow(uri.hostinfo),
                user: borrow(uri.user),
                password: borrow(uri.password),
                hostname: borrow(uri.hostname),
                port: borrow(uri.port_str).map(|_| uri.port),
                path: borrow(uri.path),
                query: borrow(uri.query),
                fragment: borrow(uri.fragment),
            }
        }
    }

    /// The client's address and port, as mod_remoteip may have found it.
    pub fn useragent_address(self) -> Option<(Vec<u8>, Port)> {
        let mut text = [0 as c_char; ADDRESS_LENGTH];
        // SAFETY: NULL or an address of the connection's; the buffer takes what its length
        // says, terminator included. `apr_sockaddr_ip_get` would allocate in the
        // connection's pool at each call.
        unsafe {
            let address = (*self.as_raw()).useragent_addr.as_mut()?;
            let status = ffi::apr_sockaddr_ip_getbuf(text.as_mut_ptr(), text.len() as _, address);
            if status != 0 {
                return None;
            }
            Some((borrow(text.as_ptr())?.to_vec(), address.port))
        }
    }

    /// `https://host:port` in front of a path, as UseCanonicalName has it; may look up a
    /// name.
    pub fn construct_url(self, path: Text<'_>) -> Option<&'r [u8]> {
        // SAFETY: the copy and the result live in the request's pool.
        unsafe { borrow(ffi::ap_construct_url((*self.as_raw()).pool, self.pool().copy(path), self.as_raw())) }
    }

    pub fn document_root(self) -> Option<&'r [u8]> {
        // SAFETY: a string of the configuration's or the request's pool.
        unsafe { borrow(ffi::ap_document_root(self.as_raw())) }
    }

    /// The client's name, or its address, by one of `REMOTE_*`, and whether it is an
    /// address; may look up names.
    pub fn remote_host(self, kind: c_int) -> Option<(&'r [u8], bool)> {
        let mut is_ip = 0;
        // SAFETY: the flag is written; the result is NULL or lives as long as the
        // connection.
        let host = unsafe { borrow(ffi::ap_get_useragent_host(self.as_raw(), kind, &mut is_ip)) };
        host.map(|host| (host, is_ip != 0))
    }
}
