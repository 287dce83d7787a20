//! The handler directives.

use crate::httpd::directive::Command;
use crate::objects::slots::Slots;
use crate::parse::handler;
use crate::phases::table::{PHASES, Row};
use crate::settings::handlers::Handler;

/// Appends the handlers of one line to the section's lists.
pub fn add(command: &mut Command<'_, Slots>, row: Row, words: &[&[u8]]) -> Result<(), String> {
    let phase = &PHASES[row as usize];
    let line =
        handler::line(words.first().copied().unwrap_or_default()).map_err(|error| error.to_string())?;
    let place = command.place()?;
    if let Some(name) = line.names.iter().find(|name| name.needs_directory() && !place.is_directory()) {
        return Err(relative_to_nothing(&name.text));
    }
    let handlers: Vec<Handler> = line
        .names
        .into_iter()
        .map(|name| {
            let object = name.object.unwrap_or_else(|| phase.default_object.into());
            Handler::new(name.text, name.module, object, place.clone())
        })
        .collect();
    let section = super::values::section(command)?;
    if line.extensions.is_empty() {
        section.add_handlers(phase.index, b"", &handlers);
    }
    for extension in &line.extensions {
        section.add_handlers(phase.index, extension, &handlers);
    }
    Ok(())
}

fn relative_to_nothing(name: &[u8]) -> String {
    let name = String::from_utf8_lossy(name);
    format!(
        "names '{name}', relative to the directory of its section, but stands in no directory; write a module's name, an absolute path, or ~/"
    )
}
