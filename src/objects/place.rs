//! The directory that a handler was configured for, for one request.

use crate::httpd::path::{matches_glob, matches_regex};
use crate::httpd::request::Request;
use crate::settings::handlers::Place;

/// The text of the place, with patterns resolved to the first directory on the way to the
/// file that they match.
pub fn directory<'a>(request: Request<'a>, place: &'a Place) -> Option<&'a [u8]> {
    let resolve = |matches: &dyn Fn(&[u8]) -> bool| {
        request.filename().and_then(|filename| Place::first_prefix(filename, matches))
    };
    match place {
        Place::DirectoryGlob(pattern) => resolve(&|path| matches_glob(request.pool(), pattern, path)),
        Place::DirectoryRegex(pattern) => resolve(&|path| matches_regex(request.pool(), pattern, path)),
        Place::Server | Place::Location(_) | Place::Directory(_) => None,
    }
    .or_else(|| place.text())
}
