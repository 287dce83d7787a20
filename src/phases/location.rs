//! A `<Location>` with Python handlers needs no file behind it.
//!
//! mod_python 3.5 ended the translate_name phase there, so that no Alias, DocumentRoot or
//! UserDir was looked at. Here translation runs, and only the walk over directories and
//! files is left out, which is what map_to_storage is for. httpd forgets the sections by
//! URL before that phase, so whether there is such a Location is noted in translate_name;
//! where mod_rewrite has named a file before, the file counts.

use super::cleanup;
use crate::httpd::hook::{Hooks, Name, Order, RequestEntry, RequestHook};
use crate::httpd::request::Request;
use crate::httpd::status::Status;
use crate::objects::request::state::RequestState;
use crate::objects::slots;
use crate::settings::phases::{LOCATION, are_used};
use crate::settings::section::Storage;

/// To be called in translate_name.
pub fn note(request: Request<'_>) {
    let is_virtual = slots::chain(request).is_some_and(|chain| chain.storage() == Storage::Virtual);
    // Below a `<Location />` of an application, what httpd serves: `SetHandler none`.
    if is_virtual && !request.is_for_default_handler() {
        cleanup::state_of(request).set_virtual(true);
    }
}

struct SkipStorage;

impl RequestEntry for SkipStorage {
    const NAME: &'static str = "map_to_storage";

    #[inline]
    fn is_used() -> bool {
        are_used(LOCATION)
    }

    fn concerns(request: Request<'_>) -> bool {
        slots::request_state(request).is_some_and(RequestState::is_virtual)
    }

    fn run(_request: Request<'_>) -> Status {
        Status::OK
    }
}

/// PythonTransHandler has named a file: it is to be looked up like any other.
pub fn has_file(request: Request<'_>) {
    if let Some(state) = slots::request_state(request) {
        state.set_virtual(false);
    }
}

pub fn register(hooks: &mut Hooks) {
    static ANY: &[Name] = &[Name::END];
    // mod_proxy answers for what it serves, whether or not Python handles other URLs there.
    static AFTER: &[Name] = &[Name::of(c"mod_proxy.c"), Name::END];
    hooks.request::<SkipStorage>(RequestHook::MapToStorage, Order::new(AFTER, ANY));
}
