//! The extensions that AddHandler maps to a handler.
//!
//! mod_mime keeps its maps to itself, and their layout is nobody's promise. The directives
//! as httpd read them are public: `ap_conftree`. It has no `.htaccess` files, and whether a
//! section is in effect for a request is not asked: an extension too many does less harm
//! than one too few.

use super::directive;
use super::pool::Pool;
use super::request::Request;
use super::text::borrow;
use crate::ffi::httpd as ffi;

/// The extensions mapped to one of `handlers`, without dots and in lower case, as mod_mime
/// has both; in the order of the configuration, each once.
pub fn of(request: Request<'_>, handlers: &[&[u8]]) -> Vec<Vec<u8>> {
    let mut search = Search { request, handlers, found: Vec::new() };
    // SAFETY: the tree is built while the configuration is read, in the pool of the
    // configuration, and only read afterwards.
    unsafe { search.walk(ffi::ap_conftree) };
    search.found
}

struct Search<'a, 'r> {
    request: Request<'r>,
    handlers: &'a [&'a [u8]],
    found: Vec<Vec<u8>>,
}

impl Search<'_, '_> {
    /// # Safety
    /// `node` is NULL or a directive of a tree that does not change.
    unsafe fn walk(&mut self, mut node: *const ffi::ap_directive_t) {
        // SAFETY: links of the tree are NULL or live, its strings NULL or NUL-terminated.
        // The recursion is as deep as sections are nested.
        unsafe {
            while let Some(directive) = node.as_ref() {
                let name = borrow(directive.directive).unwrap_or_default();
                if name.eq_ignore_ascii_case(b"AddHandler") {
                    self.read(borrow(directive.args).unwrap_or_default());
                }
                if !name.eq_ignore_ascii_case(b"<VirtualHost")
                    || self.request.server().is_defined_by(directive)
                {
                    self.walk(directive.first_child);
                }
                node = directive.next;
            }
        }
    }

    fn read(&mut self, arguments: &[u8]) {
        let words = directive::split_words(self.pool(), arguments);
        let Some((handler, extensions)) = words.split_first() else {
            return;
        };
        if !self.handlers.iter().any(|wanted| handler.eq_ignore_ascii_case(wanted)) {
            return;
        }
        for extension in extensions {
            let extension = extension.strip_prefix(b".").unwrap_or(extension).to_ascii_lowercase();
            if !self.found.contains(&extension) {
                self.found.push(extension);
            }
        }
    }

    fn pool(&self) -> Pool<'_> {
        self.request.pool()
    }
}
