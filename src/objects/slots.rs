//! What this module keeps in httpd's configuration and request records.

use super::request::Objects;
use crate::httpd::module;
use crate::httpd::request::Request;
use crate::httpd::server::Server;
use crate::settings::chain::Chain;
use crate::settings::server::ServerSettings;

/// The types of our slots.
pub struct Slots;

impl module::Slots for Slots {
    type Directory<'p> = Chain<'p>;
    type Server = ServerSettings;
    type Request = Objects;

    fn new_directory() -> Chain<'static> {
        Chain::Section(Box::default())
    }

    fn merge_directory<'p>(outer: &'p Chain<'p>, inner: &'p Chain<'p>) -> Chain<'p> {
        Chain::Merged { outer, inner }
    }

    fn new_server() -> ServerSettings {
        ServerSettings::default()
    }

    fn merge_server(outer: &ServerSettings, inner: &ServerSettings) -> ServerSettings {
        ServerSettings::merge(outer, inner)
    }
}

/// The configuration in force for the request.
pub fn chain(request: Request<'_>) -> Option<&Chain<'_>> {
    module::directory::<Slots>(request)
}

pub fn server(server: Server<'_>) -> Option<&ServerSettings> {
    module::server::<Slots>(server)
}

/// The Python objects of the request; made on first use.
pub fn objects(request: Request<'_>) -> &Objects {
    module::request::<Slots>(request, || Objects::new(request))
}
