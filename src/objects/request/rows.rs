//! The forms that a row of `attributes.rs` can take, one for each kind of field:
//! `integer!(name, doc)` can be read, `integer!(name / setter, doc)` also written, where
//! `name` is what the attribute, the field and its getter are called.

/// Any row: with functions that get and set.
macro_rules! row {
    ($name:ident, $get:expr, $doc:literal) => {
        Property::read_only(row!(@name $name), $get, $doc)
    };
    ($name:ident, $get:expr, $set:expr, $doc:literal) => {
        Property::read_write(row!(@name $name), $get, $set, $doc)
    };
    (@name $name:ident) => {
        match std::ffi::CStr::from_bytes_with_nul(concat!(stringify!($name), "\0").as_bytes()) {
            Ok(name) => name,
            Err(_) => c"",
        }
    };
}

macro_rules! text {
    ($kind:ident $name:ident, $doc:literal) => {
        row!($name, |this| super::text(this, $kind, |request| request.$name()), $doc)
    };
    ($kind:ident $name:ident / $set:ident, $doc:literal) => {
        row!(
            $name,
            |this| super::text(this, $kind, |request| request.$name()),
            |this, value| super::set_text(this, $kind, value, false, |request, text| request.$set(text)),
            $doc
        )
    };
    ($kind:ident or None $name:ident / $set:ident, $doc:literal) => {
        row!(
            $name,
            |this| super::text(this, $kind, |request| request.$name()),
            |this, value| super::set_text(this, $kind, value, true, |request, text| request.$set(text)),
            $doc
        )
    };
}

macro_rules! integer {
    ($name:ident, $doc:literal) => {
        row!($name, |this| super::fields::integer(this, |request| i64::from(request.$name())), $doc)
    };
    ($name:ident / $set:ident, $doc:literal) => {
        row!(
            $name,
            |this| super::fields::integer(this, |request| i64::from(request.$name())),
            |this, value| super::fields::set_integer(this, value, |request, value| request.$set(value)),
            $doc
        )
    };
}

macro_rules! time {
    ($name:ident, $doc:literal) => {
        row!($name, |this| super::fields::time(this, |request| request.$name()), $doc)
    };
}

macro_rules! texts {
    ($name:ident, $doc:literal) => {
        row!($name, |this| super::fields::texts(this, |request| request.$name()), $doc)
    };
}

macro_rules! table {
    ($kind:expr, $name:ident: $slot:ident, $doc:literal) => {
        row!($name, |this| super::table(this, TableSlot::$slot, |request| request.$name(), $kind), $doc)
    };
}

macro_rules! linked {
    ($name:ident, $doc:literal) => {
        row!($name, |this| super::linked::relative(this, |request| request.$name()), $doc)
    };
}

pub(super) use {integer, linked, row, table, text, texts, time};
