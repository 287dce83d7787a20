//! What scripts print, as log entries: one for each line, and none so long that httpd
//! would cut it.

use std::mem;

/// What one entry may take, counted as httpd writes it. httpd cuts an entry at 8,191
/// bytes, prefix included; a pipe takes 4,096 (PIPE_BUF) without mixing them with what
/// other children write. The rest is for the prefix.
pub const LONGEST: usize = 3500;

/// A line that is being written.
#[derive(Default)]
pub struct LineBuffer {
    partial: Vec<u8>,
    /// What `partial` takes in the log.
    width: usize,
}

impl LineBuffer {
    pub const fn new() -> Self {
        LineBuffer { partial: Vec::new(), width: 0 }
    }

    /// All of `text`, as entries.
    pub fn entries(text: &[u8]) -> Vec<Vec<u8>> {
        let (mut buffer, mut entries) = (LineBuffer::new(), Vec::new());
        buffer.push(text, &mut entries);
        entries.extend(buffer.take());
        entries
    }

    /// Adds `text`; the entries that it completes go to `entries`.
    pub fn push(&mut self, text: &[u8], entries: &mut Vec<Vec<u8>>) {
        for &byte in text {
            if byte == b'\n' {
                entries.push(self.end_line());
                continue;
            }
            if self.width + width(byte) > LONGEST {
                entries.push(self.cut(byte));
            }
            self.partial.push(byte);
            self.width += width(byte);
        }
    }

    pub fn is_empty(&self) -> bool {
        self.partial.is_empty()
    }

    /// What stands there without a line end, if anything does.
    pub fn take(&mut self) -> Option<Vec<u8>> {
        if self.partial.is_empty() { None } else { Some(self.end_line()) }
    }

    fn end_line(&mut self) -> Vec<u8> {
        self.width = 0;
        let mut line = mem::take(&mut self.partial);
        if line.last() == Some(&b'\r') {
            line.pop();
        }
        line
    }

    /// Ends the entry before the character that `next` belongs to.
    fn cut(&mut self, next: u8) -> Vec<u8> {
        let start = if is_continuation(next) { last_character(&self.partial) } else { self.partial.len() };
        let rest = self.partial.split_off(start);
        self.width = rest.iter().copied().map(width).sum();
        mem::replace(&mut self.partial, rest)
    }
}

/// What httpd's escapes make of a byte (`ap_escape_errorlog_item`); NUL we escape first.
fn width(byte: u8) -> usize {
    match byte {
        0 => 5,
        b'\\' | 0x08 | b'\t' | b'\r' | 0x0b => 2,
        b' '..=b'~' => 1,
        _ => 4,
    }
}

fn is_continuation(byte: u8) -> bool {
    byte & 0xC0 == 0x80
}

/// Where the last character of UTF-8 text begins; the text's end if it is none.
fn last_character(text: &[u8]) -> usize {
    let tail = text.iter().rev().take(3).position(|&byte| byte >= 0xC0);
    tail.map_or(text.len(), |back| text.len() - back - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pushed(buffer: &mut LineBuffer, text: &[u8]) -> Vec<Vec<u8>> {
        let mut entries = Vec::new();
        buffer.push(text, &mut entries);
        entries
    }

    #[test]
    fn a_line_is_an_entry_once_it_ends() {
        let mut buffer = LineBuffer::new();
        assert!(pushed(&mut buffer, b"half").is_empty());
        assert_eq!(pushed(&mut buffer, b" and half\nnext"), [b"half and half"]);
        assert_eq!(buffer.take(), Some(b"next".to_vec()));
        assert_eq!(buffer.take(), None);
    }

    #[test]
    fn empty_lines_and_carriage_returns() {
        assert_eq!(LineBuffer::entries(b"a\r\n\nb\rc\n"), [&b"a"[..], b"", b"b\rc"]);
        assert!(LineBuffer::entries(b"").is_empty());
    }

    #[test]
    fn a_long_line_is_cut_and_complete() {
        let text = vec![b'x'; 2 * LONGEST + 1];
        let lengths: Vec<usize> = LineBuffer::entries(&text).iter().map(Vec::len).collect();
        assert_eq!(lengths, [LONGEST, LONGEST, 1]);
        let mut exact = vec![b'x'; LONGEST];
        exact.push(b'\n');
        assert_eq!(LineBuffer::entries(&exact).len(), 1);
    }

    #[test]
    fn a_cut_counts_escapes_and_keeps_characters_whole() {
        let text = "\u{20ac}".repeat(LONGEST);
        let entries = LineBuffer::entries(text.as_bytes());
        assert!(entries.iter().all(|entry| std::str::from_utf8(entry).is_ok()));
        assert!(entries.iter().all(|entry| entry.len() * 4 <= LONGEST));
        assert_eq!(entries.concat(), text.as_bytes());
    }

    #[test]
    fn bytes_that_are_no_text_are_kept() {
        let text: Vec<u8> = [0x80, 0xff, 0, b'\\'].repeat(LONGEST);
        assert_eq!(LineBuffer::entries(&text).concat(), text);
    }
}
