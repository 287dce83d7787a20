//! Plain data between Python and `parse::marshal`. None of it runs a script's code: classes
//! are compared exactly, so the containers do not change meanwhile.

use crate::parse::marshal::{self, DEPTH, Float, Long, Value};
use crate::python::attach::Attached;
use crate::python::convert::{Codec, to_bytes, to_str};
use crate::python::error::{Error, Result};
use crate::python::object::Object;
use crate::python::plain::Plain;

/// What an object holds; ValueError if it is no plain data, or too deep.
pub fn read<'py>(py: Attached<'py>, object: &Object<'py>) -> Result<'py, Value> {
    value(py, object, DEPTH)
}

fn value<'py>(py: Attached<'py>, object: &Object<'py>, levels: usize) -> Result<'py, Value> {
    let Some(class) = object.plain() else {
        return Err(Error::value_error(format!("no plain data: {}", object.type_name())));
    };
    Ok(match class {
        Plain::None => Value::None,
        Plain::Bool => Value::Bool(object.truth(py)?),
        Plain::Int => int(py, object)?,
        Plain::Float => Value::Float(Float(object.to_float(py)?)),
        Plain::Complex => {
            let (real, imaginary) = object.to_complex(py)?;
            Value::Complex(Float(real), Float(imaginary))
        }
        Plain::Bytes => Value::Bytes(object.as_bytes().unwrap_or_default().into()),
        Plain::Str => Value::Text(recode(py, object, c"encode")?.as_bytes().unwrap_or_default().to_vec()),
        Plain::Tuple => Value::Tuple(items(py, object, levels)?),
        Plain::List => Value::List(items(py, object, levels)?),
        Plain::Set => Value::Set(sorted(items(py, object, levels)?)?),
        Plain::FrozenSet => Value::FrozenSet(sorted(items(py, object, levels)?)?),
        Plain::Dict => {
            let entries = object.call_method(py, c"items", &[])?;
            Value::Dict(entries.iter(py)?.map(|entry| pair(py, &entry?, levels)).collect::<Result<'py, _>>()?)
        }
    })
}

fn items<'py>(py: Attached<'py>, container: &Object<'py>, levels: usize) -> Result<'py, Vec<Value>> {
    let levels = below(levels)?;
    container.iter(py)?.map(|item| value(py, &item?, levels)).collect()
}

fn pair<'py>(py: Attached<'py>, entry: &Object<'py>, levels: usize) -> Result<'py, (Value, Value)> {
    let levels = below(levels)?;
    let at = |index| entry.get_item(py, &Object::int(py, index)?);
    Ok((value(py, &at(0)?, levels)?, value(py, &at(1)?, levels)?))
}

fn below<'py>(levels: usize) -> Result<'py, usize> {
    levels.checked_sub(1).ok_or_else(|| Error::value_error(marshal::Error::Deep.to_string()))
}

/// By their data, so that equal sets have the same: the order of a set's own is random.
fn sorted<'py>(items: Vec<Value>) -> Result<'py, Vec<Value>> {
    let mut keyed = Vec::with_capacity(items.len());
    for item in items {
        let data = marshal::write(&item).map_err(|error| Error::value_error(error.to_string()))?;
        keyed.push((data, item));
    }
    keyed.sort_by(|one, other| one.0.cmp(&other.0));
    Ok(keyed.into_iter().map(|(_, item)| item).collect())
}

fn int<'py>(py: Attached<'py>, object: &Object<'py>) -> Result<'py, Value> {
    if let Some(int) = object.exact_int() {
        return Ok(Value::Int(int));
    }
    let format = to_str(py, Codec::Utf8, b"x")?;
    let text = object.call_method(py, c"__format__", &[&format])?;
    Long::from_hex(&to_bytes(py, Codec::Utf8, &text)?)
        .ok_or_else(|| Error::value_error("an int that has no digits"))
}

/// Python objects with the content of a value; ValueError for text that is not UTF-8, TypeError
/// for a key or an element that cannot be hashed.
pub fn make<'py>(py: Attached<'py>, value: &Value) -> Result<'py, Object<'py>> {
    match value {
        Value::None => Ok(Object::none(py)),
        Value::Bool(bool) => Ok(Object::bool(py, *bool)),
        Value::Int(int) => Object::int(py, *int),
        Value::Long(long) => Object::int_from_hex(py, &long.to_hex()),
        Value::Float(float) => Object::float(py, float.0),
        Value::Complex(real, imaginary) => Object::complex(py, real.0, imaginary.0),
        Value::Bytes(bytes) => Object::bytes(py, bytes),
        Value::Text(text) => recode(py, &Object::bytes(py, text)?, c"decode"),
        Value::Tuple(items) => Object::tuple(py, items.iter().map(|item| make(py, item))),
        Value::List(items) => Object::list(py, items.iter().map(|item| make(py, item))),
        Value::Set(items) => Object::set(py, items.iter().map(|item| make(py, item))),
        Value::FrozenSet(items) => Object::frozen_set(py, items.iter().map(|item| make(py, item))),
        Value::Dict(entries) => {
            let dict = Object::dict(py)?;
            for (key, value) in entries {
                dict.set_item(py, &make(py, key)?, &make(py, value)?)?;
            }
            Ok(dict)
        }
    }
}

/// marshal's text: UTF-8, in which surrogates pass.
fn recode<'py>(py: Attached<'py>, object: &Object<'py>, method: &std::ffi::CStr) -> Result<'py, Object<'py>> {
    let utf8 = to_str(py, Codec::Utf8, b"utf-8")?;
    object.call_method(py, method, &[&utf8, &to_str(py, Codec::Utf8, b"surrogatepass")?])
}
