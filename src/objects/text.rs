//! Strings that scripts hand to httpd.

use crate::httpd::text::{Error as TextError, Text};
use crate::python::attach::Attached;
use crate::python::convert::{Codec, to_bytes};
use crate::python::error::{Error, Result};
use crate::python::object::Object;
use std::borrow::Cow;

/// Which strings a place accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Anything but NUL.
    Field(Codec),
    /// What may stand in a header line.
    Header,
}

impl Kind {
    pub fn codec(self) -> Codec {
        match self {
            Kind::Field(codec) => codec,
            Kind::Header => Codec::Latin1,
        }
    }

    /// The bytes of a str or bytes object; ValueError for what httpd would cut off.
    pub fn bytes<'a, 'py>(self, py: Attached<'py>, value: &'a Object<'py>) -> Result<'py, Cow<'a, [u8]>> {
        let bytes = to_bytes(py, self.codec(), value)?;
        self.text(&bytes)?;
        Ok(bytes)
    }

    /// Bytes that have passed [`Kind::bytes`].
    pub fn text<'a, 'py>(self, bytes: &'a [u8]) -> Result<'py, Text<'a>> {
        let text = match self {
            Kind::Field(_) => Text::new(bytes),
            Kind::Header => Text::header(bytes),
        };
        text.map_err(|error: TextError| Error::value_error(error.to_string()))
    }
}
