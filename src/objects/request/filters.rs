//! Filters that a script registers for its request, and places.

use super::{CONFIGURATION, PATH, Self_, handlers};
use crate::httpd::filter::Added;
use crate::httpd::request::Request;
use crate::objects::arguments::one;
use crate::objects::slots;
use crate::python::error::{Error, Result};
use crate::python::object::Object;
use crate::settings::filters::Direction;

pub fn add_input<'py>(this: Self_<'_, 'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    add(this, Direction::Input, arguments)
}

pub fn add_output<'py>(this: Self_<'_, 'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    add(this, Direction::Output, arguments)
}

pub fn register_input<'py>(this: Self_<'_, 'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    register(this, Direction::Input, arguments)
}

pub fn register_output<'py>(this: Self_<'_, 'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    register(this, Direction::Output, arguments)
}

fn add<'py>(
    this: Self_<'_, 'py>,
    direction: Direction,
    arguments: &[Object<'py>],
) -> Result<'py, Object<'py>> {
    let name = CONFIGURATION.read(this.py, one(arguments)?)?;
    let place = |request: Request<'_>| {
        let bytes = name.as_text().as_bytes();
        let registered =
            slots::request_state(request).and_then(|state| state.registered_filter(direction, bytes));
        match registered {
            Some(handler) => request.add_own_filter(direction, Added { name: bytes.to_vec(), handler }),
            None => request.add_filter(direction, name.as_text()),
        }
        Ok(())
    };
    this.io(this.py, |request, _| place(request))?;
    Ok(Object::none(this.py))
}

fn register<'py>(
    this: Self_<'_, 'py>,
    direction: Direction,
    arguments: &[Object<'py>],
) -> Result<'py, Object<'py>> {
    let (name, handler, directory) = match arguments {
        [name, handler] => (name, handler, None),
        [name, handler, directory] => (name, handler, Some(directory).filter(|value| !value.is_none())),
        _ => return Err(Error::type_error(format!("takes 2 or 3 arguments ({} given)", arguments.len()))),
    };
    let name = CONFIGURATION.read(this.py, name)?;
    let handler = CONFIGURATION.read(this.py, handler)?;
    let directory = directory.map(|directory| PATH.read(this.py, directory)).transpose()?;
    this.with_state(|request, state| {
        let place = handlers::place(request, directory.as_ref());
        let handler = handlers::entry(direction.default_object(), handler.as_text().as_bytes(), place);
        state.register_filter(direction, name.as_text().as_bytes().to_vec(), handler);
    })?;
    Ok(Object::none(this.py))
}
