// expect: E0521
use crate::python::attach::attach;
use crate::python::interpreter::Lease;
use crate::python::object::Object;

pub fn case(one: &Lease, other: &Lease) {
    let _ = attach(one, |of_one| {
        let object = Object::none(of_one);
        let _ = attach(other, |of_other| object.str(of_other).is_ok());
    });
}
