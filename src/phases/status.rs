//! `SetHandler python-status`, and this module's part of mod_status's page: what the child that
//! answers has. Nothing here enters an interpreter.

use super::status_page::{self, Child};
use crate::httpd::request::Request;
use crate::httpd::send::Output;
use crate::httpd::server::generation;
use crate::httpd::status::Status;
use crate::httpd::text::Text;
use crate::objects::bootstrap::VERSION;
use crate::python::{lifecycle, status};
use crate::settings::clock::now;
use std::process;

/// As an HTML page; after `?auto`, as lines for programs.
pub fn answer(request: Request<'_>) -> Status {
    if !matches!(request.method(), Some(b"GET" | b"HEAD")) {
        let _ = Text::new(b"GET").map(|method| request.allow_method(method));
        return Status::METHOD_NOT_ALLOWED;
    }
    let child = read(request);
    let is_for_programs =
        request.args().is_some_and(|args| args.split(|&byte| byte == b'&').any(|word| word == b"auto"));
    let (kind, text) = match is_for_programs {
        true => ("text/plain; charset=UTF-8", status_page::lines(&child)),
        false => ("text/html; charset=UTF-8", status_page::html(&child)),
    };
    if let (Ok(kind), Ok(name), Ok(value)) =
        (Text::new(kind.as_bytes()), Text::new(b"Cache-Control"), Text::new(b"no-store"))
    {
        request.set_content_type(kind);
        request.headers_out().set(name, value);
    }
    write(request, &text);
    Status::OK
}

/// What mod_status asks for: `is_short` for programs, else a part of its page.
pub fn part(request: Request<'_>, is_short: bool) {
    let child = read(request);
    let text = if is_short { status_page::lines(&child) } else { status_page::section(&child) };
    write(request, &text);
}

fn read(request: Request<'_>) -> Child {
    Child {
        server: request.server().name().into(),
        module_version: VERSION,
        python_version: lifecycle::version(),
        process: process::id(),
        generation: generation(),
        now: now(),
        python: status::read(),
    }
}

fn write(request: Request<'_>, text: &str) {
    // Who is gone needs no answer.
    let _ = Output::default().write(request, text.as_bytes(), false);
}
