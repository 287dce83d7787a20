//! What this module keeps in httpd's configuration and request records.

use super::request::state::{End, RequestState};
use crate::httpd::module;
use crate::httpd::request::Request;
use crate::httpd::server::Server;
use crate::settings::chain::Chain;
use crate::settings::section::Section;
use crate::settings::server::ServerSettings;

/// The names under which SetHandler and AddHandler select this module.
pub const HANDLER_NAMES: [&[u8]; 2] = [b"mod_python", b"python-program"];

/// The types of our slots.
pub struct Slots;

impl module::Slots for Slots {
    type Directory<'p> = Chain<'p>;
    type Server = ServerSettings;
    type Request = RequestState;

    fn new_directory(has_path: bool) -> Chain<'static> {
        Chain::Section(Box::new(Section::new(has_path)))
    }

    fn merge_directory<'p>(outer: &'p Chain<'p>, inner: &'p Chain<'p>) -> Chain<'p> {
        Chain::merged(outer, inner)
    }

    fn new_server() -> ServerSettings {
        ServerSettings::default()
    }

    fn merge_server(outer: &ServerSettings, inner: &ServerSettings) -> ServerSettings {
        ServerSettings::merge(outer, inner)
    }

    fn end_request(request: Request<'_>, kept: &RequestState) {
        kept.end(request);
    }
}

/// The configuration in force for the request.
#[inline]
pub fn chain(request: Request<'_>) -> Option<&Chain<'_>> {
    module::directory::<Slots>(request)
}

pub fn server(server: Server<'_>) -> Option<&ServerSettings> {
    module::server::<Slots>(server)
}

/// What this module keeps with the request, once Python has served it.
#[inline]
pub fn request_state(request: Request<'_>) -> Option<&RequestState> {
    module::request_if_any::<Slots>(request)
}

/// The same; made on first use. `end` runs what is due when the request is destroyed.
pub fn make_request_state(request: Request<'_>, end: End) -> &RequestState {
    module::request::<Slots>(request, || RequestState::new(request, end))
}
