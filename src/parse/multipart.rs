//! Bodies of type `multipart/*` (RFC 2046, 5.1), piece by piece.
//!
//! What is fed in comes out as events, whatever the sizes of the pieces; held back is only
//! what may be the beginning of a delimiter, or an unfinished header line, so memory is
//! bounded by the largest piece and the limit of headers.

use std::collections::VecDeque;
use std::fmt;
use std::mem;
use std::ops::Range;

/// A part's header: the name as sent, the value unfolded and trimmed.
pub type Field = (Vec<u8>, Vec<u8>);

#[derive(Debug, PartialEq, Eq)]
pub enum Event<'p> {
    /// A part begins, with these headers.
    Part(Vec<Field>),
    /// Some of the part's content.
    Data(&'p [u8]),
    PartEnd,
    /// The closing delimiter, or the end of the body. What follows has no meaning.
    End,
}

/// Why a body is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Error {
    Boundary,
    HeaderBytes,
    HeaderLines,
    NoColon,
    ControlCharacter,
    NothingToContinue,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Error::Boundary => "the boundary is empty, or has control characters",
            Error::HeaderBytes => "the headers of a part are too large",
            Error::HeaderLines => "a part has too many header lines",
            Error::NoColon => "a header line of a part has no name",
            Error::ControlCharacter => "a header line of a part has a control character",
            Error::NothingToContinue => "the first header line of a part is a continuation",
        })
    }
}

/// What the headers of one part may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Line ends included.
    pub header_bytes: usize,
    /// Continuations count.
    pub header_lines: usize,
}

/// White space that a sender may put behind a delimiter; a line with more is content.
const PADDING: usize = 64;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Before the first delimiter: passed over.
    Preamble,
    Headers,
    Content,
    Ended,
}

/// An event that was found, with its place in the buffer.
enum Found {
    Part(Vec<Field>),
    Data(Range<usize>),
    PartEnd,
    End,
}

/// What stands at the beginning of a line.
enum Line {
    /// A delimiter of so many bytes, line end included.
    Delimiter {
        length: usize,
        closing: bool,
    },
    Other,
    /// The bytes that are there do not tell.
    Unknown,
}

pub struct Parser {
    /// `--` and the boundary.
    delimiter: Vec<u8>,
    limits: Limits,
    place: Place,
    /// What was fed; consumed up to `start`.
    buffer: Vec<u8>,
    start: usize,
    /// No line feed that was not looked at is before this.
    searched: usize,
    /// Whether `start` begins a line that was not looked at.
    at_line: bool,
    /// Nothing more will be fed.
    closed: bool,
    headers: Vec<Field>,
    header_bytes: usize,
    header_lines: usize,
    found: VecDeque<Found>,
}

impl Parser {
    pub fn new(boundary: &[u8], limits: Limits) -> Result<Self, Error> {
        if boundary.is_empty() || boundary.iter().any(u8::is_ascii_control) {
            return Err(Error::Boundary);
        }
        Ok(Parser {
            delimiter: [b"--", boundary].concat(),
            limits,
            place: Place::Preamble,
            buffer: Vec::new(),
            start: 0,
            searched: 0,
            at_line: true,
            closed: false,
            headers: Vec::new(),
            header_bytes: 0,
            header_lines: 0,
            found: VecDeque::new(),
        })
    }

    /// Takes the next piece of the body; after the end, nothing. `next` is to be called
    /// until it has no more events.
    pub fn feed(&mut self, piece: &[u8]) {
        if self.place == Place::Ended {
            return;
        }
        // Events that were not asked for yet have their places in the buffer.
        if self.found.is_empty() {
            self.buffer.drain(..self.start);
            self.searched = self.searched.saturating_sub(self.start);
            self.start = 0;
        }
        self.buffer.extend_from_slice(piece);
    }

    /// The body has ended, with or without a closing delimiter.
    pub fn close(&mut self) {
        self.closed = true;
    }

