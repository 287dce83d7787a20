//! The `filter` of an include element: where its Python code writes to.
//!
//! It collects, and refers to nothing of httpd's: what was written goes into mod_include's
//! output when the element has ended. So a script may keep it for ever.

use super::apache::state;
use super::arguments;
use crate::python::attach::Attached;
use crate::python::class::{Class, Kind, Method, Property, This};
use crate::python::convert::{Codec, to_str};
use crate::python::error::{Error, Kind as ErrorKind, Result};
use crate::python::object::{Buffer, Object, Stored};
use std::cell::{Cell, RefCell};
use std::ffi::CStr;

/// What an element has written.
#[derive(Debug, PartialEq, Eq)]
pub enum Output {
    Data(Vec<u8>),
    Flush,
}

/// While the element runs.
struct Running {
    request: Stored,
    output: Vec<Output>,
}

pub struct IncludeFilter {
    running: RefCell<Option<Running>>,
    closed: Cell<bool>,
}

impl IncludeFilter {
    pub fn object<'py>(py: Attached<'py>, request: &Object<'py>) -> Result<'py, Object<'py>> {
        let running = Running { request: request.clone().store(py), output: Vec::new() };
        let filter = IncludeFilter { running: RefCell::new(Some(running)), closed: Cell::new(false) };
        state(py).include_filter.instance(py, filter)
    }

    /// Ends the element: nothing can be written any more. What was written so far.
    pub fn finish<'py>(py: Attached<'py>, filter: &Object<'py>) -> Vec<Output> {
        let class = &state(py).include_filter;
        let running = class.payload(py, filter).and_then(|this| this.running.take());
        running.map_or_else(Vec::new, |running| running.output)
    }

    fn push<'py>(&self, output: Output) -> Result<'py, ()> {
        match &mut *self.running.borrow_mut() {
            None => Err(Error::new(ErrorKind::Reference, "the include element has ended")),
            Some(_) if self.closed.get() => Err(Error::value_error("the filter is closed")),
            Some(running) => {
                match (running.output.last_mut(), output) {
                    (Some(Output::Data(before)), Output::Data(more)) => before.extend(more),
                    (_, output) => running.output.push(output),
                }
                Ok(())
            }
        }
    }
}

type Self_<'a, 'py> = This<'a, 'py, IncludeFilter>;

fn write<'py>(this: Self_<'_, 'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    let buffer = Buffer::of(this.py, arguments::one(arguments)?)?;
    this.push(Output::Data(buffer.as_slice().to_vec()))?;
    Ok(Object::none(this.py))
}

fn flush<'py>(this: Self_<'_, 'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    arguments::none(arguments)?;
    this.push(Output::Flush)?;
    Ok(Object::none(this.py))
}

fn close<'py>(this: Self_<'_, 'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    arguments::none(arguments)?;
    this.closed.set(true);
    Ok(Object::none(this.py))
}

fn disable<'py>(this: Self_<'_, 'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    arguments::none(arguments)?;
    Ok(Object::none(this.py))
}

fn request<'py>(this: Self_<'_, 'py>) -> Result<'py, Object<'py>> {
    let running = this.running.borrow();
    let request = running.as_ref().map(|running| running.request.get(this.py).clone());
    request.ok_or_else(|| Error::new(ErrorKind::Reference, "the include element has ended"))
}

fn closed<'py>(this: Self_<'_, 'py>) -> Result<'py, Object<'py>> {
    Object::int(this.py, i64::from(this.closed.get()))
}

impl Class for IncludeFilter {
    const NAME: &'static CStr = c"builtins.mp_filter";
    const DOC: &'static CStr = c"What the code of <!--#python --> writes to; its output stands in the element's place.\n\nUsable while the element's code runs; afterwards it raises ReferenceError.";
    const KIND: Kind = Kind::Closed;
    const METHODS: &'static [Method<Self>] = &[
        Method::new(c"write", write, c"write($self, data, /)\n--\n\nstr (as UTF-8) or a bytes-like object. ValueError if the filter is closed."),
        Method::new(c"flush", flush, c"flush($self, /)\n--\n\nSends the page up to here when the element's code has ended. ValueError if the filter is closed."),
        Method::new(c"close", close, c"close($self, /)\n--\n\nRefuses what is written to it from now on; the page goes on."),
        Method::new(c"disable", disable, c"disable($self, /)\n--\n\nDoes nothing: there is no filter to leave out."),
        Method::END,
    ];
    const PROPERTIES: &'static [Property<Self>] = &[
        Property::read_only(c"name", |this| to_str(this.py, Codec::Utf8, b"includes"), c"str: 'includes'."),
        Property::read_only(c"req", request, c"mp_request: the request for the page (f->r)."),
        Property::read_only(c"is_input", |this| Object::int(this.py, 0), c"int: 0."),
        Property::read_only(
            c"handler",
            |this| Ok(Object::none(this.py)),
            c"None: the code stands in the page.",
        ),
        Property::read_only(c"dir", |this| Ok(Object::none(this.py)), c"None: the code stands in the page."),
        Property::read_only(c"closed", closed, c"int: 1 after close()."),
        Property::END,
    ];
}
