// expect: E0277
use crate::python::attach::{Error, attach};
use crate::python::interpreter::Interpreter;

pub fn case(interpreter: &Interpreter) -> Result<usize, Error> {
    attach(interpreter, |py| py.detach(|| py.interpreter().name().len()))
}
