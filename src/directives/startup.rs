//! Directives that take effect when a child starts.

use crate::httpd::directive::Command;
use crate::objects::slots::Slots;
use crate::parse::handler;
use crate::settings::server::{Import, SessionCache};
use crate::settings::timeout;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// PythonImport `module[::function] interpreter`.
pub fn import(command: &mut Command<'_, Slots>, words: &[&[u8]]) -> Result<(), String> {
    let [name, interpreter] = words else {
        return Err("needs a module and an interpreter".to_owned());
    };
    if interpreter.is_empty() {
        return Err("needs the name of an interpreter".to_owned());
    }
    let name = handler::name(name).map_err(|error| error.to_string())?;
    // Counted over all servers: httpd's list of servers is not in configuration order.
    static READ: AtomicUsize = AtomicUsize::new(0);
    let position = READ.fetch_add(1, Ordering::Relaxed);
    let (module, function, interpreter) = (name.module, name.object, interpreter.to_vec());
    command.server.imports.push(Import { module, function, interpreter, position });
    Ok(())
}

/// PythonOptimize `On|Off`.
pub fn optimize(command: &mut Command<'_, Slots>, words: &[&[u8]]) -> Result<(), String> {
    command.server.optimize = words.first() == Some(&&b"1"[..]);
    Ok(())
}

/// PythonShutdownTimeout `seconds`.
pub fn shutdown_timeout(command: &mut Command<'_, Slots>, words: &[&[u8]]) -> Result<(), String> {
    let seconds = words.first().and_then(|word| std::str::from_utf8(word).ok()?.parse::<u32>().ok());
    let seconds = seconds.ok_or("needs a whole number of seconds")?;
    command.server.shutdown_timeout = Some(Duration::from_secs(seconds.into()));
    Ok(())
}

/// PythonInterruptTimeout `seconds`.
pub fn interrupt_timeout(command: &mut Command<'_, Slots>, words: &[&[u8]]) -> Result<(), String> {
    let seconds = words.first().and_then(|word| timeout::parse(word));
    command.server.interrupt_timeout = Some(seconds.ok_or("needs a whole number of seconds")?);
    Ok(())
}

/// PythonHome `directory`.
pub fn home(command: &mut Command<'_, Slots>, words: &[&[u8]]) -> Result<(), String> {
    let directory = words.first().copied().unwrap_or_default();
    if !directory.starts_with(b"/") {
        return Err("needs an absolute path".to_owned());
    }
    command.server.home = Some(directory.to_vec());
    Ok(())
}

/// PythonSessionCache `provider[:arguments]`.
pub fn session_cache(command: &mut Command<'_, Slots>, words: &[&[u8]]) -> Result<(), String> {
    let cache = SessionCache::parse(words.first().copied().unwrap_or_default());
    command.check_object_cache(&cache.provider, cache.arguments.as_deref())?;
    command.server.session_cache = Some(cache);
    Ok(())
}