    /// The next event; None if more is to be fed first, and after the end.
    pub fn next(&mut self) -> Result<Option<Event<'_>>, Error> {
        while self.found.is_empty() && self.advance()? {}
        Ok(self.found.pop_front().map(|found| match found {
            Found::Part(headers) => Event::Part(headers),
            Found::Data(range) => Event::Data(&self.buffer[range]),
            Found::PartEnd => Event::PartEnd,
            Found::End => Event::End,
        }))
    }

    /// Consumes a delimiter, a header line, or some content; false if that takes more bytes.
    fn advance(&mut self) -> Result<bool, Error> {
        match self.place {
            Place::Preamble | Place::Content => Ok(self.content()),
            Place::Headers => self.header_line(),
            Place::Ended => Ok(false),
        }
    }

    fn end(&mut self) {
        self.place = Place::Ended;
        self.found.push_back(Found::End);
    }

    // --- content ---

    fn content(&mut self) -> bool {
        let (content_end, delimiter) = self.find_delimiter();
        let in_part = self.place == Place::Content;
        if in_part && content_end > self.start {
            self.found.push_back(Found::Data(self.start..content_end));
        }
        self.start = content_end;
        if delimiter.is_none() && !self.closed {
            return false;
        }
        if in_part {
            self.found.push_back(Found::PartEnd);
        }
        match delimiter {
            Some((end, closing)) => self.delimited(end, closing),
            None => self.end(),
        }
        true
    }

    /// How far the content goes for certain; and if a delimiter follows, where that ends, and
    /// whether it is the closing one. The line end before a delimiter is part of it.
    fn find_delimiter(&mut self) -> (usize, Option<(usize, bool)>) {
        if self.at_line {
            match self.line_at(self.start) {
                Line::Delimiter { length, closing } => {
                    return (self.start, Some((self.start + length, closing)));
                }
                Line::Unknown => return (self.start, None),
                Line::Other => self.at_line = false,
            }
        }
        while let Some(feed) = self.line_feed() {
            let before = feed.checked_sub(1).filter(|&at| at >= self.start && self.buffer[at] == b'\r');
            match self.line_at(feed + 1) {
                Line::Delimiter { length, closing } => {
                    return (before.unwrap_or(feed), Some((feed + 1 + length, closing)));
                }
                // This line feed is looked at again.
                Line::Unknown => return (before.unwrap_or(feed), None),
                Line::Other => self.searched = feed + 1,
            }
        }
        let end = self.buffer.len();
        // A carriage return may be the first half of a line end.
        let held = !self.closed && end > self.start && self.buffer[end - 1] == b'\r';
        (end - usize::from(held), None)
    }

    /// The next line feed that was not looked at.
    fn line_feed(&mut self) -> Option<usize> {
        let from = self.searched.max(self.start);
        let found = self.buffer[from..].iter().position(|&byte| byte == b'\n').map(|at| from + at);
        self.searched = found.unwrap_or(self.buffer.len());
        found
    }

    fn line_at(&self, at: usize) -> Line {
        let line = &self.buffer[at..];
        let Some(rest) = line.strip_prefix(self.delimiter.as_slice()) else {
            let begins = self.delimiter.starts_with(line);
            return if begins && !self.closed { Line::Unknown } else { Line::Other };
        };
        let (after, closing) = rest.strip_prefix(b"--").map_or((rest, false), |after| (after, true));
        let padding = after.iter().take(PADDING + 1).take_while(|byte| b" \t".contains(byte)).count();
        let end = match &after[padding..] {
            _ if padding > PADDING => return Line::Other,
            [b'\n', ..] => 1,
            [b'\r', b'\n', ..] => 2,
            [] | [b'\r'] | [b'-'] if !self.closed => return Line::Unknown,
            [] => 0,
            [b'\r'] => 1,
            _ => return Line::Other,
        };
        let length = line.len() - after.len() + padding + end;
        Line::Delimiter { length, closing }
    }

    fn delimited(&mut self, end: usize, closing: bool) {
        (self.start, self.searched) = (end, end);
        if closing {
            return self.end();
        }
        self.place = Place::Headers;
        (self.headers, self.header_bytes, self.header_lines) = (Vec::new(), 0, 0);
    }

    // --- headers ---

    /// A delimiter among the headers gives up the part, and so does the end of the body.
    fn header_line(&mut self) -> Result<bool, Error> {
        match self.line_at(self.start) {
            Line::Delimiter { length, closing } => {
                self.delimited(self.start + length, closing);
                return Ok(true);
            }
            Line::Unknown => return Ok(false),
            Line::Other => {}
        }
        let feed = self.line_feed();
        let end = feed.map_or(self.buffer.len(), |feed| feed + 1);
        if self.header_bytes + (end - self.start) > self.limits.header_bytes {
            return Err(Error::HeaderBytes);
        }
        if feed.is_none() {
            if self.closed {
                self.end();
            }
            return Ok(self.closed);
        }
        let line = self.start..end;
        self.header_bytes += line.len();
        (self.start, self.searched) = (end, end);
        self.take_header(line)?;
        Ok(true)
    }

    fn take_header(&mut self, line: Range<usize>) -> Result<(), Error> {
        let line = &self.buffer[line];
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() {
            self.found.push_back(Found::Part(mem::take(&mut self.headers)));
            (self.place, self.at_line) = (Place::Content, true);
            return Ok(());
        }
        self.header_lines += 1;
        if self.header_lines > self.limits.header_lines {
            return Err(Error::HeaderLines);
        }
        if line.iter().any(|byte| byte.is_ascii_control() && *byte != b'\t') {
            return Err(Error::ControlCharacter);
        }
        if let [b' ' | b'\t', ..] = line {
            let (_, value) = self.headers.last_mut().ok_or(Error::NothingToContinue)?;
            let more = line.trim_ascii();
            if !value.is_empty() && !more.is_empty() {
                value.push(b' ');
            }
            value.extend_from_slice(more);
            return Ok(());
        }
        let colon = line.iter().position(|&byte| byte == b':').ok_or(Error::NoColon)?;
        let name = line[..colon].trim_ascii();
        if name.is_empty() {
            return Err(Error::NoColon);
        }
        self.headers.push((name.to_vec(), line[colon + 1..].trim_ascii().to_vec()));
        Ok(())
    }
}

#[cfg(test)]
mod tests;
