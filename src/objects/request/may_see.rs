//! Who may see pages about the server: the status page, and that of mod_python.testhandler.

use crate::httpd::request::Request;
use crate::objects::apache::Apache;
use crate::objects::arguments::two;
use crate::objects::slots;
use crate::python::attach::Attached;
use crate::python::convert::{Codec, to_bytes};
use crate::python::error::{Error, Result};
use crate::python::module::Function;
use crate::python::object::Object;
use crate::settings::local_client::{Client, FORWARDED};

pub const MAY_SEE: Function<Apache> = Function::new(
    c"_may_see",
    answer,
    c"_may_see($module, req, option, /)\n--\n\nWhether the client may see pages about the server: it is on the same machine, or one of those that the PythonOption allows. ValueError if that names something that is no network.",
);

fn answer<'py>(py: Attached<'py>, apache: &Apache, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    let (request, option) = two(arguments)?;
    let object = apache.request.payload(py, request);
    let object = object.ok_or_else(|| Error::type_error("the first argument must be a request"))?;
    let option = to_bytes(py, Codec::Utf8, option)?;
    let answer = object.with(|request| may_see(request, &option))?;
    Ok(Object::bool(py, answer.map_err(Error::value_error)?))
}

/// Whether the client is on the same machine, or one of those that the PythonOption names: addresses,
/// networks, or `all`. Err says what else it names.
pub fn may_see(request: Request<'_>, option: &[u8]) -> std::result::Result<bool, String> {
    let allowed = slots::chain(request).and_then(|chain| chain.option(option)).unwrap_or_default();
    let words = allowed.split(|byte| b" \t,".contains(byte)).filter(|word| !word.is_empty());
    // Each of them, so that what means nothing is told to everybody.
    let mut is_allowed = false;
    for word in words {
        is_allowed |= *word == *b"all"
            || request.comes_from(word).ok_or_else(|| {
                let [option, word] = [option, word].map(String::from_utf8_lossy);
                format!("PythonOption {option}: '{word}' is neither an address nor a network")
            })?;
    }
    Ok(is_allowed || is_local(request))
}

fn is_local(request: Request<'_>) -> bool {
    let server = request.server();
    let names = [&[server.name()], server.aliases().as_slice()].concat();
    let addresses = [request.useragent_ip(), request.connection().client_ip()].map(Option::unwrap_or_default);
    let is_forwarded = FORWARDED.iter().any(|name| request.headers_in().first(name).is_some());
    Client { addresses, is_forwarded, host: request.hostname(), names: &names }.is_local()
}
