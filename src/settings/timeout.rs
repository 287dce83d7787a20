//! PythonRequestTimeout.

use super::phases;
use super::section::{Setting, Values};
use std::time::Duration;

/// Whether any section has set one since the module was loaded.
#[inline]
pub fn is_used() -> bool {
    phases::are_used(phases::COUNTED)
}

/// Whole seconds; 0 is no limit.
pub fn parse(text: &[u8]) -> Option<Duration> {
    let seconds = std::str::from_utf8(text).ok()?.parse::<u32>().ok()?;
    Some(Duration::from_secs(seconds.into()))
}

/// Reads what a section says; None if it cannot be meant.
pub fn read(text: &[u8]) -> Option<Duration> {
    let read = parse(text)?;
    if !read.is_zero() {
        phases::mark_used(phases::COUNTED);
    }
    Some(read)
}

/// The limit in force.
#[inline]
pub fn of(values: &Values<'_>) -> Option<Duration> {
    values.get(Setting::RequestTimeout).and_then(parse).filter(|limit| !limit.is_zero())
}

#[cfg(test)]
mod tests {
    use super::super::section::Section;
    use super::*;

    #[test]
    fn it_is_a_whole_number_of_seconds() {
        assert_eq!(parse(b"30"), Some(Duration::from_secs(30)));
        for text in ["", "-1", "1.5", "30s", " 3", "4294967296"] {
            assert_eq!(parse(text.as_bytes()), None, "{text:?}");
        }
    }

    #[test]
    fn zero_lifts_the_limit_of_a_section_further_out() {
        let (mut outer, mut inner) = (Section::default(), Section::default());
        outer.set(Setting::RequestTimeout, b"30");
        inner.set(Setting::RequestTimeout, b"0");
        let mut values = Values::default();
        values.add_outer(&inner);
        values.add_outer(&outer);
        assert_eq!(of(&values), None);
        let mut values = Values::default();
        values.add_outer(&outer);
        assert_eq!(of(&values), Some(Duration::from_secs(30)));
    }
}
