// expect: E0277
use crate::python::attach::{Error, attach};
use crate::python::interpreter::Lease;
use crate::python::object::Object;

pub fn case(interpreter: &Lease) -> Result<bool, Error> {
    attach(interpreter, |py| {
        let object = Object::none(py);
        py.detach(|| object.is_none())
    })
}
