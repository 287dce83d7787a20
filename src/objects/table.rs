//! `mp_table`, scripts' view of an httpd table: keys without case, duplicates, values
//! that httpd may leave NULL (None).

use super::apache::state;
use super::arguments::{none, one_or_two};
use super::connection::Source;
use super::entries::{Entries, Entry};
use super::live_table::{ConnectionView, View};
use super::table_iterator::{Part, TableIterator};
use super::table_storage::Storage;
use super::text::Kind as TextKind;
use crate::httpd::handle::Handle;
use crate::python::attach::Attached;
use crate::python::class::{Class, Kind, Method, Slot, This};
use crate::python::convert::{Codec, to_str, to_str_or_none};
use crate::python::error::{Error, Result};
use crate::python::object::Object;
use parking_lot::Mutex;
use std::ffi::{CStr, c_int};
use std::sync::Arc;

pub struct TableObject {
    storage: Storage,
    kind: TextKind,
}

impl TableObject {
    pub fn live(handle: Arc<Handle>, view: View, kind: TextKind) -> Self {
        TableObject { storage: Storage::of_request(handle, view), kind }
    }

    pub fn of_connection(source: Source, view: ConnectionView, kind: TextKind) -> Self {
        TableObject { storage: Storage::of_connection(source, view), kind }
    }

    pub fn shared(entries: Arc<Mutex<Entries>>, kind: TextKind) -> Self {
        TableObject { storage: Storage::Shared(entries), kind }
    }

    fn owned(entries: Entries, kind: TextKind) -> Self {
        TableObject { storage: Storage::owned(entries), kind }
    }

    pub fn len<'py>(&self) -> Result<'py, usize> {
        self.storage.len()
    }

    pub fn at<'py>(&self, index: usize) -> Result<'py, Option<Entry>> {
        self.storage.at(index)
    }

    fn codec(&self) -> Codec {
        self.kind.codec()
    }

    pub fn key<'py>(&self, py: Attached<'py>, entry: &Entry) -> Result<'py, Object<'py>> {
        to_str(py, self.codec(), &entry.0)
    }

    pub fn value<'py>(&self, py: Attached<'py>, entry: &Entry) -> Result<'py, Object<'py>> {
        to_str_or_none(py, self.codec(), entry.1.as_deref())
    }

    pub fn item<'py>(&self, py: Attached<'py>, entry: &Entry) -> Result<'py, Object<'py>> {
        Object::pair(py, &self.key(py, entry)?, &self.value(py, entry)?)
    }

    fn list<'py>(
        &self,
        py: Attached<'py>,
        part: impl Fn(&Self, Attached<'py>, &Entry) -> Result<'py, Object<'py>>,
    ) -> Result<'py, Object<'py>> {
        Object::list(py, self.storage.entries()?.iter().map(|entry| part(self, py, entry)))
    }

    /// A dict, with a list where a key has several values.
    fn to_dict<'py>(&self, py: Attached<'py>) -> Result<'py, Object<'py>> {
        let dict = Object::dict(py)?;
        for entry in self.storage.entries()? {
            dict.set_item(
                py,
                &self.key(py, &entry)?,
                &self.lookup(py, &entry.0)?.unwrap_or(Object::none(py)),
            )?;
        }
        Ok(dict)
    }

    /// What `table[key]` shows: a value, or a list of several.
    fn lookup<'py>(&self, py: Attached<'py>, key: &[u8]) -> Result<'py, Option<Object<'py>>> {
        let values = self.storage.all(key)?;
        let decode = |value: &Option<Vec<u8>>| to_str_or_none(py, self.codec(), value.as_deref());
        match values.as_slice() {
            [] => Ok(None),
            [value] => decode(value).map(Some),
            several => Object::list(py, several.iter().map(decode)).map(Some),
        }
    }

    /// Sets from a mapping, or from pairs; keys and values go through `str()`.
    fn update_from<'py>(&self, py: Attached<'py>, items: &Object<'py>) -> Result<'py, ()> {
        match items.find_attr(py, c"keys")? {
            Some(keys) => self.update_from_mapping(py, items, &keys),
            None => self.update_from_pairs(py, items),
        }
    }

    fn update_from_mapping<'py>(
        &self,
        py: Attached<'py>,
        mapping: &Object<'py>,
        keys: &Object<'py>,
    ) -> Result<'py, ()> {
        for key in keys.call(py, &[])?.iter(py)? {
            let key = key?;
            self.set_as_text(py, &key, &mapping.get_item(py, &key)?)?;
        }
        Ok(())
    }

    fn update_from_pairs<'py>(&self, py: Attached<'py>, pairs: &Object<'py>) -> Result<'py, ()> {
        for (index, pair) in pairs.iter(py)?.enumerate() {
            let pair = pair?;
            let parts = pair.iter(py).map_err(|_| {
                Error::type_error(format!(
                    "cannot convert table update sequence element #{index} to a sequence"
                ))
            })?;
            let parts = parts.take(3).collect::<Result<'py, Vec<_>>>()?;
            let [key, value] = parts.as_slice() else {
                return Err(Error::value_error(format!(
                    "table update sequence element #{index} must have two items"
                )));
            };
            self.set_as_text(py, key, value)?;
        }
        Ok(())
    }

    fn set_as_text<'py>(&self, py: Attached<'py>, key: &Object<'py>, value: &Object<'py>) -> Result<'py, ()> {
        let (key, value) = (key.str(py)?, value.str(py)?);
        self.storage.set(self.kind.read(py, &key)?.as_text(), self.kind.read(py, &value)?.as_text())
    }
}

