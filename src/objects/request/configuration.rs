//! The configuration in effect for a request, as tables.

use crate::httpd::request::Request;
use crate::httpd::table::Table;
use crate::httpd::text::Text;
use crate::objects::slots;
use crate::settings::options::Options;
use crate::settings::section::Setting;

/// The Python* settings in effect, as a table that lives as long as the request.
pub fn config_table(request: Request<'_>) -> Table<'_> {
    request.pool().named_table(c"mod_python config", |table| {
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

pub fn options_table(request: Request<'_>) -> Table<'_> {
    request.pool().named_table(c"mod_python options", |table| {
        let mut options = slots::chain(request).map_or_else(Options::default, |chain| chain.options());
        options.prune();
        for (key, value) in options.iter() {
            if let (Ok(key), Ok(value)) = (Text::new(key), Text::new(value)) {
                table.set(key, value);
            }
        }
    })
}
