//! What threads meet in. The models in `tests/models` put loom's in its place, which tries
//! the steps of the threads in every order.

pub use parking_lot::{Condvar, Mutex};
pub use std::sync::atomic;
pub use std::thread::yield_now;
