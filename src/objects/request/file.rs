//! `finfo`, what httpd knows about the file that is asked for.

use super::{Self_, not_deleted};
use crate::objects::apache::state;
use crate::objects::finfo::FinfoObject;
use crate::python::error::{Error, Result};
use crate::python::object::Object;
use std::sync::Arc;

/// A new object each time: it looks at the record whenever it is asked.
pub fn finfo<'py>(this: Self_<'_, 'py>) -> Result<'py, Object<'py>> {
    this.with(|_| ())?;
    state(this.py).finfo.instance(this.py, FinfoObject::Live(Arc::clone(&this.handle)))
}

pub fn set_finfo<'py>(this: Self_<'_, 'py>, value: Option<&Object<'py>>) -> Result<'py, ()> {
    let value = not_deleted(value)?;
    let Some(finfo) = state(this.py).finfo.payload(this.py, value) else {
        return Err(Error::type_error(format!("finfo takes an mp_finfo, not {}", value.type_name())));
    };
    let info = finfo.info()?;
    this.with(|request| request.set_file_info(&info))
}
