//! Directives that hold one value.

use crate::httpd::directive::Command;
use crate::objects::slots::Slots;
use crate::settings::chain::Chain;
use crate::settings::reload;
use crate::settings::section::{Section, Setting};
use crate::settings::timeout;

/// Replaces the value in the section; at server level also in the server's settings.
pub fn set(command: &mut Command<'_, Slots>, setting: Setting, words: &[&[u8]]) -> Result<(), String> {
    let value = words.first().copied().unwrap_or_default();
    if value.is_empty() {
        return Err("needs a value".to_owned());
    }
    if command.is_server_level() {
        command.server.section.set(setting, value);
    }
    section(command)?.set(setting, value);
    Ok(())
}

/// PythonRequestTimeout `seconds`.
pub fn set_timeout(command: &mut Command<'_, Slots>, words: &[&[u8]]) -> Result<(), String> {
    let text = words.first().copied().unwrap_or_default();
    timeout::read(text).ok_or("needs a whole number of seconds, of which 0 is no limit")?;
    set(command, Setting::RequestTimeout, words)
}

/// PythonReload `module|interpreter`.
pub fn reload(command: &mut Command<'_, Slots>, words: &[&[u8]]) -> Result<(), String> {
    let word = words.first().copied().unwrap_or_default();
    let word = reload::read(word).ok_or("needs module or interpreter")?;
    set(command, Setting::Reload, &[word])
}

/// The section that the directive stands in.
pub fn section<'c>(command: &'c mut Command<'_, Slots>) -> Result<&'c mut Section, String> {
    match command.directory {
        Chain::Section(section) => Ok(section),
        // httpd reads a section before it merges it.
        Chain::Merged { .. } => Err("stands in a section that was merged already".to_owned()),
    }
}
