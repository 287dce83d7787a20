//! Strings that scripts hand to httpd.

use crate::httpd::text::OwnedText;
use crate::python::attach::Attached;
use crate::python::convert::{Codec, to_bytes};
use crate::python::error::{Error, Result};
use crate::python::object::Object;

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
    pub fn read<'a, 'py>(self, py: Attached<'py>, value: &'a Object<'py>) -> Result<'py, OwnedText<'a>> {
        let bytes = to_bytes(py, self.codec(), value)?;
        let text = match self {
            Kind::Field(_) => OwnedText::new(bytes),
            Kind::Header => OwnedText::header(bytes),
        };
        text.map_err(|error| Error::value_error(error.to_string()))
    }
}
