//! A table that lies in this module's own memory: ordered, keys without case, duplicates
//! allowed, as httpd's tables are.

/// A key and its value; None where httpd has a NULL.
pub type Entry = (Vec<u8>, Option<Vec<u8>>);

#[derive(Debug, Default, Clone)]
pub struct Entries(Vec<Entry>);

impl Entries {
    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn at(&self, index: usize) -> Option<Entry> {
        self.0.get(index).cloned()
    }

    pub fn to_vec(&self) -> Vec<Entry> {
        self.0.clone()
    }

    /// Every value under `key`, in order.
    pub fn all(&self, key: &[u8]) -> Vec<Option<Vec<u8>>> {
        let matching = self.0.iter().filter(|(known, _)| known.eq_ignore_ascii_case(key));
        matching.map(|(_, value)| value.clone()).collect()
    }

    /// Replaces the first value under `key` and drops the others, or appends.
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
            self.add(key, &value);
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
}

impl From<Vec<Entry>> for Entries {
    fn from(entries: Vec<Entry>) -> Self {
        Entries(entries)
    }
}
