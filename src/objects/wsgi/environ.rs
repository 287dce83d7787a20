//! The dict that an application is called with.
//!
//! A copy of the last one, as far as that is the same from request to request: CPython
//! copies a dict in one go, with its hashes and references. So most values are compared,
//! which costs less than to make them.

use super::base::Base;
use super::keys::{Key, Names, of_header, of_variable};
use crate::httpd::request::{Processes, Request};
use crate::objects::apache::state;
use crate::objects::request::Self_;
use crate::python::attach::Attached;
use crate::python::class::Visitor;
use crate::python::convert::{Codec, to_str};
use crate::python::error::{Error, Result};
use crate::python::object::{Object, Stored};
use std::cell::RefCell;
use std::ffi::CStr;
use std::os::unix::ffi::OsStrExt;

/// The environment of this request; `path_info` becomes what follows the base URI. None if
/// the URL is not below that.
pub fn build<'py>(this: Self_<'_, 'py>) -> Result<'py, Option<Object<'py>>> {
    let base = match this.with_state(Base::divide)? {
        Base::EndsWithSlash => {
            return Err(Error::value_error("PythonOption mod_python.wsgi.base_uri must not end with '/'"));
        }
        Base::Elsewhere => return Ok(None),
        Base::Length(length) => length,
    };
    let py = this.py;
    if this.with(|request| request.needs_common_vars())? {
        this.io(py, |request, _| {
            request.add_common_vars();
            Ok(())
        })?;
    }
    let kept = state(py).wsgi.kept(py)?;
    let env = this.with(|request| kept.environment(py, request, base))??;
    env.dict_set(py, kept.key(py, Key::Input), this.object)?;
    Ok(Some(env))
}

/// What an interpreter keeps of its environments.
pub struct Kept {
    keys: Vec<Stored>,
    /// What is in every environment, with the values of the last one.
    template: Stored,
    /// The bytes of those values that requests may change; None: not known yet.
    last: RefCell<[Option<Vec<u8>>; Key::ALWAYS]>,
    /// The namespace of `sys`, whose `stderr` scripts may replace.
    sys: Stored,
    schemes: [Stored; 2],
    headers: Names,
    variables: Names,
    pub file_wrapper: Stored,
}

impl Kept {
    pub fn new(py: Attached<'_>) -> Result<'_, Self> {
        let keys: Vec<Object<'_>> =
            Key::NAMES.iter().map(|name| Object::interned(py, name)).collect::<Result<'_, _>>()?;
        let file_wrapper = Object::import(py, c"mod_python.wsgi")?.getattr(py, c"FileWrapper")?;
        let template = constants(py, &file_wrapper)?;
        for key in &keys[..Key::ALWAYS] {
            template.dict_set(py, key, &Object::none(py))?;
        }
        let text = |bytes: &[u8]| to_str(py, Codec::Latin1, bytes).map(|text| text.store(py));
        Ok(Kept {
            keys: keys.into_iter().map(|key| key.store(py)).collect(),
            template: template.store(py),
            last: RefCell::new([const { None }; Key::ALWAYS]),
            sys: Object::import(py, c"sys")?.getattr(py, c"__dict__")?.store(py),
            schemes: [text(b"http")?, text(b"https")?],
            headers: Names::new(of_header),
            variables: Names::new(of_variable),
            file_wrapper: file_wrapper.store(py),
        })
    }

    pub fn key<'a, 'py>(&'a self, py: Attached<'py>, key: Key) -> &'a Object<'py> {
        self.keys[key as usize].get(py)
    }

    /// All but `wsgi.input`. `base`: the length of SCRIPT_NAME.
    fn environment<'py>(
        &self,
        py: Attached<'py>,
        request: Request<'_>,
        base: usize,
    ) -> Result<'py, Object<'py>> {
        self.update(py, request, base)?;
        let env = self.template.get(py).dict_copy(py)?;
        let is_https = self.add_variables(py, request, &env)?;
        self.add_headers(py, request, &env)?;
        let optional = [
            (Key::ScriptFilename, request.filename()),
            (Key::RemoteUser, request.user()),
            (Key::AuthType, request.ap_auth_type()),
        ];
        for (key, value) in optional {
            if let Some(value) = value {
                env.dict_set(py, self.key(py, key), &to_str(py, Codec::Latin1, value)?)?;
            }
        }
        env.dict_set(py, self.key(py, Key::UrlScheme), self.schemes[usize::from(is_https)].get(py))?;
        if let Some(stderr) = self.sys.get(py).dict_get(py, self.key(py, Key::Stderr))? {
            env.dict_set(py, self.key(py, Key::Errors), &stderr)?;
        }
        Ok(env)
    }

