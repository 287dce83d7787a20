//! PythonAuthnProvider and PythonAuthzProvider.

use super::values::section;
use crate::httpd::directive::Command;
use crate::objects::slots::Slots;
use crate::parse::handler;
use crate::settings::handlers::{Handler, Place};

/// `module::object`.
pub fn authn(command: &mut Command<'_, Slots>, words: &[&[u8]]) -> Result<(), String> {
    let provider = provider(words.first().copied().unwrap_or_default(), command.place()?)?;
    section(command)?.set_authn_provider(provider);
    Ok(())
}

/// `name module::object`: registers `python-name` with httpd, which looks it up as it reads
/// `Require` lines.
pub fn authz(command: &mut Command<'_, Slots>, words: &[&[u8]]) -> Result<(), String> {
    let [name, object] = words else {
        return Err("needs a name and an object".to_owned());
    };
    if name.is_empty() || !name.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(byte)) {
        return Err("needs a name of letters, digits, '-', '_' and '.'".to_owned());
    }
    let provider = provider(object, Place::Server)?;
    command.declare_authz_provider(&[b"python-", *name].concat(), provider)
}

fn provider(text: &[u8], place: Place) -> Result<Handler, String> {
    let name = handler::name(text).map_err(|error| error.to_string())?;
    let object = name.object.ok_or_else(|| "needs module::object".to_owned())?;
    Ok(Handler::new(name.text, name.module, object, place))
}
