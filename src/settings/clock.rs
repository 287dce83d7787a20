//! Time as httpd counts it.

use std::time::{SystemTime, UNIX_EPOCH};

/// Microseconds since 1970, the unit of httpd's `request_time`.
pub type Microseconds = i64;

pub fn now() -> Microseconds {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Microseconds::try_from(since.as_micros()).unwrap_or(Microseconds::MAX)
}