type Self_<'a, 'py> = This<'a, 'py, TableObject>;

impl Class for TableObject {
    const NAME: &'static CStr = c"builtins.mp_table";
    const DOC: &'static CStr = c"mp_table(items=())\n--\n\nAn ordered table of str to str with keys that ignore case, as httpd keeps headers (apr_table_t). A key may have several values.";
    const KIND: Kind = Kind::Open;
    const METHODS: &'static [Method<Self>] = &[
        Method::<Self>::new(c"keys", |this, args| none(args).and_then(|()| this.list(this.py, Self::key)), c"keys($self, /)\n--\n\nA list of the keys, in order, duplicates included."),
        Method::<Self>::new(c"values", |this, args| none(args).and_then(|()| this.list(this.py, Self::value)), c"values($self, /)\n--\n\nA list of the values, in order."),
        Method::<Self>::new(c"items", |this, args| none(args).and_then(|()| this.list(this.py, Self::item)), c"items($self, /)\n--\n\nA list of (key, value) pairs, in order."),
        Method::<Self>::new(c"iterkeys", |this, args| none(args).and_then(|()| iterate(this, Part::Key)), c"iterkeys($self, /)\n--\n\nAn iterator over the keys."),
        Method::<Self>::new(c"itervalues", |this, args| none(args).and_then(|()| iterate(this, Part::Value)), c"itervalues($self, /)\n--\n\nAn iterator over the values."),
        Method::<Self>::new(c"iteritems", |this, args| none(args).and_then(|()| iterate(this, Part::Item)), c"iteritems($self, /)\n--\n\nAn iterator over (key, value) pairs."),
        Method::<Self>::new(c"get", get, c"get($self, key, default=None, /)\n--\n\nThe first value under key, or default."),
        Method::<Self>::new(c"has_key", has_key, c"has_key($self, key, /)\n--\n\n1 if the key is there, else 0."),
        Method::<Self>::new(c"setdefault", setdefault, c"setdefault($self, key, default='', /)\n--\n\nThe first value under key; stores and returns default if there is none."),
        Method::<Self>::new(c"pop", pop, c"pop($self, key, default=..., /)\n--\n\nRemoves key and returns what table[key] gave; default if it is not there. KeyError without a default."),
        Method::<Self>::new(c"popitem", popitem, c"popitem($self, /)\n--\n\nRemoves the last entry and returns it as (key, value). KeyError if the table is empty."),
        Method::<Self>::new(c"update", update, c"update($self, mapping, /)\n--\n\nSets every key of a mapping; keys and values go through str()."),
        Method::<Self>::new(c"clear", |this, args| none(args).and_then(|()| this.storage.clear()).map(|()| Object::none(this.py)), c"clear($self, /)\n--\n\nRemoves every entry."),
        Method::<Self>::new(c"copy", duplicate, c"copy($self, /)\n--\n\nAn independent table; the last of several values stays."),
        Method::<Self>::new(c"add", add, c"add($self, key, value, /)\n--\n\nAppends an entry, whether or not the key is there (as for Set-Cookie)."),
        Method::END,
    ];
    const SLOTS: &'static [Slot<Self>] = &[
        Slot::<Self>::init(init),
        Slot::<Self>::length(|this| this.len()),
        Slot::<Self>::get_item(get_item),
        Slot::<Self>::set_item(set_item),
        Slot::<Self>::contains(contains),
        Slot::<Self>::iter(|this| iterate(this, Part::Key)),
        Slot::<Self>::repr(repr),
        Slot::<Self>::compare(compare),
        Slot::<Self>::unhashable(),
        Slot::END,
    ];

    fn new(_py: Attached<'_>) -> Result<'_, Self> {
        Ok(TableObject::owned(Entries::default(), TextKind::Field(Codec::Utf8)))
    }
}

