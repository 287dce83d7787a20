//! A `<Location>` with Python handlers needs no file behind it.
//!
//! mod_python 3.5 ended the translate_name phase there, so that no Alias, DocumentRoot or
//! UserDir was looked at. Here translation runs, and only the walk over directories and
//! files is left out, which is what map_to_storage is for.

use crate::httpd::hook::{Hooks, Name, Order, RequestEntry, RequestHook};
use crate::httpd::request::Request;
use crate::httpd::status::Status;
use crate::objects::slots;
use crate::settings::section::Storage;

struct MapToStorage;

impl RequestEntry for MapToStorage {
    const NAME: &'static str = "map_to_storage";

    #[inline]
    fn concerns(request: Request<'_>) -> bool {
        slots::chain(request).is_some_and(|chain| chain.storage() == Storage::Virtual)
    }

    fn run(_request: Request<'_>) -> Status {
        Status::OK
    }
}

pub fn register(hooks: &mut Hooks) {
    static ANY: &[Name] = &[Name::END];
    // mod_proxy answers for what it serves, whether or not Python handles other URLs there.
    static AFTER: &[Name] = &[Name::of(c"mod_proxy.c"), Name::END];
    hooks.request::<MapToStorage>(RequestHook::MapToStorage, Order::new(AFTER, ANY));
}
