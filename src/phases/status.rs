//! `SetHandler python-status`, and this module's part of mod_status's page. Nothing here enters an
//! interpreter: what the children have counted is read in the memory that they share.

use crate::httpd::log::{self, Target};
use crate::httpd::mpm;
use crate::httpd::process;
use crate::httpd::request::Request;
use crate::httpd::send::Output;
use crate::httpd::server::{Server, generation};
use crate::httpd::shared_memory;
use crate::httpd::status::Status;
use crate::httpd::text::Text;
use crate::objects::bootstrap::VERSION;
use crate::objects::request::may_see::may_see;
use crate::objects::slots;
use crate::python::lifecycle::{self, Started};
use crate::python::status;
use crate::settings::clock::now;
use crate::settings::messages::Code;
use crate::status::child;
use crate::status::lines::{self, Child};
use crate::status::overview::{self, Answering, Overview, Processes, Python};
use crate::status::slot::{self, Holder, Slot};
use crate::status::{json, openmetrics, page};
use parking_lot::RwLock;
use std::sync::OnceLock;
use std::time::Duration;

/// PythonOptions: which other clients may see the page; from how many seconds on a call is slow.
const ALLOW: &[u8] = b"mod_python.status.allow";
const SLOW: &[u8] = b"mod_python.status.slow";

const SLOW_SECONDS: f64 = 1.0;

/// What all processes share; set where the configuration names the page.
static BOARD: RwLock<Option<Board>> = RwLock::new(None);
/// How Python was started in this child.
static STARTED: OnceLock<Python> = OnceLock::new();

#[derive(Clone, Copy)]
struct Board {
    slots: &'static [Slot],
    slow: Duration,
}

/// In post_config, where the configuration names the page; Err is a reason for httpd not to start.
pub fn share(server: Server<'_>) -> Result<(), String> {
    let slow = slow(server)?;
    let slots = shared_memory::kept(server, VERSION, mpm::max_processes())
        .map_err(|error| format!("the memory for python-status could not be had: {error}"))?;
    *BOARD.write() = Some(Board { slots, slow });
    Ok(())
}

fn slow(server: Server<'_>) -> Result<Duration, String> {
    let option = slots::server(server).and_then(|settings| settings.section.options.get(SLOW));
    let Some(text) = option.filter(|text| !text.is_empty()) else {
        return Ok(Duration::from_secs_f64(SLOW_SECONDS));
    };
    let seconds = std::str::from_utf8(text).ok().and_then(|text| text.trim().parse::<f64>().ok());
    seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()).ok_or_else(|| {
        let text = String::from_utf8_lossy(text);
        format!("PythonOption mod_python.status.slow '{text}' is not a number of seconds")
    })
}

/// In child_init, before Python starts: from now on this child counts.
pub fn begin() {
    let Some(Board { slots, slow }) = *BOARD.read() else { return };
    let child = Holder { process: std::process::id(), generation: generation(), started: now() };
    // Of a child that had the same number and is gone.
    slot::used(slots).for_each(|slot| slot.free(child.process));
    // There are as many as there may be children. Should there be none left, this one is missing.
    let slot = slots.iter().find(|slot| slot.take(child, process::is_alive));
    if let (Some(slot), Ok(())) = (slot, shared_memory::keep_from_forks(slots)) {
        child::begin(slot, slow);
    }
}

/// Python has started.
pub fn remember(started: Started) {
    let Started { version, prefix, path } = started;
    let _ = STARTED.set(Python { version, prefix, path });
}

/// In which form.
type Form = (&'static [u8], &'static str, fn(Request<'_>) -> String);

/// By the first word of the query that is one of these; else the page.
static FORMS: [Form; 3] = [
    (b"auto", "text/plain; charset=UTF-8", |_| lines::lines(&answering_child())),
    (b"json", "application/json", |request| json::of(&read(request))),
    (b"openmetrics", openmetrics::CONTENT_TYPE, |request| openmetrics::of(read(request))),
];

/// It is of this moment, and its text stays text.
static HEADERS: [(&[u8], &[u8]); 3] = [
    (b"Cache-Control", b"no-store"),
    (b"X-Content-Type-Options", b"nosniff"),
    (b"Content-Security-Policy", b"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'"),
];

pub fn answer(request: Request<'_>) -> Status {
    if !matches!(request.method(), Some(b"GET" | b"HEAD")) {
        let _ = Text::new(b"GET").map(|method| request.allow_method(method));
        return Status::METHOD_NOT_ALLOWED;
    }
    match may_see(request, ALLOW) {
        Ok(true) => {}
        Ok(false) => {
            let message = "python-status is for clients on the same machine, and those of PythonOption mod_python.status.allow";
            log::entry(Target::Request(request), Code::StatusRefused, message);
            return Status::FORBIDDEN;
        }
        Err(message) => {
            log::entry(Target::Request(request), Code::StatusMisconfigured, &message);
            return Status::INTERNAL_SERVER_ERROR;
        }
    }
    let words = || request.args().unwrap_or_default().split(|&byte| byte == b'&');
    let form = FORMS.iter().find(|(name, _, _)| words().any(|word| word == *name));
    let (kind, text) = match form {
        Some((_, kind, of)) => (*kind, of(request)),
        None => ("text/html; charset=UTF-8", page::of(&read(request))),
    };
    if let Ok(kind) = Text::new(kind.as_bytes()) {
        request.set_content_type(kind);
    }
    for (name, value) in HEADERS {
        if let (Ok(name), Ok(value)) = (Text::new(name), Text::new(value)) {
            request.headers_out().set(name, value);
        }
    }
    write(request, &text);
    Status::OK
}

/// What mod_status asks for: `is_short` for programs, else a part of its page.
pub fn part(request: Request<'_>, is_short: bool) {
    let child = answering_child();
    let text = if is_short { lines::lines(&child) } else { lines::section(&child) };
    write(request, &text);
}

fn answering_child() -> Child {
    Child {
        module_version: VERSION,
        python_version: lifecycle::version(),
        process: std::process::id(),
        generation: generation(),
        now: now(),
        python: status::read(),
    }
}

fn read(request: Request<'_>) -> Overview {
    let answering = Answering {
        server: request.server().name().to_vec(),
        mod_python: VERSION.to_owned(),
        python: STARTED.get().cloned().unwrap_or_default(),
        generation: generation(),
        process: std::process::id(),
        now: now(),
    };
    let slots = BOARD.read().map_or(&[][..], |board| board.slots);
    overview::read(slot::used(slots), answering, &OfSystem)
}

struct OfSystem;

impl Processes for OfSystem {
    fn is_alive(&self, process: u32) -> bool {
        process::is_alive(process)
    }

    fn resident(&self, process: u32) -> u64 {
        process::resident(process)
    }
}

fn write(request: Request<'_>, text: &str) {
    // Who is gone needs no answer.
    let _ = Output::default().write(request, text.as_bytes(), false);
}