fn init<'py>(
    this: Self_<'_, 'py>,
    arguments: &Object<'py>,
    keywords: Option<&Object<'py>>,
) -> Result<'py, ()> {
    let mut given = arguments.iter(this.py)?.collect::<Result<'py, Vec<_>>>()?;
    if let Some(keywords) = keywords {
        for name in keywords.iter(this.py)? {
            let name = name?;
            let wanted = to_str(this.py, Codec::Utf8, b"items")?;
            // CPython's Py_EQ.
            if !name.compare(this.py, &wanted, 2)?.truth(this.py)? {
                return Err(Error::type_error("table() takes one argument, 'items'"));
            }
            given.push(keywords.get_item(this.py, &name)?);
        }
    }
    match given.as_slice() {
        [] => Ok(()),
        [items] => this.update_from(this.py, items),
        _ => Err(Error::type_error(format!("table() takes at most 1 argument ({} given)", given.len()))),
    }
}

fn get_item<'py>(this: Self_<'_, 'py>, key: &Object<'py>) -> Result<'py, Object<'py>> {
    let text = this.kind.read(this.py, key)?;
    this.lookup(this.py, text.as_text().as_bytes())?.ok_or_else(|| Error::key(this.py, key))
}

fn set_item<'py>(this: Self_<'_, 'py>, key: &Object<'py>, value: Option<&Object<'py>>) -> Result<'py, ()> {
    let key = this.kind.read(this.py, key)?;
    match value {
        Some(value) => this.storage.set(key.as_text(), this.kind.read(this.py, value)?.as_text()),
        None => this.storage.unset(key.as_text()),
    }
}

/// A key whose value is NULL is not there.
fn contains<'py>(this: Self_<'_, 'py>, key: &Object<'py>) -> Result<'py, bool> {
    let key = this.kind.read(this.py, key)?;
    Ok(this.storage.all(key.as_text().as_bytes())?.iter().any(Option::is_some))
}

fn first<'py>(this: Self_<'_, 'py>, key: &Object<'py>) -> Result<'py, Option<Object<'py>>> {
    let key = this.kind.read(this.py, key)?;
    let value = this.storage.all(key.as_text().as_bytes())?.into_iter().next().flatten();
    value.map(|value| to_str(this.py, this.codec(), &value)).transpose()
}

