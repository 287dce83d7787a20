//! The entries of a table that a script owns: what httpd's tables are, in memory of
//! our own. Ordered, keys without case, duplicates allowed, values that may be NULL.
//!
//! Uses the standard library only; `tests/pure.rs` compiles this file by itself.

/// A key and its value; None for a value that is NULL.
pub type Entry = (Vec<u8>, Option<Vec<u8>>);

#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Entries(Vec<Entry>);

impl Entries {
    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn at(&self, index: usize) -> Option<&Entry> {
        self.0.get(index)
    }

    pub fn to_vec(&self) -> Vec<Entry> {
        self.0.clone()
    }

    /// Every value under `key`, in order.
    pub fn all(&self, key: &[u8]) -> Vec<Option<Vec<u8>>> {
        let matching = self.0.iter().filter(|(known, _)| known.eq_ignore_ascii_case(key));
        matching.map(|(_, value)| value.clone()).collect()
    }

    /// Replaces the first value under `key`, whose place and spelling stay, and drops the
    /// others; or appends.
    pub fn set(&mut self, key: &[u8], value: &[u8]) {
        let mut place = Some(value.to_vec());
        self.0.retain_mut(|(known, known_value)| {
            if !known.eq_ignore_ascii_case(key) {
                return true;
            }
            let first = place.take();
            let keep = first.is_some();
            *known_value = first;
            keep
        });
        if let Some(value) = place {
            self.0.push((key.to_vec(), Some(value)));
        }
    }

    /// Appends, whether or not the key is there.
    pub fn add(&mut self, key: &[u8], value: &[u8]) {
        self.0.push((key.to_vec(), Some(value.to_vec())));
    }

    /// Drops every entry under `key`.
    pub fn unset(&mut self, key: &[u8]) {
        self.0.retain(|(known, _)| !known.eq_ignore_ascii_case(key));
    }

    /// Takes the last entry out.
    pub fn pop(&mut self) -> Option<Entry> {
        self.0.pop()
    }

    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// With one entry for each key: the last of its values, in the first one's place.
    pub fn joined(entries: Vec<Entry>) -> Self {
        let mut joined: Vec<Entry> = Vec::new();
        for (key, value) in entries {
            match joined.iter_mut().find(|(known, _)| known.eq_ignore_ascii_case(&key)) {
                Some((_, known)) => *known = value,
                None => joined.push((key, value)),
            }
        }
        Entries(joined)
    }
}

impl From<Vec<Entry>> for Entries {
    fn from(entries: Vec<Entry>) -> Self {
        Entries(entries)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(pairs: &[(&str, &str)]) -> Entries {
        let mut entries = Entries::default();
        pairs.iter().for_each(|(key, value)| entries.add(key.as_bytes(), value.as_bytes()));
        entries
    }

    #[test]
    fn setting_keeps_the_first_place_and_drops_duplicates() {
        let mut table = entries(&[("a", "1"), ("b", "2"), ("A", "3")]);
        table.set(b"A", b"9");
        assert_eq!(table, entries(&[("a", "9"), ("b", "2")]));
    }

    #[test]
    fn setting_a_new_key_appends() {
        let mut table = entries(&[("a", "1")]);
        table.set(b"c", b"");
        assert_eq!(table, entries(&[("a", "1"), ("c", "")]));
    }

    #[test]
    fn a_null_value_is_found_and_replaced() {
        let mut table = Entries(vec![(b"a".to_vec(), None), (b"b".to_vec(), None)]);
        assert_eq!(table.all(b"A"), [None]);
        table.set(b"a", b"1");
        assert_eq!(table.all(b"a"), [Some(b"1".to_vec())]);
        assert_eq!(table.pop(), Some((b"b".to_vec(), None)));
    }

    #[test]
    fn removing_takes_every_spelling() {
        let mut table = entries(&[("a", "1"), ("b", "2"), ("A", "3")]);
        table.unset(b"A");
        assert_eq!(table, entries(&[("b", "2")]));
    }

    #[test]
    fn joining_keeps_the_last_value_in_the_first_place() {
        let table = entries(&[("a", "1"), ("b", "2"), ("A", "3")]);
        assert_eq!(Entries::joined(table.to_vec()), entries(&[("a", "3"), ("b", "2")]));
    }
}
