//! The hand-over of pools, the life of interpreters and what processes share, as the module has them, under loom.
//!
//! loom runs a model again and again, until it has tried the steps of its threads in every
//! order (up to a number of preemptions), and fails if one of them breaks an assertion, or
//! leaves a thread waiting for ever.

#![cfg(test)]
// The module uses more of its parts than the models do.
#![allow(dead_code)]

mod facts;
mod handover;
mod life;
mod sync;

#[path = "../../../src/settings"]
mod settings {
    pub mod pool_width;
}

#[path = "../../../src/python/pool"]
mod pool {
    pub mod handover;
    pub mod mailbox;
}

#[path = "../../../src/python/users.rs"]
mod users;

#[path = "../../../src/status/version.rs"]
mod version;
