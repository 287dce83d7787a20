//! PythonReload: what an edited file has replaced.

use super::section::{Setting, Values};
use std::sync::atomic::{AtomicBool, Ordering};

/// What is looked at where a handler is configured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reload {
    Nothing,
    /// The handlers' modules, each by itself, before the next request.
    Modules,
    /// The files of the whole interpreter, which is replaced.
    Interpreter,
}

const MODULE: &[u8] = b"module";
const INTERPRETER: &[u8] = b"interpreter";

/// Whether anything in the configuration says `PythonReload interpreter`. What it needs in
/// each interpreter is left out of processes that do not.
static IS_USED: AtomicBool = AtomicBool::new(false);

pub fn is_used() -> bool {
    IS_USED.load(Ordering::Relaxed)
}

/// The argument of the directive, as it is kept; None if it is none.
pub fn read(word: &[u8]) -> Option<&'static [u8]> {
    let known = [MODULE, INTERPRETER].into_iter().find(|known| word.eq_ignore_ascii_case(known))?;
    if known == INTERPRETER {
        IS_USED.store(true, Ordering::Relaxed);
    }
    Some(known)
}

impl Values<'_> {
    pub fn reload(&self) -> Reload {
        match self.get(Setting::Reload) {
            _ if !self.is_on(Setting::AutoReload, true) => Reload::Nothing,
            Some(INTERPRETER) => Reload::Interpreter,
            _ => Reload::Modules,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::section::Section;
    use super::*;

    fn reload(settings: &[(Setting, &[u8])]) -> Reload {
        let mut section = Section::new(true);
        settings.iter().for_each(|(setting, value)| section.set(*setting, value));
        let mut values = Values::default();
        values.add_outer(&section);
        values.reload()
    }

    #[test]
    fn modules_unless_something_else_is_said() {
        assert_eq!(reload(&[]), Reload::Modules);
        assert_eq!(reload(&[(Setting::Reload, b"module")]), Reload::Modules);
        assert_eq!(reload(&[(Setting::Reload, b"interpreter")]), Reload::Interpreter);
    }

    #[test]
    fn nothing_where_auto_reload_is_off() {
        assert_eq!(
            reload(&[(Setting::AutoReload, b"0"), (Setting::Reload, b"interpreter")]),
            Reload::Nothing
        );
    }

    #[test]
    fn there_are_two_words() {
        assert_eq!(read(b"Module"), Some(MODULE));
        assert_eq!(read(b"INTERPRETER"), Some(INTERPRETER));
        assert_eq!(read(b"modules"), None);
    }
}
