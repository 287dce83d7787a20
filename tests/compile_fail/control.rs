// expect: ok
// The proper use of everything that the other cases misuse.
use crate::httpd::handle::{Error as HandleError, Handle};
use crate::httpd::table::Table;
use crate::httpd::text::{Error as TextError, Text};
use crate::python::attach::{Error, attach};
use crate::python::interpreter::Lease;
use crate::python::object::Object;

pub fn uses_an_object_while_attached(interpreter: &Lease) -> Result<bool, Error> {
    attach(interpreter, |py| {
        let object = Object::none(py);
        let number = py.detach(|| 1);
        number == 1 && object.is_none()
    })
}

pub fn copies_out_of_a_lend(handle: &Handle) -> Result<i32, HandleError> {
    handle.lend(|request| request.status())
}

pub fn sets_checked_text(table: Table<'_>) -> Result<(), TextError> {
    table.set(Text::header(b"X-Name")?, Text::header(b"value")?);
    Ok(())
}
