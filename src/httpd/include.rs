//! Elements of mod_include: `<!--#name attribute="value" -->`.

use super::brigade;
use super::guard::{self, Entry};
use super::log::Target;
use super::request::Request;
use super::text::borrow;
use crate::ffi::httpd as ffi;
use std::ffi::{CStr, c_char, c_int};
use std::marker::PhantomData;
use std::ptr::{self, NonNull};

/// An element, as a type.
pub trait IncludeElement: 'static {
    /// Its name in pages.
    const NAME: &'static CStr;
    /// Writes what stands in the element's place.
    fn run(element: &Element<'_>);
}

/// Tells mod_include about the element, if that is loaded. To be called in post_config, or
/// later: mod_include makes its table of elements first thing in post_config.
pub fn register<E: IncludeElement>() {
    type Register = unsafe extern "C" fn(*mut c_char, ffi::include_handler_fn_t);
    // SAFETY: mod_include.h declares the optional function of that name with this
    // signature; name and entry are static, as mod_include asks for.
    unsafe {
        if let Some(register) = ffi::apr_dynamic_fn_retrieve(c"ap_register_include_handler".as_ptr()) {
            let register = std::mem::transmute::<unsafe extern "C" fn(), Register>(register);
            register(E::NAME.as_ptr().cast_mut(), Some(run::<E>));
        }
    }
}

unsafe extern "C" fn run<E: IncludeElement>(
    context: *mut ffi::include_ctx_t,
    filter: *mut ffi::ap_filter_t,
    output: *mut ffi::apr_bucket_brigade,
) -> ffi::apr_status_t {
    // SAFETY: mod_include passes three live records, and the context's request is live too.
    unsafe {
        let (Some(context), Some(output)) = (NonNull::new(context), NonNull::new(output)) else {
            return ffi::APR_EINVAL as ffi::apr_status_t;
        };
        let allocator = (*(*filter).c).bucket_alloc;
        let element = Element { context, output, allocator, lifetime: PhantomData };
        let entry = Entry::Hook("an include element", Target::Request(element.request()));
        if !guard::run(entry, false, || {
            E::run(&element);
            true
        }) {
            element.fail();
        }
    }
    ffi::APR_SUCCESS as ffi::apr_status_t
}

/// An element being executed.
pub struct Element<'e> {
    context: NonNull<ffi::include_ctx_t>,
    /// What follows the filter gets to see.
    output: NonNull<ffi::apr_bucket_brigade>,
    allocator: *mut ffi::apr_bucket_alloc_t,
    lifetime: PhantomData<&'e ()>,
}

impl<'e> Element<'e> {
    /// The request for the page that the element stands in.
    pub fn request(&self) -> Request<'e> {
        // SAFETY: the context of a page has its request, which lives longer.
        unsafe { Request::from_raw(self.context.as_ref().r) }
    }

    fn has(&self, flag: u32) -> bool {
        // SAFETY: a live context.
        unsafe { self.context.as_ref() }.flags & flag as c_int != 0
    }

    /// Whether it stands in a branch of `<!--#if -->` that is shown.
    pub fn is_printing(&self) -> bool {
        self.has(ffi::SSI_FLAG_PRINTING)
    }

    /// Whether pages may run programs here: not with `Options IncludesNOEXEC`.
    pub fn may_execute(&self) -> bool {
        !self.has(ffi::SSI_FLAG_NO_EXEC)
    }

    /// The attributes that have not been taken yet, with HTML entities decoded; None for
    /// one without a value.
    pub fn take_attributes(&self) -> Vec<(&'e [u8], Option<&'e [u8]>)> {
        type Take = unsafe extern "C" fn(*mut ffi::include_ctx_t, *mut *mut c_char, *mut *mut c_char, c_int);
        let mut attributes = Vec::new();
        // SAFETY: mod_include.h declares the optional function of that name with this
        // signature. The strings live until the next element.
        unsafe {
            let Some(take) = ffi::apr_dynamic_fn_retrieve(c"ap_ssi_get_tag_and_value".as_ptr()) else {
                return attributes;
            };
            let take = std::mem::transmute::<unsafe extern "C" fn(), Take>(take);
            loop {
                let (mut name, mut value) = (ptr::null_mut(), ptr::null_mut());
                take(self.context.as_ptr(), &mut name, &mut value, ffi::SSI_VALUE_DECODED as c_int);
                match borrow(name) {
                    Some(name) => attributes.push((name, borrow(value))),
                    None => return attributes,
                }
            }
        }
    }

    pub fn write(&self, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        // SAFETY: without a function to free them with, the bytes are copied; both records
        // are live.
        unsafe {
            let bucket =
                ffi::apr_bucket_heap_create(bytes.as_ptr().cast(), bytes.len(), None, self.allocator);
            brigade::append(self.output.as_ptr(), bucket);
        }
    }

    /// Sends what was written so far.
    pub fn flush(&self) {
        // SAFETY: live records. With the flag mod_include passes its output on at once.
        unsafe {
            brigade::append(self.output.as_ptr(), ffi::apr_bucket_flush_create(self.allocator));
            (*self.context.as_ptr()).flush_now = 1;
        }
    }

    /// Writes the page's error text (`SSIErrorMsg`, `<!--#config errmsg -->`).
    pub fn fail(&self) {
        // SAFETY: mod_include sets the text before any element runs.
        let text = unsafe { borrow(self.context.as_ref().error_str) };
        self.write(text.unwrap_or_default());
    }
}
