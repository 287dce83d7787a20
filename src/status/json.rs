//! The overview as JSON.

use super::overview::Overview;

pub fn of(overview: &Overview) -> String {
    // It has no maps, and no numbers that JSON lacks: nothing can fail.
    serde_json::to_string(overview).unwrap_or_default()
}
