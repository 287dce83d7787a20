//! Rust functions as type parameters: how an `extern "C"` entry knows which Rust
//! function is behind it, without a lookup and without a captured value.

use std::mem;
use std::ptr::NonNull;

/// The value of a zero-sized function type, out of nothing.
///
/// # Safety
/// A value of the type has existed: whoever made the entry was handed one.
pub unsafe fn conjure<F: Copy>() -> F {
    const { assert!(mem::size_of::<F>() == 0, "an entry is a function, not a closure that captures") };
    // SAFETY: reading no bytes from an aligned, non-null pointer is valid; that F has
    // values at all is the caller's word.
    unsafe { NonNull::<F>::dangling().read() }
}
