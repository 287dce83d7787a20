//! What is configured for a virtual host as a whole.

use super::handlers::Handler;
use super::interpreter_options;
use super::section::{Section, Values};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// PythonConnectionHandler: it is no phase of a request, so it has no row in `phases`.
pub const CONNECTION_DIRECTIVE: &str = "PythonConnectionHandler";
pub const CONNECTION_OBJECT: &str = "connectionhandler";

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

/// PythonSessionCache: `provider[:arguments]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionCache {
    pub provider: Vec<u8>,
    /// None without a colon: the provider's own defaults.
    pub arguments: Option<Vec<u8>>,
}

impl SessionCache {
    /// As written in the configuration; arguments may hold colons themselves.
    pub fn parse(text: &[u8]) -> Self {
        match text.iter().position(|&byte| byte == b':') {
            Some(colon) => {
                SessionCache { provider: text[..colon].to_vec(), arguments: Some(text[colon + 1..].to_vec()) }
            }
            None => SessionCache { provider: text.to_vec(), arguments: None },
        }
    }
}

#[derive(Debug, Default)]
pub struct ServerSettings {
    /// The directives at server level; they are also in the server's default section.
    pub section: Section,
    /// Not inherited by virtual hosts.
    pub imports: Vec<Import>,
    /// PythonConnectionHandler; shared with the connections being served.
    pub connection: Option<Arc<[Handler]>>,
    /// PythonHome; of the main server only.
    pub home: Option<Vec<u8>>,
    /// PythonOptimize; for the process, whichever server says so.
    pub optimize: bool,
    /// PythonInterpreterOptions; for the process, whichever server says so.
    pub interpreter_options: Vec<interpreter_options::Line>,
    /// PythonMaxInterpreters; of the main server only.
    pub max_interpreters: Option<usize>,
    /// PythonShutdownTimeout; of the main server only.
    pub shutdown_timeout: Option<Duration>,
    /// PythonInterruptTimeout; of the main server only.
    pub interrupt_timeout: Option<Duration>,
    /// PythonSessionCache; of the main server only.
    pub session_cache: Option<SessionCache>,
}

impl ServerSettings {
    /// A virtual host's settings over the main server's.
    pub fn merge(outer: &Self, inner: &Self) -> Self {
        ServerSettings {
            section: Section::merge(&outer.section, &inner.section),
            imports: inner.imports.clone(),
            connection: inner.connection.as_ref().or(outer.connection.as_ref()).cloned(),
            home: outer.home.clone(),
            optimize: outer.optimize || inner.optimize,
            interpreter_options: inner.interpreter_options.clone(),
            max_interpreters: outer.max_interpreters,
            shutdown_timeout: outer.shutdown_timeout,
            interrupt_timeout: outer.interrupt_timeout,
            session_cache: outer.session_cache.clone(),
        }
    }

    /// The directives of this server that hold one value.
    pub fn values(&self) -> Values<'_> {
        let mut values = Values::default();
        values.add_outer(&self.section);
        values
    }

    pub fn add_connection_handlers(&mut self, handlers: impl Iterator<Item = Handler>) {
        let before = self.connection.take();
        self.connection = Some(before.iter().flat_map(|list| list.iter()).cloned().chain(handlers).collect());
    }
}

#[cfg(test)]
mod tests {
    use super::super::handlers::Place;
    use super::*;

    fn with_handlers(names: &[&str]) -> ServerSettings {
        let mut settings = ServerSettings::default();
        for name in names {
            let name = name.as_bytes().to_vec();
            let handler = Handler::new(name.clone(), name, CONNECTION_OBJECT.into(), Place::Server);
            settings.add_connection_handlers(std::iter::once(handler));
        }
        settings
    }

    fn names(settings: &ServerSettings) -> Vec<String> {
        let handlers = settings.connection.iter().flat_map(|list| list.iter());
        handlers.map(|handler| String::from_utf8_lossy(&handler.text).into_owned()).collect()
    }

    #[test]
    fn connection_handlers_of_one_server_accumulate() {
        assert_eq!(names(&with_handlers(&["a", "b"])), ["a", "b"]);
    }

    #[test]
    fn a_virtual_host_has_the_main_servers_connection_handlers_unless_it_has_its_own() {
        let (main, own, none) = (with_handlers(&["a"]), with_handlers(&["b"]), with_handlers(&[]));
        assert_eq!(names(&ServerSettings::merge(&main, &none)), ["a"]);
        assert_eq!(names(&ServerSettings::merge(&main, &own)), ["b"]);
        assert!(ServerSettings::merge(&none, &none).connection.is_none());
    }

    #[test]
    fn the_arguments_of_a_session_cache_begin_behind_the_first_colon() {
        let parsed = |text: &str| {
            let cache = SessionCache::parse(text.as_bytes());
            let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap_or_default();
            (text(cache.provider), cache.arguments.map(text))
        };
        assert_eq!(parsed("shmcb"), ("shmcb".into(), None));
        assert_eq!(parsed("dbm:"), ("dbm".into(), Some(String::new())));
        assert_eq!(parsed("redis:one:1,two:2"), ("redis".into(), Some("one:1,two:2".into())));
    }
}
