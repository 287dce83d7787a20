//! Text on its way between httpd and Python. All of httpd's strings are bytes; which
//! codec a string has depends on what it is, and each codec is total and symmetric:
//! any bytes decode, and what was decoded encodes to the same bytes.

use super::attach::Attached;
use super::error::{Error, Result};
use super::object::Object;
use crate::ffi::python as ffi;
use std::borrow::Cow;

/// How a string's bytes and its characters correspond.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Codec {
    /// Header and URL values: ISO-8859-1, as in PEP 3333.
    Latin1,
    /// Paths: the file-system encoding with surrogateescape.
    Path,
    /// Configuration text: UTF-8 with surrogateescape.
    Utf8,
}

/// The bytes as a Python str.
pub fn to_str<'py>(py: Attached<'py>, codec: Codec, bytes: &[u8]) -> Result<'py, Object<'py>> {
    let (start, length) = (bytes.as_ptr().cast(), bytes.len() as isize);
    // SAFETY: the source is readable for its length; the error mode is a C string.
    unsafe {
        let text = match codec {
            Codec::Latin1 => ffi::PyUnicode_DecodeLatin1(start, length, std::ptr::null()),
            Codec::Path => ffi::PyUnicode_DecodeFSDefaultAndSize(start, length),
            Codec::Utf8 => ffi::PyUnicode_DecodeUTF8(start, length, c"surrogateescape".as_ptr()),
        };
        Object::owned(py, text)
    }
}

/// A str by its codec, or None for NULL.
pub fn to_str_or_none<'py>(
    py: Attached<'py>,
    codec: Codec,
    bytes: Option<&[u8]>,
) -> Result<'py, Object<'py>> {
    bytes.map_or_else(|| Ok(Object::none(py)), |bytes| to_str(py, codec, bytes))
}

/// The bytes of a str (by its codec) or of a bytes object; TypeError otherwise.
pub fn to_bytes<'a, 'py>(
    py: Attached<'py>,
    codec: Codec,
    value: &'a Object<'py>,
) -> Result<'py, Cow<'a, [u8]>> {
    if let Some(bytes) = value.as_bytes() {
        return Ok(bytes.into());
    }
    if !value.is_str() {
        return Err(Error::type_error(format!("expected str or bytes, got {}", value.type_name())));
    }
    if let Some(ascii) = value.as_ascii() {
        return Ok(ascii.into());
    }
    // SAFETY: a str; each call returns a new bytes object or NULL with an exception.
    let encoded = unsafe {
        let raw = value.as_raw();
        Object::owned(
            py,
            match codec {
                Codec::Latin1 => ffi::PyUnicode_AsLatin1String(raw),
                Codec::Path => ffi::PyUnicode_EncodeFSDefault(raw),
                Codec::Utf8 => {
                    ffi::PyUnicode_AsEncodedString(raw, c"utf-8".as_ptr(), c"surrogateescape".as_ptr())
                }
            },
        )
    };
    match encoded {
        Ok(bytes) => Ok(bytes.as_bytes().unwrap_or_default().to_vec().into()),
        // What the documentation of mod_python promises for text that has no byte.
        Err(error) if codec == Codec::Latin1 && error.is(py, super::error::Kind::Value) => {
            Err(Error::type_error(
                "header and URL text must fit ISO-8859-1; pass bytes to choose another encoding",
            ))
        }
        Err(error) => Err(error),
    }
}

/// A str as UTF-8, for messages and log entries; lone surrogates become escapes.
pub fn to_message<'py>(py: Attached<'py>, value: &Object<'py>) -> Result<'py, String> {
    // SAFETY: raises TypeError if the value is no str.
    let encoded = unsafe {
        let raw = value.as_raw();
        Object::owned(
            py,
            ffi::PyUnicode_AsEncodedString(raw, c"utf-8".as_ptr(), c"backslashreplace".as_ptr()),
        )?
    };
    Ok(String::from_utf8_lossy(encoded.as_bytes().unwrap_or_default()).into_owned())
}
