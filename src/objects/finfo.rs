//! `mp_finfo`, what is known about a file: of `stat()`, or live of a request.

use super::apache::state;
use super::ended::ended;
use super::text::Kind as TextKind;
use crate::httpd::finfo::{FileInfo, Number};
use crate::httpd::handle::Handle;
use crate::httpd::status::describe;
use crate::python::attach::Attached;
use crate::python::class::{Class, Kind, Method, Property, Slot, This};
use crate::python::convert::{Codec, to_str, to_str_or_none};
use crate::python::error::{Error, Kind as ErrorKind, Result};
use crate::python::object::Object;
use std::ffi::CStr;
use std::sync::Arc;

pub enum FinfoObject {
    /// What `stat()` found.
    Owned(Box<FileInfo>),
    /// `r->finfo`, read anew at each access: phases change it, and it ends with the request.
    Live(Arc<Handle>),
}

impl FinfoObject {
    /// A copy of what is known now.
    pub fn info<'py>(&self) -> Result<'py, FileInfo> {
        match self {
            FinfoObject::Owned(info) => Ok((**info).clone()),
            FinfoObject::Live(handle) => handle.lend(|request| request.file_info()).map_err(ended),
        }
    }
}

/// A member of the sequence.
#[derive(Debug, Clone, Copy)]
enum Field {
    Number(Number),
    Path,
    Name,
    Type,
}

/// In the order of the indices FINFO_*.
const FIELDS: [Field; 13] = [
    Field::Number(Number::Protection),
    Field::Number(Number::Inode),
    Field::Number(Number::Device),
    Field::Number(Number::Links),
    Field::Number(Number::User),
    Field::Number(Number::Group),
    Field::Number(Number::Size),
    Field::Number(Number::Accessed),
    Field::Number(Number::Modified),
    Field::Number(Number::Changed),
    Field::Path,
    Field::Name,
    Field::Type,
];

/// As `repr()` shows them; `valid` stands behind the second.
const SHOWN: [(&str, Field); 13] = [
    ("fname", Field::Path),
    ("filetype", Field::Type),
    ("protection", Field::Number(Number::Protection)),
    ("user", Field::Number(Number::User)),
    ("group", Field::Number(Number::Group)),
    ("size", Field::Number(Number::Size)),
    ("inode", Field::Number(Number::Inode)),
    ("device", Field::Number(Number::Device)),
    ("nlink", Field::Number(Number::Links)),
    ("atime", Field::Number(Number::Accessed)),
    ("mtime", Field::Number(Number::Modified)),
    ("ctime", Field::Number(Number::Changed)),
    ("name", Field::Name),
];

impl Field {
    /// None for what APR did not fill in.
    fn of<'py>(self, py: Attached<'py>, info: &FileInfo) -> Result<'py, Object<'py>> {
        let number = match self {
            Field::Path => return to_str_or_none(py, Codec::Path, info.path()),
            Field::Name => return to_str_or_none(py, Codec::Path, info.name()),
            Field::Type => info.file_type(),
            Field::Number(number) => info.number(number),
        };
        number.map_or_else(|| Ok(Object::none(py)), |number| Object::int(py, number))
    }
}

type Self_<'a, 'py> = This<'a, 'py, FinfoObject>;

fn read<'py>(this: Self_<'_, 'py>, field: Field) -> Result<'py, Object<'py>> {
    field.of(this.py, &this.info()?)
}

macro_rules! numbers {
    ($name:literal, $number:ident, $doc:literal) => {
        Property::read_only($name, |this| read(this, Field::Number(Number::$number)), $doc)
    };
}

