//! Directives about interpreters as such.

use crate::httpd::directive::Command;
use crate::objects::slots::Slots;
use crate::python::lifecycle::{BUILT_FOR, HAS_OWN_GIL};
use crate::settings::interpreter_options::{InterpreterOptions, Line};
use std::sync::atomic::{AtomicUsize, Ordering};

/// PythonInterpreterOptions `name|* key=value ...`.
pub fn options(command: &mut Command<'_, Slots>, words: &[&[u8]]) -> Result<(), String> {
    let Some((name, words)) = words.split_first().filter(|(name, _)| !name.is_empty()) else {
        return Err("needs the name of an interpreter, or *".to_owned());
    };
    let name = (*name != b"*").then_some(*name);
    let options = InterpreterOptions::parse(name, words)?;
    if options.wants_own_gil() && !HAS_OWN_GIL {
        return Err(format!(
            "gil=own and pool need Python 3.13 or later, and this mod_python.so was built for Python {BUILT_FOR}: \
             before 3.13, two interpreters with locks of their own corrupt memory that they share"
        ));
    }
    // Counted over all servers, as PythonImport.
    static READ: AtomicUsize = AtomicUsize::new(0);
    let position = READ.fetch_add(1, Ordering::Relaxed);
    let name = name.map(<[u8]>::to_vec);
    command.server.interpreter_options.push(Line { name, options, position });
    Ok(())
}

/// PythonMaxInterpreters `number`.
pub fn max(command: &mut Command<'_, Slots>, words: &[&[u8]]) -> Result<(), String> {
    let number = words.first().and_then(|word| std::str::from_utf8(word).ok()?.parse::<usize>().ok());
    match number.filter(|&number| number > 0) {
        Some(number) => command.server.max_interpreters = Some(number),
        None => return Err("needs a whole number from 1 on".to_owned()),
    }
    Ok(())
}
