// expect: lifetime may not live long enough
use crate::python::attach::attach;
use crate::python::interpreter::Interpreter;
use crate::python::object::Object;

pub fn case(interpreter: &Interpreter) {
    let _kept = attach(interpreter, |py| Object::none(py));
}
