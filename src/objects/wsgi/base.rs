//! The URL that an application is mounted at: SCRIPT_NAME. What follows it is PATH_INFO.

use crate::httpd::request::Request;
use crate::httpd::text::Text;
use crate::objects::request::configuration::option;
use crate::objects::request::state::RequestState;
use crate::settings::handlers::Place;

const OPTION: &[u8] = b"mod_python.wsgi.base_uri";

/// Where a request's URL divides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Base {
    /// PATH_INFO begins after that many bytes.
    Length(usize),
    EndsWithSlash,
    /// The URL is not below it.
    Elsewhere,
}

impl Base {
    /// The option's text; else the path of the `<Location>` that the running handler stands
    /// in; else nothing. Makes what follows it `path_info`.
    pub fn divide(request: Request<'_>, state: &RequestState) -> Base {
        let uri = request.uri().unwrap_or_default();
        let length = match option(request, OPTION) {
            Some(base) if base.ends_with(b"/") => return Base::EndsWithSlash,
            Some(base) if is_below(uri, base) => base.len(),
            Some(_) => return Base::Elsewhere,
            None => location(uri, state),
        };
        let rest = &uri[length..];
        if request.path_info() != Some(rest) {
            if let Ok(rest) = Text::new(rest) {
                request.set_path_info(Some(rest));
            }
        }
        Base::Length(length)
    }
}

/// Whether `base` ends where a part of the path does.
fn is_below(uri: &[u8], base: &[u8]) -> bool {
    uri.strip_prefix(base).is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
}

/// A pattern is no prefix, and stands for no base URI.
fn location(uri: &[u8], state: &RequestState) -> usize {
    let length = state.current(|handler| match &handler.place {
        Place::Location(path) => {
            let path = path.strip_suffix(b"/").unwrap_or(path);
            is_below(uri, path).then_some(path.len())
        }
        _ => None,
    });
    length.flatten().unwrap_or(0)
}
