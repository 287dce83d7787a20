//! What filters are called in httpd, and the functions that it calls.

use super::Dispatch;
use super::invocation::Demand;
use super::run::{run_input, run_output};
use crate::ffi::httpd as ffi;
use crate::httpd::brigade::Brigade;
use crate::httpd::guard::{self, Entry};
use crate::httpd::log::Target;
use crate::httpd::request::Request;
use crate::settings::filters::Direction;
use std::ffi::{CStr, CString};
use std::ptr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicPtr, Ordering};

pub(super) static DISPATCH: OnceLock<Dispatch> = OnceLock::new();

/// The filter that carries what scripts register for one request.
pub(super) const FOR_ONE_REQUEST: &CStr = c"MOD_PYTHON";

/// Registers [`FOR_ONE_REQUEST`], and remembers what calls scripts.
pub fn prepare(dispatch: Dispatch) {
    let _ = DISPATCH.set(dispatch);
    // SAFETY: static names and functions; httpd keeps the records in the configuration's
    // pool and forgets them with it, before this module can be unloaded.
    unsafe {
        ffi::ap_register_input_filter(FOR_ONE_REQUEST.as_ptr(), Some(input), None, ffi::AP_FTYPE_RESOURCE);
        ffi::ap_register_output_filter(
            FOR_ONE_REQUEST.as_ptr(),
            Some(OUTPUT[0]),
            None,
            ffi::AP_FTYPE_RESOURCE,
        );
    }
}

/// Registers a filter while the configuration is read. Err: why that cannot be.
pub fn register(direction: Direction, name: &[u8]) -> Result<(), String> {
    let shown = String::from_utf8_lossy(name).into_owned();
    let name = CString::new(name).map_err(|_| "has a NUL in a filter's name".to_owned())?;
    // SAFETY: httpd looks the name up without regard to case if it is in lower case, and
    // copies it; functions are static, records live as long as the configuration.
    unsafe {
        let lower = CString::new(name.as_bytes().to_ascii_lowercase()).unwrap_or_default();
        let known = match direction {
            Direction::Input => ffi::ap_get_input_filter_handle(lower.as_ptr()),
            Direction::Output => ffi::ap_get_output_filter_handle(lower.as_ptr()),
        };
        if !known.is_null() && !is_ours(direction, known) {
            return Err(format!("names its filter '{shown}', which is another module's"));
        }
        match direction {
            Direction::Input => {
                ffi::ap_register_input_filter(name.as_ptr(), Some(input), None, ffi::AP_FTYPE_RESOURCE);
            }
            Direction::Output => {
                let record = ffi::ap_register_output_filter(
                    name.as_ptr(),
                    Some(OUTPUT[0]),
                    None,
                    ffi::AP_FTYPE_RESOURCE,
                );
                (*record).filter_func.out_func = Some(OUTPUT[slot_for(record)]);
            }
        }
    }
    Ok(())
}

/// # Safety
/// A live record of a filter of that direction.
unsafe fn is_ours(direction: Direction, record: *const ffi::ap_filter_rec_t) -> bool {
    // SAFETY: the union holds the function for the filter's direction.
    unsafe {
        match direction {
            Direction::Input => (*record).filter_func.in_func.is_some_and(|known| {
                ptr::fn_addr_eq(known, input as unsafe extern "C" fn(_, _, _, _, _) -> _)
            }),
            Direction::Output => (*record)
                .filter_func
                .out_func
                .is_some_and(|known| OUTPUT.iter().any(|entry| ptr::fn_addr_eq(known, *entry))),
        }
    }
}

// --- entries ---

type OutputEntry =
    unsafe extern "C" fn(*mut ffi::ap_filter_t, *mut ffi::apr_bucket_brigade) -> ffi::apr_status_t;

macro_rules! output_entries {
    ($($slot:literal)*) => { [$(output::<$slot>),*] };
}

/// mod_filter calls a provider's function with a record of its own, which does not say
/// which provider is meant (AddOutputFilterByType, FilterProvider). So each of the first
/// filters has an entry of its own, which knows. Entry 0 is for all others, and asks the
/// record.
static OUTPUT: [OutputEntry; 33] = output_entries!(
    0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32
);

/// Whose entry it is: records in the configuration's pool.
static OWNERS: [AtomicPtr<ffi::ap_filter_rec_t>; OUTPUT.len()] =
    [const { AtomicPtr::new(ptr::null_mut()) }; OUTPUT.len()];

/// The entry of that record: its own, a free one, or else the common one.
fn slot_for(record: *mut ffi::ap_filter_rec_t) -> usize {
    let owner = |slot: &usize| OWNERS[*slot].load(Ordering::Relaxed);
    let own = (1..OWNERS.len()).find(|slot| owner(slot) == record);
    let slot = own.or_else(|| (1..OWNERS.len()).find(|slot| owner(slot).is_null())).unwrap_or(0);
    if slot != 0 {
        OWNERS[slot].store(record, Ordering::Relaxed);
    }
    slot
}

unsafe extern "C" fn output<const SLOT: usize>(
    filter: *mut ffi::ap_filter_t,
    brigade: *mut ffi::apr_bucket_brigade,
) -> ffi::apr_status_t {
    // SAFETY: httpd's arguments: a filter and a brigade, live for the call, on the one
    // thread that the request is on.
    unsafe { enter_output(filter, brigade, OWNERS[SLOT].load(Ordering::Relaxed)) }
}

/// # Safety
/// httpd's arguments, and the entry's owner or NULL.
unsafe fn enter_output(
    filter: *mut ffi::ap_filter_t,
    brigade: *mut ffi::apr_bucket_brigade,
    owner: *mut ffi::ap_filter_rec_t,
) -> ffi::apr_status_t {
    // SAFETY: by contract; the filter's own record stands in for an owner.
    unsafe {
        // mod_filter can place it where connections are filtered.
        if (*filter).r.is_null() {
            return ffi::ap_pass_brigade((*filter).next, brigade);
        }
        let record = if owner.is_null() { (*filter).frec } else { owner };
        let request = Request::from_raw((*filter).r);
        let entry = Entry::Hook("an output filter", Target::Request(request));
        guard::run(entry, ffi::AP_FILTER_ERROR, || run_output(filter, record, Brigade::from_raw(brigade)))
    }
}

unsafe extern "C" fn input(
    filter: *mut ffi::ap_filter_t,
    brigade: *mut ffi::apr_bucket_brigade,
    mode: ffi::ap_input_mode_t,
    block: ffi::apr_read_type_e,
    bytes: ffi::apr_off_t,
) -> ffi::apr_status_t {
    // SAFETY: as for `output`.
    unsafe {
        let request = Request::from_raw((*filter).r);
        let entry = Entry::Hook("an input filter", Target::Request(request));
        let demand = Demand { mode, block, bytes };
        guard::run(entry, libc::EIO, || run_input(filter, Brigade::from_raw(brigade), demand))
    }
}
