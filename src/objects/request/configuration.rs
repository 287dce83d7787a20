//! The configuration in effect for a request, as tables. A script may change them, for
//! this request and as long as the same sections are in effect for it.

use super::state::RequestState;
use super::{CONFIGURATION, Self_};
use crate::httpd::handler_extensions;
use crate::httpd::request::Request;
use crate::httpd::table::Table;
use crate::httpd::text::Text;
use crate::objects::arguments::none;
use crate::objects::slots;
use crate::python::convert::to_str;
use crate::python::error::Result;
use crate::python::object::Object;
use crate::settings::options::Options;
use crate::settings::section::Setting;

/// The Python* settings in effect; flags are "1" and "0".
pub fn config_table(request: Request<'_>) -> Table<'_> {
    request.own_table("config", |table| {
        let Some(chain) = slots::chain(request) else {
            return;
        };
        let values = chain.values();
        for setting in Setting::ALL {
            let value = values.get(setting).map(Text::new);
            if let (Ok(name), Some(Ok(value))) = (Text::new(setting.name().as_bytes()), value) {
                table.set(name, value);
            }
        }
    })
}

/// One option in effect, as scripts may have changed it.
pub fn option<'r>(request: Request<'r>, key: &[u8]) -> Option<&'r [u8]> {
    if slots::request_state(request).is_some_and(RequestState::are_options_shown) {
        return options_table(request).first(key);
    }
    slots::chain(request)?.option(key)
}

/// The options in effect, without those that an empty value removed.
pub fn options_table(request: Request<'_>) -> Table<'_> {
    if let Some(state) = slots::request_state(request) {
        state.note_options();
    }
    request.own_table("options", |table| {
        let mut options = slots::chain(request).map_or_else(Options::default, |chain| chain.options());
        options.prune();
        for (key, value) in options.iter() {
            if let (Ok(key), Ok(value)) = (Text::new(key), Text::new(value)) {
                table.set(key, value);
            }
        }
    })
}

/// `get_addhandler_exts()`.
pub fn get_addhandler_exts<'py>(this: Self_<'_, 'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    none(arguments)?;
    let extensions = this.with(|request| handler_extensions::of(request, &slots::HANDLER_NAMES))?;
    let text: Vec<u8> =
        extensions.into_iter().flat_map(|extension| [extension, b" ".to_vec()].concat()).collect();
    to_str(this.py, CONFIGURATION.codec(), &text)
}
