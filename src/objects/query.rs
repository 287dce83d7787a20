//! `parse_qs()` and `parse_qsl()`: query strings and form bodies as Python values.

use crate::parse::query::{Pair, grouped, pairs};
use crate::python::attach::Attached;
use crate::python::convert::{Codec, to_bytes, to_str};
use crate::python::error::{Error, Result};
use crate::python::object::Object;

pub fn parse_qs<'py>(py: Attached<'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    let (pairs, kind) = read(py, arguments)?;
    let fields = Object::dict(py)?;
    for (name, values) in grouped(pairs) {
        let values = Object::list(py, values.iter().map(|value| kind.part(py, value)))?;
        fields.set_item(py, &kind.part(py, &name)?, &values)?;
    }
    Ok(fields)
}

pub fn parse_qsl<'py>(py: Attached<'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    let (pairs, kind) = read(py, arguments)?;
    let pair = |(name, value): &Pair| Object::pair(py, &kind.part(py, name)?, &kind.part(py, value)?);
    Object::list(py, pairs.iter().map(pair))
}

/// What the parts of the answer are: what the query was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Str,
    Bytes,
}

impl Kind {
    /// Browsers send UTF-8; what is not keeps its bytes as surrogates (PEP 383), so that
    /// nothing a client sends makes a handler fail or is lost.
    fn part<'py>(self, py: Attached<'py>, bytes: &[u8]) -> Result<'py, Object<'py>> {
        match self {
            Kind::Str => to_str(py, Codec::Utf8, bytes),
            Kind::Bytes => Object::bytes(py, bytes),
        }
    }
}

/// `(query[, keep_blank_values[, strict_parsing]])`; the last says nothing, as in 3.5.
fn read<'py>(py: Attached<'py>, arguments: &[Object<'py>]) -> Result<'py, (Vec<Pair>, Kind)> {
    let (query, keep_blank) = match arguments {
        [query] => (query, false),
        [query, keep_blank] | [query, keep_blank, _] => (query, keep_blank.truth(py)?),
        _ => return Err(Error::type_error(format!("takes 1 to 3 arguments ({} given)", arguments.len()))),
    };
    let kind = if query.is_str() { Kind::Str } else { Kind::Bytes };
    Ok((pairs(&to_bytes(py, Codec::Latin1, query)?, keep_blank), kind))
}
