//! A table of httpd's that a script looks at: found anew at each use, since httpd may
//! replace it, and it ends with the request or the connection.

use super::connection::Source;
use super::ended::ended;
use crate::httpd::connection::Connection;
use crate::httpd::handle::Handle;
use crate::httpd::request::Request;
use crate::httpd::table::Table;
use crate::python::error::Result;
use std::sync::Arc;

/// Finds a table of the request.
pub type View = for<'r> fn(Request<'r>) -> Table<'r>;

/// Finds a table of the connection.
pub type ConnectionView = for<'c> fn(Connection<'c>) -> Table<'c>;

pub enum LiveTable {
    OfRequest { handle: Arc<Handle>, view: View },
    OfConnection { source: Source, view: ConnectionView },
}

impl LiveTable {
    pub fn with<'py, T>(&self, body: impl FnOnce(Table<'_>) -> T) -> Result<'py, T> {
        match self {
            LiveTable::OfRequest { handle, view } => {
                handle.lend(|request| body(view(request))).map_err(ended)
            }
            LiveTable::OfConnection { source, view } => source.lend(|connection| body(view(connection))),
        }
    }
}
