//! Text of bounded length in memory that other processes read.

use std::borrow::Cow;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

const WORD: usize = size_of::<u64>();
const CUT: &[u8] = "\u{2026}".as_bytes();

/// At most `WORDS * 8` bytes. Of what is longer the end is kept, behind an ellipsis: paths differ
/// at their ends.
#[derive(Debug)]
pub struct Text<const WORDS: usize> {
    length: AtomicU32,
    words: [AtomicU64; WORDS],
}

impl<const WORDS: usize> Text<WORDS> {
    pub fn set(&self, bytes: &[u8]) {
        let bytes = Self::cut(bytes);
        for (word, part) in self.words.iter().zip(bytes.chunks(WORD)) {
            let mut whole = [0; WORD];
            whole[..part.len()].copy_from_slice(part);
            word.store(u64::from_ne_bytes(whole), Ordering::Relaxed);
        }
        self.length.store(u32::try_from(bytes.len()).unwrap_or(0), Ordering::Relaxed);
    }

    pub fn get(&self) -> Vec<u8> {
        let length = usize::try_from(self.length.load(Ordering::Relaxed)).unwrap_or(0);
        let words = self.words.iter().map(|word| word.load(Ordering::Relaxed).to_ne_bytes());
        let mut bytes: Vec<u8> = words.take(length.div_ceil(WORD)).flatten().collect();
        bytes.truncate(length);
        bytes
    }

    /// Whether it is what `set` makes of these.
    pub fn is(&self, bytes: &[u8]) -> bool {
        self.get() == *Self::cut(bytes)
    }

    fn cut(bytes: &[u8]) -> Cow<'_, [u8]> {
        let most = WORDS * WORD;
        match bytes.len() {
            length if length <= most => Cow::Borrowed(bytes),
            length => Cow::Owned([CUT, &bytes[length - (most - CUT.len())..]].concat()),
        }
    }
}

impl<const WORDS: usize> Default for Text<WORDS> {
    fn default() -> Self {
        Text { length: AtomicU32::new(0), words: [const { AtomicU64::new(0) }; WORDS] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_what_was_set() {
        let text = Text::<2>::default();
        for bytes in [&b""[..], b"a", b"12345678", b"123456789", b"1234567890123456", b"\0\xff"] {
            text.set(bytes);
            assert_eq!(text.get(), bytes);
            assert!(text.is(bytes));
        }
    }

    #[test]
    fn of_what_is_too_long_the_end_is_kept() {
        let text = Text::<2>::default();
        text.set(b"/srv/www/a.example.com");
        assert_eq!(String::from_utf8_lossy(&text.get()), "\u{2026}a.example.com");
        assert!(text.is(b"/srv/www/a.example.com"));
        assert!(!text.is(b"/srv/www/b.example.com"));
    }
}
