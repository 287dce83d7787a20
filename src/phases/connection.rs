//! PythonConnectionHandler: a connection that Python serves from its first byte, before
//! httpd takes it for HTTP.

use super::call::Call;
use super::enter;
use super::failure::{self, Culprit};
use super::outcome::Failure;
use crate::httpd::connection::{Connection, ConnectionHandle};
use crate::httpd::fault;
use crate::httpd::hook::{ConnectionEntry, Hooks, Name, Order};
use crate::httpd::log::{self, Target};
use crate::httpd::status::Status;
use crate::objects::apache::state;
use crate::objects::serving::Serving;
use crate::objects::{connection as objects, slots};
use crate::python::attach::Attached;
use crate::python::error::{Kind, Result};
use crate::python::object::Object;
use crate::settings::clock::now;
use crate::settings::handlers::Handler;
use crate::settings::interpreter::{Facts, choose};
use crate::settings::messages::Code;
use crate::settings::section::{Setting, Values};
use crate::settings::server::CONNECTION_DIRECTIVE;
use std::sync::Arc;

struct ProcessConnection;

impl ConnectionEntry for ProcessConnection {
    const NAME: &'static str = CONNECTION_DIRECTIVE;

    #[inline]
    fn concerns(connection: Connection<'_>) -> bool {
        handlers(connection).is_some() && !connection.is_declined()
    }

    fn run(connection: Connection<'_>) -> Status {
        let handle = Open::new(connection);
        serve(connection, &handle.0)
    }
}

pub fn register(hooks: &mut Hooks) {
    // Its handshake comes first: handlers read and write what TLS carries.
    static AFTER: &[Name] = &[Name::of(c"mod_ssl.c"), Name::END];
    // They take the connection for HTTP.
    static BEFORE: &[Name] = &[Name::of(c"mod_http2.c"), Name::of(c"mod_reqtimeout.c"), Name::END];
    hooks.connection::<ProcessConnection>(Order::new(AFTER, BEFORE));
}

fn handlers(connection: Connection<'_>) -> Option<&Arc<[Handler]>> {
    slots::server(connection.base_server())?.connection.as_ref()
}

/// The handle of a connection whose handler runs; then it is over for scripts.
struct Open(Arc<ConnectionHandle>);

impl Open {
    fn new(connection: Connection<'_>) -> Self {
        let handle = connection.handle();
        handle.open();
        Open(handle)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.close();
        self.0.revoke();
    }
}

fn serve(connection: Connection<'_>, handle: &Arc<ConnectionHandle>) -> Status {
    let server = connection.base_server();
    let (Some(settings), Some(handlers)) = (slots::server(server), handlers(connection)) else {
        return Status::DECLINED;
    };
    // Only the first one: what it leaves of a connection is not for another to find.
    let Some(handler) = handlers.first() else { return Status::DECLINED };
    fault::connection("hook", connection);
    let target = Target::Connection(connection);
    let values = settings.values();
    let facts = Facts {
        forced: values.get(Setting::Interpreter),
        per_directory: values.is_on(Setting::InterpPerDirectory, false),
        per_directive: values.is_on(Setting::InterpPerDirective, false),
        server_name: server.name(),
        ..Facts::default()
    };
    let Ok(interpreter) = enter::named(target, &choose(&facts)) else {
        return Status::INTERNAL_SERVER_ERROR;
    };
    let _serving = Serving::connection(handle);
    let ran = enter::attached(target, &interpreter, |py| match objects::of_handler(py, handle, handlers) {
        Ok(object) => Served { connection, handler, values: &values, object: &object }.run(py),
        Err(error) => {
            let culprit = Culprit { phase: CONNECTION_DIRECTIVE, handler: "mp_conn" };
            failure::log(py, target, culprit, Failure::Raised(error));
            Status::INTERNAL_SERVER_ERROR
        }
    });
    ran.unwrap_or(Status::INTERNAL_SERVER_ERROR)
}

/// A connection whose handler's interpreter has been entered.
struct Served<'a, 'c, 'py> {
    connection: Connection<'c>,
    handler: &'a Handler,
    values: &'a Values<'c>,
    object: &'a Object<'py>,
}

impl<'py> Served<'_, '_, 'py> {
    fn run(&self, py: Attached<'py>) -> Status {
        let text = String::from_utf8_lossy(&self.handler.text);
        let culprit = Culprit { phase: CONNECTION_DIRECTIVE, handler: &text };
        match self.call(py) {
            Ok(Status::DECLINED) if self.object_says(py, objects::ConnectionObject::holds_input) => {
                let message = format!(
                    "{culprit}: the handler declined a connection in the middle of a line that it was reading; it is closed"
                );
                failure::entry(py, Target::Connection(self.connection), Code::InputLost, &message);
                Status::INTERNAL_SERVER_ERROR
            }
            Ok(status) => status,
            Err(failure) => {
                self.report(py, culprit, failure);
                Status::INTERNAL_SERVER_ERROR
            }
        }
    }

    fn call(&self, py: Attached<'py>) -> std::result::Result<Status, Failure<'py>> {
        fault::connection("attached", self.connection);
        let call = Call {
            phase: CONNECTION_DIRECTIVE.as_bytes(),
            target: Target::Connection(self.connection),
            values: self.values,
            directory: None,
            request: None,
            now: now(),
        };
        status(call.make(py, self.handler, self.object)?)
    }

    fn report(&self, py: Attached<'py>, culprit: Culprit<'_>, failure: Failure<'py>) {
        let target = Target::Connection(self.connection);
        let is_os = matches!(&failure, Failure::Raised(error) if error.is(py, Kind::Os));
        if is_os && self.object_says(py, objects::ConnectionObject::is_over) {
            // A client that leaves, or falls silent, is no error of the site's.
            let message = format!("{culprit}: the client closed the connection");
            py.detach(move || log::entry(target, Code::ClientGone, &message));
        } else {
            failure::log(py, target, culprit, failure);
        }
    }

    fn object_says(&self, py: Attached<'py>, what: fn(&objects::ConnectionObject) -> bool) -> bool {
        state(py).connection.payload(py, self.object).is_some_and(|object| what(object.value()))
    }
}

/// Exactly an int. SERVER_RETURN means nothing here: there is no request.
fn status<'py>(result: Result<'py, Object<'py>>) -> std::result::Result<Status, Failure<'py>> {
    let value = result.map_err(Failure::Raised)?;
    match value.exact_int() {
        Some(number) => Status::from_script(number).ok_or_else(|| Failure::NoStatus(number.to_string())),
        None => Err(Failure::NoStatus(value.type_name())),
    }
}
