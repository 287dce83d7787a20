//! `config_tree()`: httpd's configuration as lists of pairs.

use super::arguments::none;
use crate::httpd::config_tree::{self, Directive};
use crate::python::attach::Attached;
use crate::python::convert::{Codec, to_str};
use crate::python::error::Result;
use crate::python::object::Object;

pub fn config_tree<'py>(py: Attached<'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    none(arguments)?;
    level(py, &config_tree::read())
}

/// A pair for each directive; behind that of a container, a list of what it contains.
fn level<'py>(py: Attached<'py>, directives: &[Directive]) -> Result<'py, Object<'py>> {
    let mut items = Vec::new();
    for directive in directives {
        let name = to_str(py, Codec::Utf8, &directive.name)?;
        items.push(Object::pair(py, &name, &to_str(py, Codec::Utf8, &directive.arguments)?)?);
        if !directive.children.is_empty() {
            items.push(level(py, &directive.children)?);
        }
    }
    Object::list(py, items.into_iter().map(Ok))
}