impl Class for FinfoObject {
    const NAME: &'static CStr = c"builtins.mp_finfo";
    const DOC: &'static CStr = c"What is known about a file (apr_finfo_t), as attributes and, by the indices FINFO_*, as a sequence. None stands for what is not known.";
    const KIND: Kind = Kind::Closed;
    const METHODS: &'static [Method<Self>] = &[Method::END];
    const PROPERTIES: &'static [Property<Self>] = &[
        numbers!(
            c"protection",
            Protection,
            c"int or None: permissions with a hexadecimal digit for each of user, group and world (apr_fileperms_t): 0o644 is 0x644."
        ),
        numbers!(c"inode", Inode, c"int or None: the file's number on its device."),
        numbers!(c"device", Device, c"int or None: the device that the file is on."),
        numbers!(c"nlink", Links, c"int or None: the number of hard links."),
        numbers!(c"user", User, c"int or None: the owner's uid."),
        numbers!(c"group", Group, c"int or None: the gid."),
        numbers!(c"size", Size, c"int or None: the size in bytes."),
        numbers!(c"atime", Accessed, c"int or None: the last access, in seconds since 1970."),
        numbers!(c"mtime", Modified, c"int or None: the last change of the content, in seconds since 1970."),
        numbers!(c"ctime", Changed, c"int or None: the last change of the inode, in seconds since 1970."),
        Property::read_only(
            c"fname",
            |this| read(this, Field::Path),
            c"str or None: the path that was asked about.",
        ),
        Property::read_only(
            c"name",
            |this| read(this, Field::Name),
            c"str or None: the file's name as the file system spells it; mostly None.",
        ),
        Property::read_only(
            c"filetype",
            |this| read(this, Field::Type),
            c"int or None: one of APR_NOFILE, APR_REG, APR_DIR and so on; None if nobody asked for it.",
        ),
        Property::read_only(
            c"valid",
            valid,
            c"int: a mask of APR_FINFO_*, of what is known.",
        ),
        Property::END,
    ];
    const SLOTS: &'static [Slot<Self>] =
        &[Slot::get_item(get_item), Slot::iter(iterate), Slot::repr(repr), Slot::END];
}

fn valid<'py>(this: Self_<'_, 'py>) -> Result<'py, Object<'py>> {
    Object::int(this.py, i64::from(this.info()?.valid()))
}

fn get_item<'py>(this: Self_<'_, 'py>, index: &Object<'py>) -> Result<'py, Object<'py>> {
    let field = usize::try_from(index.to_int(this.py)?).ok().and_then(|index| FIELDS.get(index));
    match field {
        Some(field) => read(this, *field),
        None => Err(Error::new(ErrorKind::Index, "mp_finfo index out of range")),
    }
}

fn iterate<'py>(this: Self_<'_, 'py>) -> Result<'py, Object<'py>> {
    let info = this.info()?;
    let values = Object::list(this.py, FIELDS.iter().map(|field| field.of(this.py, &info)))?;
    values.call_method(this.py, c"__iter__", &[])
}

fn repr<'py>(this: Self_<'_, 'py>) -> Result<'py, Object<'py>> {
    let info = this.info()?;
    let mut parts = Vec::new();
    for (name, field) in SHOWN {
        let value = field.of(this.py, &info)?.repr(this.py)?;
        parts.push([b"'", name.as_bytes(), b"': ", value.as_slice()].concat());
    }
    parts.insert(2, format!("'valid': {}", info.valid()).into_bytes());
    to_str(this.py, Codec::Utf8, &[b"{", parts.join(&b", "[..]).as_slice(), b"}"].concat())
}

/// `stat(fname, wanted)`
pub fn stat<'py>(py: Attached<'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    let [path, wanted] = arguments else {
        return Err(Error::type_error(format!(
            "stat() takes exactly two arguments ({} given)",
            arguments.len()
        )));
    };
    let path = TextKind::Field(Codec::Path).read(py, path)?;
    let wanted = i32::try_from(wanted.to_int(py)?)
        .map_err(|_| Error::new(ErrorKind::Overflow, "wanted does not fit an int"))?;
    // A file system may be slow.
    match py.detach(|| FileInfo::of(path.as_text(), wanted)) {
        Ok(info) => state(py).finfo.instance(py, FinfoObject::Owned(Box::new(info))),
        Err(status) => Err(Error::os(py, status, &describe(status))),
    }
}
