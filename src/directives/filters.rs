//! The filter directives.

use super::values::section;
use crate::httpd::directive::Command;
use crate::objects::slots::Slots;
use crate::parse::handler;
use crate::settings::filters::Direction;
use crate::settings::handlers::Handler;

/// `handler [name]`: makes a filter of that name, by default the handler's text.
pub fn add(command: &mut Command<'_, Slots>, direction: Direction, words: &[&[u8]]) -> Result<(), String> {
    let text = words.first().copied().unwrap_or_default();
    let filter = words.get(1).copied().unwrap_or(text);
    if filter.is_empty() {
        return Err("needs a name for the filter".to_owned());
    }
    let name = handler::name(text).map_err(|error| error.to_string())?;
    let object = name.object.unwrap_or_else(|| direction.default_object().into());
    let handler = Handler::new(name.text, name.module, object, command.place()?);
    command.register_filter(direction, filter)?;
    section(command)?.filters.set(direction, filter, handler);
    Ok(())
}
