// expect: lifetime may not live long enough
use crate::python::attach::attach;
use crate::python::interpreter::Lease;
use crate::python::object::Object;

pub fn case(interpreter: &Lease) {
    let _kept = attach(interpreter, |py| Object::none(py));
}
