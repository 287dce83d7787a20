//! Byte strings on their way into httpd. Everything httpd stores ends at the
//! first NUL, and what goes out in a header ends at the first line end; both are
//! refused here instead of being cut off there.

use std::borrow::Cow;
use std::ffi::{CStr, c_char};
use std::fmt;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Error {
    Nul,
    LineEnd,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Error::Nul => "embedded null byte",
            Error::LineEnd => "a header cannot contain a carriage return or a line feed",
        })
    }
}

/// Bytes without a NUL.
#[derive(Debug, Clone, Copy)]
pub struct Text<'a>(&'a [u8]);

/// A [`Text`] that may own its bytes.
#[derive(Debug)]
pub struct OwnedText<'a>(Cow<'a, [u8]>);

impl<'a> OwnedText<'a> {
    pub fn new(bytes: Cow<'a, [u8]>) -> Result<Self, Error> {
        Text::new(&bytes)?;
        Ok(OwnedText(bytes))
    }

    /// Bytes that may stand in a header line.
    pub fn header(bytes: Cow<'a, [u8]>) -> Result<Self, Error> {
        Text::header(&bytes)?;
        Ok(OwnedText(bytes))
    }

    pub fn as_text(&self) -> Text<'_> {
        Text(&self.0)
    }
}

impl<'a> Text<'a> {
    pub fn new(bytes: &'a [u8]) -> Result<Self, Error> {
        if bytes.contains(&0) { Err(Error::Nul) } else { Ok(Text(bytes)) }
    }

    /// Bytes that may stand in a header line.
    pub fn header(bytes: &'a [u8]) -> Result<Self, Error> {
        // Nearly all headers pass this, and it needs no branch for each byte.
        if !bytes.iter().fold(false, |any, byte| any | (*byte < b' ')) {
            return Ok(Text(bytes));
        }
        match bytes.iter().find(|byte| matches!(byte, 0 | b'\r' | b'\n')) {
            None => Ok(Text(bytes)),
            Some(0) => Err(Error::Nul),
            Some(_) => Err(Error::LineEnd),
        }
    }

    pub fn as_bytes(self) -> &'a [u8] {
        self.0
    }
}

/// The bytes of a C string that httpd owns; None for NULL.
///
/// # Safety
/// `pointer` is NULL or points to a NUL-terminated string that lives for `'a`.
pub(super) unsafe fn borrow<'a>(pointer: *const c_char) -> Option<&'a [u8]> {
    if pointer.is_null() {
        return None;
    }
    // SAFETY: not NULL, and the caller vouches for the terminator and the lifetime.
    Some(unsafe { CStr::from_ptr(pointer) }.to_bytes())
}
