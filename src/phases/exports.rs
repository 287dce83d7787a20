//! What other httpd modules may call: see `include/mod_python.h`.

use super::{cleanup, enter};
use crate::httpd::connection::Connection;
use crate::httpd::exports::Exports;
use crate::httpd::hook::Hooks;
use crate::httpd::log::Target;
use crate::httpd::request::Request;
use crate::httpd::server::Server;
use crate::objects;
use crate::python::acquired;
use crate::settings::interpreter::MAIN;
use std::ffi::c_void;
use std::ptr;
use std::sync::Arc;

pub fn register(hooks: &mut Hooks) {
    hooks.export::<Python>();
}

struct Python;

impl Exports for Python {
    fn acquire(name: Option<&[u8]>) -> *mut c_void {
        let entered = acquired::acquire(|| enter::named(Target::Process, name.unwrap_or(MAIN)).ok());
        entered.unwrap_or(ptr::null_mut())
    }

    fn release() {
        acquired::release();
    }

    fn request_object(request: Request<'_>) -> *mut c_void {
        let state = cleanup::state_of(request);
        let object = acquired::object(|py| state.object(py));
        if !object.is_null() {
            // Until the release the object can be used, as in a handler.
            let handle = Arc::clone(&state.handle);
            if acquired::on_release(move || handle.close()) {
                state.handle.open();
            }
        }
        object
    }

    fn server_object(server: Server<'_>) -> *mut c_void {
        acquired::object(|py| objects::server::object(py, server.kept()))
    }

    fn connection_object(connection: Connection<'_>) -> *mut c_void {
        let handle = connection.handle();
        let object = acquired::object(|py| objects::connection::of_c(py, &handle));
        let until_release = Arc::clone(&handle);
        let release = move || {
            until_release.close();
            until_release.revoke();
        };
        if !object.is_null() && acquired::on_release(release) {
            handle.open();
        }
        object
    }
}
