//! PythonOption: a table of keys without case, in which an empty value removes.

/// Options in order of first appearance.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Options(Vec<(Vec<u8>, Vec<u8>)>);

impl Options {
    /// Replaces the value of `key`; its position and first spelling stay.
    pub fn set(&mut self, key: &[u8], value: &[u8]) {
        match self.0.iter_mut().find(|(known, _)| known.eq_ignore_ascii_case(key)) {
            Some((_, known)) => *known = value.to_vec(),
            None => self.0.push((key.to_vec(), value.to_vec())),
        }
    }

    /// The value of `key`; empty if it was removed.
    pub fn get(&self, key: &[u8]) -> Option<&[u8]> {
        self.0.iter().find(|(known, _)| known.eq_ignore_ascii_case(key)).map(|(_, value)| value.as_slice())
    }

    /// Lays `inner` over these.
    pub fn overlay(&mut self, inner: &Options) {
        for (key, value) in &inner.0 {
            self.set(key, value);
        }
    }

    /// Drops every option that an empty value removed.
    pub fn prune(&mut self) {
        self.0.retain(|(_, value)| !value.is_empty());
    }

    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.0.iter().map(|(key, value)| (key.as_slice(), value.as_slice()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(pairs: &[(&str, &str)]) -> Options {
        let mut options = Options::default();
        pairs.iter().for_each(|(key, value)| options.set(key.as_bytes(), value.as_bytes()));
        options
    }

    #[test]
    fn an_inner_value_replaces_and_keeps_position_and_spelling() {
        let mut outer = options(&[("Color", "red"), ("size", "1")]);
        outer.overlay(&options(&[("COLOR", "blue"), ("new", "x")]));
        assert_eq!(outer, options(&[("Color", "blue"), ("size", "1"), ("new", "x")]));
    }

    #[test]
    fn a_value_is_found_without_regard_to_case() {
        let options = options(&[("Color", "red"), ("gone", "")]);
        assert_eq!(options.get(b"color"), Some(&b"red"[..]));
        assert_eq!((options.get(b"gone"), options.get(b"other")), (Some(&b""[..]), None));
    }

    #[test]
    fn empty_values_remove_all_their_keys_even_side_by_side() {
        let mut merged = options(&[("a", "1"), ("b", "2"), ("c", "3")]);
        merged.overlay(&options(&[("a", ""), ("b", "")]));
        merged.prune();
        assert_eq!(merged, options(&[("c", "3")]));
    }
}