fn get<'py>(this: Self_<'_, 'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    let (key, default) = one_or_two(arguments)?;
    Ok(first(this, key)?.unwrap_or_else(|| default.cloned().unwrap_or_else(|| Object::none(this.py))))
}

fn has_key<'py>(this: Self_<'_, 'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    let [key] = arguments else {
        return Err(Error::type_error("has_key() takes exactly one argument"));
    };
    Object::int(this.py, i64::from(contains(this, key)?))
}

fn setdefault<'py>(this: Self_<'_, 'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    let (key, default) = one_or_two(arguments)?;
    if let Some(value) = first(this, key)? {
        return Ok(value);
    }
    let default = match default {
        Some(default) => default.clone(),
        None => to_str(this.py, this.codec(), b"")?,
    };
    this.storage
        .set(this.kind.read(this.py, key)?.as_text(), this.kind.read(this.py, &default)?.as_text())?;
    Ok(default)
}

fn pop<'py>(this: Self_<'_, 'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    let (key, default) = one_or_two(arguments)?;
    let text = this.kind.read(this.py, key)?;
    match this.lookup(this.py, text.as_text().as_bytes())? {
        Some(found) => this.storage.unset(text.as_text()).map(|()| found),
        None => default.cloned().ok_or_else(|| Error::key(this.py, key)),
    }
}

fn popitem<'py>(this: Self_<'_, 'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    none(arguments)?;
    match this.storage.pop()? {
        Some(entry) => this.item(this.py, &entry),
        None => Err(Error::key(this.py, &to_str(this.py, Codec::Utf8, b"popitem(): table is empty")?)),
    }
}

fn update<'py>(this: Self_<'_, 'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    let [mapping] = arguments else {
        return Err(Error::type_error("update() takes exactly one argument"));
    };
    let keys = mapping.getattr(this.py, c"keys")?;
    this.update_from_mapping(this.py, mapping, &keys)?;
    Ok(Object::none(this.py))
}

fn duplicate<'py>(this: Self_<'_, 'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    none(arguments)?;
    let copy = TableObject::owned(Entries::joined(this.storage.entries()?), this.kind);
    state(this.py).table.instance(this.py, copy)
}

fn add<'py>(this: Self_<'_, 'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    let [key, value] = arguments else {
        return Err(Error::type_error("add() takes exactly two arguments"));
    };
    let (key, value) = (this.kind.read(this.py, key)?, this.kind.read(this.py, value)?);
    this.storage.add(key.as_text(), value.as_text())?;
    Ok(Object::none(this.py))
}

fn iterate<'py>(this: Self_<'_, 'py>, part: Part) -> Result<'py, Object<'py>> {
    let iterator = TableIterator::new(this.object.clone().store(this.py), this.len()?, part);
    state(this.py).table_iterator.instance(this.py, iterator)
}

fn repr<'py>(this: Self_<'_, 'py>) -> Result<'py, Object<'py>> {
    let mut parts = Vec::new();
    for entry in this.storage.entries()? {
        let (key, value) =
            (this.key(this.py, &entry)?.repr(this.py)?, this.value().value(this.py, &entry)?.repr(this.py)?);
        parts.push([key.as_slice(), b": ", value.as_slice()].concat());
    }
    to_str(this.py, Codec::Utf8, &[b"{", parts.join(&b", "[..]).as_slice(), b"}"].concat())
}

fn compare<'py>(this: Self_<'_, 'py>, other: &Object<'py>, operation: c_int) -> Result<'py, Object<'py>> {
    // CPython's Py_EQ and Py_NE; tables have no order.
    if !matches!(operation, 2 | 3) {
        return Ok(Object::not_implemented(this.py));
    }
    let other = match state(this.py).table.payload(this.py, other) {
        Some(table) => table.to_dict(this.py)?,
        None if other.is_dict() => other.clone(),
        None => return Ok(Object::not_implemented(this.py)),
    };
    this.to_dict(this.py)?.compare(this.py, &other, operation)
}
