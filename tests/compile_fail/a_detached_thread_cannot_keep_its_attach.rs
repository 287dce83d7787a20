// expect: E0277
use crate::python::attach::{Error, attach};
use crate::python::interpreter::Lease;

pub fn case(interpreter: &Lease) -> Result<usize, Error> {
    attach(interpreter, |py| py.detach(|| py.interpreter().name().len()))
}
