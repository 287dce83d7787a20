//! The configuration as httpd keeps it after reading: the directives that it executes
//! later, in file order.

use super::text::borrow;
use crate::ffi::httpd as ffi;

/// A directive, copied out.
#[derive(Debug)]
pub struct Directive {
    /// With the `<` of a container.
    pub name: Vec<u8>,
    /// With the `>` of a container.
    pub arguments: Vec<u8>,
    pub children: Vec<Directive>,
}

/// All of `ap_conftree`.
pub fn read() -> Vec<Directive> {
    // SAFETY: the tree is built while the configuration is read and only read afterwards.
    unsafe { level(ffi::ap_conftree) }
}

/// # Safety
/// `first` is NULL or a node of a tree that does not change.
unsafe fn level(first: *const ffi::ap_directive_t) -> Vec<Directive> {
    let mut directives = Vec::new();
    // SAFETY: links of a live tree are NULL or live nodes, its strings NUL-terminated. The
    // recursion is as deep as containers are nested.
    unsafe {
        let mut next = first;
        while let Some(node) = next.as_ref() {
            directives.push(Directive {
                name: borrow(node.directive).unwrap_or_default().to_vec(),
                arguments: borrow(node.args).unwrap_or_default().to_vec(),
                children: level(node.first_child),
            });
            next = node.next;
        }
    }
    directives
}
