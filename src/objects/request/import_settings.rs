//! What the configuration says about imports for a request. Handlers of other modules'
//! files (the publisher's pages) ask when they look at a file, not in each request.

use super::{CONFIGURATION, PATH};
use crate::objects::apache::Apache;
use crate::objects::arguments::one;
use crate::objects::reloading;
use crate::objects::slots;
use crate::python::attach::Attached;
use crate::python::convert::to_str_or_none;
use crate::python::error::{Error, Result};
use crate::python::module::Function;
use crate::python::object::Object;
use crate::settings::section::Setting;

pub const IMPORT_SETTINGS: Function<Apache> = Function::new(
    c"_import_settings",
    import_settings,
    c"_import_settings($module, req, /)\n--\n\nPythonAutoReload and PythonDebug in effect, the handler root, and the option mod_python.importer.path.",
);

fn import_settings<'py>(
    py: Attached<'py>,
    apache: &Apache,
    arguments: &[Object<'py>],
) -> Result<'py, Object<'py>> {
    let request = one(arguments)?;
    let object = apache.request.payload(py, request);
    let object = object.ok_or_else(|| Error::type_error("the argument must be a request"))?;
    object.with(|request| {
        let chain = slots::chain(request);
        let values = chain.map(|chain| chain.values()).unwrap_or_default();
        let root = chain.and_then(|chain| chain.handler_root()).or_else(|| request.document_root());
        let path = chain.and_then(|chain| chain.option(b"mod_python.importer.path"));
        let parts = [
            Ok(Object::bool(py, reloading::is_by_module(py, &values))),
            Ok(Object::bool(py, values.is_on(Setting::Debug, false))),
            to_str_or_none(py, PATH.codec(), root),
            to_str_or_none(py, CONFIGURATION.codec(), path),
        ];
        Object::tuple(py, parts)
    })?
}