    /// Brings the template up to date.
    fn update<'py>(&self, py: Attached<'py>, request: Request<'_>, base: usize) -> Result<'py, ()> {
        let uri = request.uri().unwrap_or_default();
        let (script, path) = uri.split_at(base.min(uri.len()));
        let (mut server_port, mut client_port) = ([0; 5], [0; 5]);
        let values: [(Key, &[u8]); Key::UrlScheme as usize] = [
            (Key::ServerSignature, request.server_signature()),
            (Key::ServerSoftware, request.server_banner()),
            (Key::ServerName, request.server_name_for_url()),
            (Key::ServerAddr, request.server_address()),
            (Key::ServerPort, decimal(request.server_port(), &mut server_port)),
            (Key::RemoteAddr, request.useragent_ip().unwrap_or_default()),
            (Key::RemotePort, decimal(request.client_port(), &mut client_port)),
            (Key::DocumentRoot, request.document_root().unwrap_or_default()),
            (Key::RequestScheme, request.scheme()),
            (Key::ContextPrefix, request.context_prefix()),
            (Key::ContextDocumentRoot, request.context_document_root()),
            (Key::ServerAdmin, request.server().admin().unwrap_or_default()),
            (Key::ServerProtocol, request.protocol().unwrap_or_default()),
            (Key::RequestMethod, request.method().unwrap_or_default()),
            (Key::QueryString, request.args().unwrap_or_default()),
            (Key::ScriptName, script),
            (Key::PathInfo, path),
            (Key::RequestUri, uri),
        ];
        let mut last = self.last.borrow_mut();
        for (key, value) in values {
            let last = &mut last[key as usize];
            if last.as_deref() != Some(value) {
                let text = to_str(py, Codec::Latin1, value)?;
                self.template.get(py).dict_set(py, self.key(py, key), &text)?;
                let last = last.get_or_insert_default();
                last.clear();
                last.extend_from_slice(value);
            }
        }
        Ok(())
    }

    /// What SetEnv and other modules left for programs; whether that says HTTPS.
    fn add_variables<'py>(
        &self,
        py: Attached<'py>,
        request: Request<'_>,
        env: &Object<'py>,
    ) -> Result<'py, bool> {
        let table = request.subprocess_env();
        let mut is_https = false;
        // The last entry goes in first: of several under one name the first one counts.
        for at in (0..table.len()).rev() {
            let Some((name, Some(value))) = table.at(at) else { continue };
            is_https |= name.eq_ignore_ascii_case(b"HTTPS")
                && !value.is_empty()
                && !value.eq_ignore_ascii_case(b"off");
            let Some(key) = self.variables.get(py, name)? else { continue };
            // What the request itself says cannot be set.
            let is_taken = name != b"PATH" && self.template.get(py).dict_get(py, &key)?.is_some();
            if !is_taken {
                env.dict_set(py, &key, &to_str(py, Codec::Latin1, value)?)?;
            }
        }
        Ok(is_https)
    }

    fn add_headers<'py>(
        &self,
        py: Attached<'py>,
        request: Request<'_>,
        env: &Object<'py>,
    ) -> Result<'py, ()> {
        for (name, value) in request.headers_in().iter() {
            if let (Some(key), Some(value)) = (self.headers.get(py, name)?, value) {
                env.dict_set(py, &key, &to_str(py, Codec::Latin1, value)?)?;
            }
        }
        Ok(())
    }

    pub fn visit(&self, visitor: &mut Visitor) {
        self.keys.iter().chain(&self.schemes).for_each(|kept| visitor.stored(kept));
        [&self.template, &self.sys, &self.file_wrapper].into_iter().for_each(|kept| visitor.stored(kept));
        self.headers.visit(visitor);
        self.variables.visit(visitor);
    }
}

/// What no request changes.
fn constants<'py>(py: Attached<'py>, file_wrapper: &Object<'py>) -> Result<'py, Object<'py>> {
    let env = Object::dict(py)?;
    let set = |name: &CStr, value: &Object<'py>| env.dict_set(py, &Object::interned(py, name)?, value);
    set(c"GATEWAY_INTERFACE", &to_str(py, Codec::Latin1, b"CGI/1.1")?)?;
    // As httpd gives them to programs.
    for name in [c"PATH", c"LD_LIBRARY_PATH"] {
        if let Some(value) = std::env::var_os(std::ffi::OsStr::from_bytes(name.to_bytes())) {
            set(name, &to_str(py, Codec::Latin1, value.as_bytes())?)?;
        }
    }
    let processes = Processes::of_this_server();
    set(c"wsgi.version", &Object::pair(py, &Object::int(py, 1)?, &Object::int(py, 0)?)?)?;
    set(c"wsgi.multithread", &Object::bool(py, processes.have_threads))?;
    set(c"wsgi.multiprocess", &Object::bool(py, processes.are_several))?;
    set(c"wsgi.run_once", &Object::bool(py, false))?;
    set(c"wsgi.input_terminated", &Object::bool(py, true))?;
    set(c"wsgi.file_wrapper", file_wrapper)?;
    Ok(env)
}

fn decimal(number: u16, digits: &mut [u8; 5]) -> &[u8] {
    let (mut rest, mut at) = (number, digits.len());
    loop {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            return &digits[at..];
        }
    }
}
