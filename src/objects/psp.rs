//! What the Python half of `mod_python.psp` needs from inside: the parser, and where a page's
//! modules are looked for.

use super::apache::{Apache, state};
use super::arguments::one;
use super::importer;
use super::slots;
use crate::httpd::request::Request;
use crate::parse::psp::{Place, Problem, Program, Step, Translator};
use crate::python::attach::Attached;
use crate::python::convert::{Codec, to_bytes, to_str, to_str_or_none};
use crate::python::error::{Error, Result};
use crate::python::module::Function;
use crate::python::object::Object;
use crate::settings::messages::Code;

pub const TRANSLATE: Function<Apache> = Function::new(
    c"_psp_program",
    |py, _, arguments| translate(py, arguments),
    c"_psp_program($module, source, include, problem, /)\n--\n\nThe Python program of a PSP page, and which line of which file its lines come from: a tuple of str and a list of int in threes: the first line of the program, the file's number, the line there. include(name, file, line) gives the content of an included file, as source is given; problem(message, file, line) the exception to raise. The page is file 0.",
);

pub const HANDLER_ROOT: Function<Apache> = Function::new(
    c"_handler_root",
    |py, _, arguments| handler_root(py, arguments),
    c"_handler_root($module, req, /)\n--\n\nThe outermost directory that handlers are configured for, else the document root.",
);

pub const LOG_CACHE_REFUSED: Function<Apache> = Function::new(
    c"_log_psp_cache_refused",
    |py, _, arguments| importer::log(py, Code::PspCacheRefused, arguments),
    c"_log_psp_cache_refused($module, message, /)\n--\n\nLogs that a database of compiled pages is not used.",
);

pub const LOG_FILE_REFUSED: Function<Apache> = Function::new(
    c"_log_psp_file_refused",
    |py, _, arguments| importer::log(py, Code::PspFileRefused, arguments),
    c"_log_psp_file_refused($module, message, /)\n--\n\nLogs that a compiled page is not used.",
);

fn translate<'py>(py: Attached<'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    let [source, include, problem] = arguments else {
        let given = arguments.len();
        return Err(Error::type_error(format!("_psp_program() takes 3 arguments ({given} given)")));
    };
    let mut translator = Translator::new(read(py, source)?);
    loop {
        match translator.step() {
            Ok(Step::Done(program)) => return written(py, &program),
            Ok(Step::Include(wanted)) => {
                let name = to_str(py, Codec::Utf8, &wanted.name)?;
                translator.include(read(py, &call_at(py, include, &name, wanted.place)?)?);
            }
            Err(Problem { message, place }) => {
                let message = to_str(py, Codec::Utf8, message.as_bytes())?;
                return Err(Error::of_exception(py, call_at(py, problem, &message, place)?)?);
            }
        }
    }
}

fn call_at<'py>(
    py: Attached<'py>,
    function: &Object<'py>,
    text: &Object<'py>,
    place: Place,
) -> Result<'py, Object<'py>> {
    function.call(py, &[text, &number(py, place.file)?, &number(py, place.line)?])
}

fn read<'py>(py: Attached<'py>, source: &Object<'py>) -> Result<'py, Vec<u8>> {
    Ok(to_bytes(py, Codec::Utf8, source)?.into_owned())
}

fn written<'py>(py: Attached<'py>, program: &Program) -> Result<'py, Object<'py>> {
    let numbers = program.runs.iter().flat_map(|run| [run.program_line, run.place.file, run.place.line]);
    let runs = Object::list(py, numbers.map(|value| number(py, value)))?;
    Object::pair(py, &to_str(py, Codec::Utf8, &program.text)?, &runs)
}

fn number(py: Attached<'_>, value: usize) -> Result<'_, Object<'_>> {
    // There are fewer lines and files than bytes of memory.
    Object::int(py, i64::try_from(value).unwrap_or(i64::MAX))
}

fn handler_root<'py>(py: Attached<'py>, arguments: &[Object<'py>]) -> Result<'py, Object<'py>> {
    let request = one(arguments)?;
    let request = state(py).request.payload(py, request);
    let request = request.ok_or_else(|| Error::type_error("a request is required"))?;
    let root = |request: Request<'_>| {
        let configured = slots::chain(request).and_then(|chain| chain.handler_root());
        to_str_or_none(py, Codec::Path, configured.or_else(|| request.document_root()))
    };
    request.value().with(root)?
}
