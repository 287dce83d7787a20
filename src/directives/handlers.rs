//! The handler directives.

use crate::httpd::directive::Command;
use crate::objects::slots::Slots;
use crate::parse::handler::{self, Line, Name};
use crate::settings::handlers::{Handler, Place};
use crate::settings::phases::{PHASES, Phase, Stands};
use crate::settings::server::CONNECTION_OBJECT;

/// Appends the handlers of one line to the section's lists.
pub fn add(command: &mut Command<'_, Slots>, phase: &'static Phase, words: &[&[u8]]) -> Result<(), String> {
    let raw = words.first().copied().unwrap_or_default();
    let line = handler::line(raw).map_err(|error| error.to_string())?;
    if phase.stands == Stands::Server && raw.contains(&b'|') {
        return Err("runs before there is a file, so it cannot be restricted to extensions".to_owned());
    }
    let place = command.place()?;
    add_line(command, phase, &line, &place, |name| entry(phase, name, place.clone()))
}

/// PythonConnectionHandler: handlers of whole connections, kept with the server.
pub fn add_connection(command: &mut Command<'_, Slots>, words: &[&[u8]]) -> Result<(), String> {
    let raw = words.first().copied().unwrap_or_default();
    let line = handler::line(raw).map_err(|error| error.to_string())?;
    if raw.contains(&b'|') {
        return Err("runs before there is a file, so it cannot be restricted to extensions".to_owned());
    }
    let handlers = line.names.into_iter().map(|name| {
        let object = name.object.unwrap_or_else(|| CONNECTION_OBJECT.into());
        Handler::new(name.text, name.module, object, Place::Server)
    });
    command.server.add_connection_handlers(handlers);
    Ok(())
}

/// PythonHandlerModule: the modules' functions of whatever phase they have one for.
pub fn add_module(command: &mut Command<'_, Slots>, words: &[&[u8]]) -> Result<(), String> {
    let line =
        handler::line(words.first().copied().unwrap_or_default()).map_err(|error| error.to_string())?;
    let place = command.place()?;
    for phase in PHASES {
        add_line(command, phase, &line, &place, |name| entry(phase, name, place.clone()).silent())?;
    }
    Ok(())
}

fn entry(phase: &Phase, name: &Name, place: Place) -> Handler {
    let object = name.object.clone().unwrap_or_else(|| phase.default_object.into());
    Handler::new(name.text.clone(), name.module.clone(), object, place)
}

fn add_line(
    command: &mut Command<'_, Slots>,
    phase: &Phase,
    line: &Line,
    place: &Place,
    entry: impl Fn(&Name) -> Handler,
) -> Result<(), String> {
    if let Some(name) = line.names.iter().find(|name| name.needs_directory() && !place.is_directory()) {
        return Err(relative_to_nothing(&name.text));
    }
    let handlers: Vec<Handler> = line.names.iter().map(entry).collect();
    let section = super::values::section(command)?;
    if line.extensions.is_empty() {
        section.add_handlers(phase.index(), b"", &handlers);
    }
    for extension in &line.extensions {
        section.add_handlers(phase.index(), extension, &handlers);
    }
    Ok(())
}

fn relative_to_nothing(name: &[u8]) -> String {
    let name = String::from_utf8_lossy(name);
    format!(
        "names '{name}', relative to the directory of its section, but stands in no directory; write a module's name, an absolute path, or ~/"
    )
}
