//! The fields of the record, a row for each: what the row is called is what the field is
//! called.

use super::Request;
use crate::ffi::httpd as ffi;
use crate::httpd::table::Table;
use crate::httpd::text::{Text, borrow};
use std::ffi::{c_char, c_int};
use std::ptr;

macro_rules! texts {
    ($($(#[$doc:meta])* $field:ident;)*) => {
        $($(#[$doc])* pub fn $field(self) -> Option<&'r [u8]> {
            // SAFETY: a string of the record is NULL or NUL-terminated and lives in its
            // pool or the configuration's.
            unsafe { borrow((*self.as_raw()).$field) }
        })*
    };
}

macro_rules! writable_texts {
    ($($(#[$doc:meta])* $set:ident: $field:ident;)*) => {
        $($(#[$doc])* pub fn $set(self, value: Option<Text<'_>>) {
            let value = value.map_or(ptr::null_mut(), |text| self.pool().copy(text));
            // SAFETY: the copy lives in the request's pool, NULL is allowed in the field.
            unsafe { (*self.as_raw()).$field = value }
        })*
    };
}

macro_rules! integers {
    ($($(#[$doc:meta])* $field:ident: $integer:ty;)*) => {
        $($(#[$doc])* pub fn $field(self) -> $integer {
            // SAFETY: a live record.
            unsafe { (*self.as_raw()).$field }
        })*
    };
}

macro_rules! writable_integers {
    ($($(#[$doc:meta])* $set:ident: $field:ident;)*) => {
        $($(#[$doc])* pub fn $set(self, value: c_int) {
            // SAFETY: a live record; httpd takes any number here.
            unsafe { (*self.as_raw()).$field = value }
        })*
    };
}

macro_rules! tables {
    ($($field:ident;)*) => {
        $(pub fn $field(self) -> Table<'r> {
            // SAFETY: httpd makes the table with the record; it lives in its pool.
            unsafe { Table::from_raw((*self.as_raw()).$field) }
                .expect(concat!("httpd makes ", stringify!($field), " with the request"))
        })*
    };
}

macro_rules! lists {
    ($($(#[$doc:meta])* $field:ident;)*) => {
        $($(#[$doc])* pub fn $field(self) -> Vec<&'r [u8]> {
            // SAFETY: NULL, or an array of strings in the request's or the configuration's
            // pool.
            unsafe { strings((*self.as_raw()).$field) }
        })*
    };
}

impl<'r> Request<'r> {
    texts! {
        ap_auth_type;
        args;
        canonical_filename;
        content_encoding;
        content_type;
        filename;
        /// Set by SetHandler, AddHandler or a script.
        handler;
        hostname;
        method;
        path_info;
        protocol;
        range;
        status_line;
        the_request;
        unparsed_uri;
        uri;
        user;
        useragent_ip;
        vlist_validator;
    }

    writable_texts! {
        set_ap_auth_type: ap_auth_type;
        set_args: args;
        set_canonical_filename: canonical_filename;
        set_filename: filename;
        set_handler: handler;
        set_path_info: path_info;
        set_status_line: status_line;
        set_uri: uri;
        set_user: user;
    }

    integers! {
        allowed: i64;
        assbackwards: c_int;
        bytes_sent: ffi::apr_off_t;
        chunked: c_int;
        clength: ffi::apr_off_t;
        eos_sent: c_int;
        expecting_100: u32;
        header_only: c_int;
        method_number: c_int;
        mtime: ffi::apr_time_t;
        no_cache: c_int;
        no_local_copy: c_int;
        proto_num: c_int;
        proxyreq: c_int;
        read_chunked: c_int;
        read_length: ffi::apr_off_t;
        remaining: ffi::apr_off_t;
        /// When httpd read the request line, in microseconds since 1970.
        request_time: ffi::apr_time_t;
        sent_bodyct: ffi::apr_off_t;
        status: c_int;
        used_path_info: c_int;
    }

    writable_integers! {
        set_assbackwards: assbackwards;
        set_chunked: chunked;
        set_no_cache: no_cache;
        set_no_local_copy: no_local_copy;
        set_proxyreq: proxyreq;
        set_status: status;
        set_used_path_info: used_path_info;
    }

    tables! {
        err_headers_out;
        headers_in;
        headers_out;
        notes;
        subprocess_env;
    }

    lists! {
        allowed_xmethods;
        content_languages;
    }

    /// `read_body`: how the body is read, one of `REQUEST_*`.
    pub fn body_policy(self) -> c_int {
        // SAFETY: a live record.
        unsafe { (*self.as_raw()).read_body }
    }

    /// The methods of `allowed_methods` that httpd has no number for.
    pub fn allowed_methods(self) -> Vec<&'r [u8]> {
        // SAFETY: NULL, or a list whose array of strings lives in the request's pool.
        unsafe {
            let methods = (*self.as_raw()).allowed_methods;
            if methods.is_null() { Vec::new() } else { strings((*methods).method_list) }
        }
    }

    /// Through `ap_set_content_type`, which also places filters by type.
    pub fn set_content_type(self, value: Text<'_>) {
        // SAFETY: the copy lives in the request's pool.
        unsafe { ffi::ap_set_content_type(self.as_raw(), self.pool().copy(value)) }
    }

    /// When httpd read the request line, in microseconds since 1970.
    pub fn time(self) -> i64 {
        self.request_time()
    }
}

/// # Safety
/// `array` is NULL or an array of C strings, some of which may be NULL, that lives for `'a`.
unsafe fn strings<'a>(array: *const ffi::apr_array_header_t) -> Vec<&'a [u8]> {
    // SAFETY: as the caller states; an array has `nelts` elements.
    unsafe {
        let Some(array) = array.as_ref() else {
            return Vec::new();
        };
        let count = usize::try_from(array.nelts).unwrap_or(0);
        let start = array.elts.cast::<*const c_char>();
        (0..count).filter_map(|index| borrow(*start.add(index))).collect()
    }
}
