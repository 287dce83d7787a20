//! post_config, in the parent: what can be checked and said without Python.

use super::{builtin, locks, status};
use crate::httpd::log::{self, Target};
use crate::httpd::object_cache;
use crate::httpd::pool::Pool;
use crate::httpd::server::{Server, add_version_token, is_first_configuration_pass};
use crate::httpd::status::Status;
use crate::objects::bootstrap::VERSION;
use crate::objects::slots;
use crate::parse::pyvenv;
use crate::python::library;
use crate::python::lifecycle::{self, BUILT_FOR, Home};
use crate::settings::messages::Code;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

pub fn post_config(pool: Pool<'_>, server: Server<'_>) -> Status {
    library::keep_mapped();
    if is_first_configuration_pass() {
        return Status::OK;
    }
    super::include::register();
    if let Err(reason) = status_page(server) {
        log::entry(Target::Server(server), Code::StatusNotShared, &reason);
        return Status::INTERNAL_SERVER_ERROR;
    }
    add_version_token(pool, &format!("mod_python/{VERSION}"));
    add_version_token(pool, &format!("Python/{}", lifecycle::version()));
    if let Err(reason) = home(server) {
        log::entry(Target::Server(server), Code::PythonHomeUnusable, &reason);
        return Status::INTERNAL_SERVER_ERROR;
    }
    if let Err(reason) = locks::create(pool, server) {
        log::entry(Target::Server(server), Code::LocksNotMade, &reason);
        return Status::INTERNAL_SERVER_ERROR;
    }
    if let Err(reason) = session_cache(pool, server) {
        log::entry(Target::Server(server), Code::CacheNotMade, &reason);
        return Status::INTERNAL_SERVER_ERROR;
    }
    Status::OK
}

/// Children count for the page only where the configuration names it.
fn status_page(server: Server<'_>) -> Result<(), String> {
    if builtin::look_for_use() { status::share(server) } else { Ok(()) }
}

fn session_cache(pool: Pool<'_>, server: Server<'_>) -> Result<(), String> {
    let configured = slots::server(server).and_then(|settings| settings.session_cache.as_ref());
    configured.map_or(Ok(()), |cache| {
        object_cache::create(pool, server, &cache.provider, cache.arguments.as_deref()).map_err(|reason| {
            let provider = String::from_utf8_lossy(&cache.provider);
            format!("the cache of PythonSessionCache {provider} could not be made: {reason}")
        })
    })
}

/// Where PythonHome points; Err is one sentence for the operator.
pub fn home(server: Server<'_>) -> Result<Home, String> {
    let Some(configured) = slots::server(server).and_then(|settings| settings.home.as_deref()) else {
        return Ok(Home::BuiltFor);
    };
    let folder = PathBuf::from(OsStr::from_bytes(configured));
    let shown = folder.display();
    if !folder.is_dir() {
        return Err(format!("PythonHome {shown} is not a directory"));
    }
    match std::fs::read(folder.join("pyvenv.cfg")) {
        Ok(file) => virtual_environment(&folder, &String::from_utf8_lossy(&file)),
        Err(_) if has_standard_library(&folder) => Ok(Home::Prefix(folder)),
        Err(_) => Err(format!(
            "PythonHome {shown} is neither a virtual environment nor a prefix with the standard library of Python {BUILT_FOR} (lib/python{BUILT_FOR})"
        )),
    }
}

fn virtual_environment(folder: &Path, file: &str) -> Result<Home, String> {
    match pyvenv::version(file) {
        Some((major, minor)) if format!("{major}.{minor}") != BUILT_FOR => Err(format!(
            "PythonHome {} is a virtual environment of Python {major}.{minor}, but this mod_python.so was built for Python {BUILT_FOR}: make the environment anew with Python {BUILT_FOR}, or build mod_python for Python {major}.{minor}",
            folder.display()
        )),
        _ => Ok(Home::VirtualEnvironment(folder.to_owned())),
    }
}

fn has_standard_library(prefix: &Path) -> bool {
    ["lib", "lib64"].iter().any(|lib| prefix.join(lib).join(format!("python{BUILT_FOR}/os.py")).is_file())
}
