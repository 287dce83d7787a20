//! What there is to say of Python in a process.

use crate::settings::clock::Microseconds;
use serde::Serialize;

/// Python in this process.
#[derive(Debug)]
pub struct ProcessStatus {
    pub started: Microseconds,
    pub max_interpreters: usize,
    /// Since the start.
    pub interpreters_made: u64,
    /// Those that were taken apart.
    pub interpreters_ended: u64,
    /// Requests that were begun in any interpreter since the start.
    pub requests: u64,
    /// In the order in which they were made.
    pub interpreters: Vec<InterpreterStatus>,
}

#[derive(Debug)]
pub struct InterpreterStatus {
    pub name: Box<[u8]>,
    /// Which member of its pool; 0 for the only one.
    pub index: usize,
    pub kind: Kind,
    pub stage: Stage,
    /// Requests that it has begun to serve.
    pub requests: u64,
    /// How many leases of it there are now. A request has one, and another one while a handler
    /// runs; connections and C code have theirs.
    pub leases: usize,
    /// Of httpd, that have used it and live.
    pub threads: usize,
    pub made: Microseconds,
    /// When the last request came; when it was made, if none has.
    pub last_use: Microseconds,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    Main,
    /// It shares the lock of the main one.
    Legacy,
    OwnGil,
}

impl Kind {
    /// Of `kind as u8`.
    pub fn from_number(number: u8) -> Self {
        let all = [Kind::Main, Kind::Legacy, Kind::OwnGil];
        all.into_iter().find(|kind| *kind as u8 == number).unwrap_or(Kind::Legacy)
    }

    pub fn name(self) -> &'static str {
        match self {
            Kind::Main => "main",
            Kind::Legacy => "legacy",
            Kind::OwnGil => "own-gil",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    Serving,
    /// It serves, and its successor is being made.
    BeingReplaced,
    /// It serves what it has begun.
    Retired,
    /// It serves no more: it is ending, or cannot be taken apart.
    Ended,
}
