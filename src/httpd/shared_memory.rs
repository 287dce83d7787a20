//! Memory that the parent and its children share, for the status page. The parent takes it once
//! and keeps it for its own lifetime, as httpd does with its scoreboard: children of the
//! configuration before and after a restart see each other, and nothing has to be given back
//! while a child writes.
//!
//! Rejected: `apr_shm_create`, which gives the memory back with the configuration's pool, that of
//! a child too, where threads of scripts may be running still.

use super::server::Server;
use crate::status::slot::Slot;
use std::ffi::CString;
use std::ptr::{self, NonNull};
use std::sync::OnceLock;
use std::{io, mem, slice};

/// What may be shared.
///
/// # Safety
/// All of it is atomics, and may be zero.
pub unsafe trait Shareable: Sync + 'static {}

// SAFETY: the room `status` says so of it, and forbids `unsafe`, which a change of that through a
// shared reference would take.
unsafe impl Shareable for Slot {}

/// What is kept in the process's pool.
struct Kept {
    address: *mut libc::c_void,
    count: usize,
}

/// So many of them, all zero at first; after a restart the same as before, if there are to be as
/// many. In post_config. `version` tells layouts apart.
pub fn kept<T: Shareable>(server: Server<'_>, version: &str, count: usize) -> io::Result<&'static [T]> {
    const { assert!(mem::align_of::<T>() <= 8) };
    let size = mem::size_of::<T>();
    let name = CString::new(format!("mod_python status {version} {size} {count}"))?;
    let process = server.process_pool();
    let kept = match process.kept::<Kept>(&name) {
        Some(kept) => kept,
        None => {
            let kept = NonNull::from(process.place(Kept { address: map(size * count)?, count }));
            process.keep(&name, kept);
            kept
        }
    };
    // SAFETY: under a name of ours, of this version of the module, is a `Kept` of ours. Pages are
    // aligned to more than 8 and last as long as the process: no one unmaps them. Other processes
    // only write to them through atomics, as this one does.
    unsafe {
        let kept = kept.as_ref();
        Ok(slice::from_raw_parts(kept.address.cast::<T>(), kept.count))
    }
}

/// Processes that scripts fork from this one get zeros of their own in its place: what they count,
/// and never take back when they go, is theirs. In child_init.
pub fn keep_from_forks<T: Shareable>(shared: &'static [T]) -> io::Result<()> {
    let pages = (ptr::from_ref(shared).cast::<T>() as usize, mem::size_of_val(shared));
    if SHARED.set(pages).is_err() {
        return Ok(());
    }
    // SAFETY: a function that stays, as the module stays in a child until its process ends.
    match unsafe { libc::pthread_atfork(None, None, Some(replace_in_fork)) } {
        0 => Ok(()),
        error => Err(io::Error::from_raw_os_error(error)),
    }
}

/// Address and length of what a fork is not to share.
static SHARED: OnceLock<(usize, usize)> = OnceLock::new();

unsafe extern "C" fn replace_in_fork() {
    let Some(&(address, length)) = SHARED.get() else { return };
    let protection = libc::PROT_READ | libc::PROT_WRITE;
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE | libc::MAP_FIXED;
    // SAFETY: takes the place of the mapping that `map` made, which only atomics that may be zero
    // are in. A process just forked has this one thread, and may make system calls.
    unsafe { libc::mmap(address as *mut libc::c_void, length, protection, flags, -1, 0) };
}

/// Zeroed pages, which take no memory before they are used.
fn map(length: usize) -> io::Result<*mut libc::c_void> {
    let protection = libc::PROT_READ | libc::PROT_WRITE;
    let flags = libc::MAP_SHARED | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
    // SAFETY: a new mapping, of no file.
    let address = unsafe { libc::mmap(ptr::null_mut(), length, protection, flags, -1, 0) };
    if address == libc::MAP_FAILED { Err(io::Error::last_os_error()) } else { Ok(address) }
}
