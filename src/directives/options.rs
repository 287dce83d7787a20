//! PythonOption.

use super::values::section;
use crate::httpd::directive::Command;
use crate::objects::slots::Slots;

/// `key value`; `key` alone and `key ""` remove the key.
pub fn set(command: &mut Command<'_, Slots>, words: &[&[u8]]) -> Result<(), String> {
    let key = words.first().copied().unwrap_or_default();
    let value = words.get(1).copied().unwrap_or_default();
    if key.is_empty() {
        return Err("needs a key".to_owned());
    }
    if command.is_server_level() {
        command.server.section.options.set(key, value);
    }
    section(command)?.options.set(key, value);
    Ok(())
}
