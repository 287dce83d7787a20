//! The request's body as lines and blocks, with what was read ahead for a line.

use crate::httpd::client_error::ClientError;
use crate::httpd::request::Request;
use parking_lot::Mutex;

type Result<T> = std::result::Result<T, ClientError>;

/// What one call to httpd asks for at the most; a client's word about its length decides
/// nothing.
const PIECE: usize = 64 * 1024;

/// What is asked for to find the end of a line.
const AHEAD: usize = 8 * 1024;

/// The body of one request; small, since most requests never read theirs.
#[derive(Default)]
pub struct Body(Mutex<Place>);

#[derive(Default)]
enum Place {
    #[default]
    Untouched,
    Kept(Box<Reader>),
    /// An input filter, which runs below a read, may be a script's that reads too.
    InUse,
}

impl Body {
    /// Uses the body, without a lock; None if it is in use already.
    pub fn read<T>(&self, use_it: impl FnOnce(&mut Reader) -> T) -> Option<T> {
        let reader = match std::mem::replace(&mut *self.0.lock(), Place::InUse) {
            Place::Untouched => Box::default(),
            Place::Kept(reader) => reader,
            Place::InUse => return None,
        };
        let mut back = Back { body: self, reader };
        Some(use_it(&mut back.reader))
    }
}

/// Puts the reader back, also when a panic passes through.
struct Back<'b> {
    body: &'b Body,
    reader: Box<Reader>,
}

impl Drop for Back<'_> {
    fn drop(&mut self) {
        *self.body.0.lock() = Place::Kept(std::mem::take(&mut self.reader));
    }
}

/// How far the body was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Stage {
    #[default]
    Untouched,
    Reading,
    Ended,
    /// What failed once fails again: the rest of the body is lost.
    Failed(ClientError),
}

#[derive(Default)]
pub struct Reader {
    stage: Stage,
    /// Read already, and taken from `taken` on.
    ahead: Vec<u8>,
    taken: usize,
}

impl Reader {
    /// Up to `wanted` bytes, fewer at the end of the body only.
    pub fn block(&mut self, request: Request<'_>, wanted: usize) -> Result<Vec<u8>> {
        let mut block = self.take(wanted)?;
        while block.len() < wanted {
            let missing = wanted - block.len();
            if !self.fetch(request, &mut block, missing.min(PIECE))? {
                break;
            }
        }
        Ok(block)
    }

    /// Up to and including a line feed, at most `limit` bytes; empty at the end of the body.
    pub fn line(&mut self, request: Request<'_>, limit: usize) -> Result<Vec<u8>> {
        let mut searched = 0;
        loop {
            let unread = &self.ahead[self.taken..];
            let seen = unread.len().min(limit);
            if let Some(at) = unread[searched..seen].iter().position(|&byte| byte == b'\n') {
                return self.take(searched + at + 1);
            }
            if seen == limit {
                return self.take(limit);
            }
            searched = seen;
            self.make_room();
            let mut ahead = std::mem::take(&mut self.ahead);
            let more = self.fetch(request, &mut ahead, AHEAD);
            self.ahead = ahead;
            if !more? {
                return self.rest_of_line(searched, limit);
            }
        }
    }

    /// The body has ended; what is there is the last line, or several.
    fn rest_of_line(&mut self, searched: usize, limit: usize) -> Result<Vec<u8>> {
        let unread = &self.ahead[self.taken..];
        let seen = unread.len().min(limit);
        let end = unread[searched..seen].iter().position(|&byte| byte == b'\n');
        self.take(end.map_or(seen, |at| searched + at + 1))
    }

    /// Reads the rest and forgets it.
    pub fn discard(&mut self, request: Request<'_>) -> Result<()> {
        (self.ahead, self.taken) = (Vec::new(), 0);
        // A client that waits for 100 Continue need not send what nobody wants. httpd closes
        // the connection then.
        if self.stage == Stage::Untouched && request.expects_continue() {
            self.stage = Stage::Ended;
        }
        let mut scratch = Vec::new();
        while self.fetch(request, &mut scratch, PIECE)? {
            scratch.clear();
        }
        Ok(())
    }

    /// What was read ahead, up to `wanted` bytes.
    fn take(&mut self, wanted: usize) -> Result<Vec<u8>> {
        let unread = &self.ahead[self.taken..];
        let part = &unread[..unread.len().min(wanted)];
        let mut taken = Vec::new();
        taken.try_reserve_exact(part.len()).map_err(|_| ClientError::OutOfMemory)?;
        taken.extend_from_slice(part);
        self.taken += taken.len();
        if self.taken == self.ahead.len() {
            (self.ahead, self.taken) = (Vec::new(), 0);
        }
        Ok(taken)
    }

    /// Before more is read ahead, what was taken goes.
    fn make_room(&mut self) {
        self.ahead.drain(..self.taken);
        self.taken = 0;
    }

    /// Appends a piece of the body; false once it has ended.
    fn fetch(&mut self, request: Request<'_>, into: &mut Vec<u8>, at_most: usize) -> Result<bool> {
        if self.stage == Stage::Untouched {
            let begun = request.begin_body();
            self.stage = match begun {
                Ok(true) => Stage::Reading,
                Ok(false) => Stage::Ended,
                Err(error) => Stage::Failed(error),
            };
        }
        match self.stage {
            Stage::Untouched | Stage::Reading => {}
            Stage::Ended => return Ok(false),
            Stage::Failed(error) => return Err(error),
        }
        let more = request.read_body(into, at_most);
        match more {
            Ok(true) => {}
            Ok(false) => self.stage = Stage::Ended,
            Err(error) => self.stage = Stage::Failed(error),
        }
        more
    }
}
