//! What is configured for a virtual host as a whole.

use super::section::Section;
use std::fmt;

/// One PythonImport: `module[::function]`, in this interpreter, when a child starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    pub module: Vec<u8>,
    pub function: Option<Vec<u8>>,
    pub interpreter: Vec<u8>,
    /// Its position among all imports of the configuration.
    pub position: usize,
}

impl fmt::Display for Import {
    /// As configured.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.module))?;
        match &self.function {
            Some(function) => write!(f, "::{}", String::from_utf8_lossy(function)),
            None => Ok(()),
        }
    }
}

#[derive(Debug, Default)]
pub struct ServerSettings {
    /// The directives at server level; they are also in the server's default section.
    pub section: Section,
    /// Not inherited by virtual hosts.
    pub imports: Vec<Import>,
    /// PythonHome; of the main server only.
    pub home: Option<Vec<u8>>,
    /// PythonOptimize; for the process, whichever server says so.
    pub optimize: bool,
}

impl ServerSettings {
    /// A virtual host's settings over the main server's.
    pub fn merge(outer: &Self, inner: &Self) -> Self {
        ServerSettings {
            section: Section::merge(&outer.section, &inner.section),
            imports: inner.imports.clone(),
            home: outer.home.clone(),
            optimize: outer.optimize || inner.optimize,
        }
    }
}
