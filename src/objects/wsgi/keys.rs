//! The names in an environment, as the objects that one interpreter keeps of them.

use crate::python::attach::Attached;
use crate::python::class::Visitor;
use crate::python::convert::{Codec, to_str};
use crate::python::error::Result;
use crate::python::object::{Object, Stored};
use std::cell::RefCell;
use std::collections::HashMap;
use std::ffi::CStr;
use std::hash::{BuildHasherDefault, Hasher};

macro_rules! keys {
    ($($key:ident = $name:literal,)*) => {
        /// A name that this module itself gives.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Key { $($key,)* }

        impl Key {
            pub const NAMES: &'static [&'static CStr] = &[$($name,)*];
        }
    };
}

// The first ones are in every environment.
keys! {
    ServerSignature = c"SERVER_SIGNATURE",
    ServerSoftware = c"SERVER_SOFTWARE",
    ServerName = c"SERVER_NAME",
    ServerAddr = c"SERVER_ADDR",
    ServerPort = c"SERVER_PORT",
    RemoteAddr = c"REMOTE_ADDR",
    RemotePort = c"REMOTE_PORT",
    DocumentRoot = c"DOCUMENT_ROOT",
    RequestScheme = c"REQUEST_SCHEME",
    ContextPrefix = c"CONTEXT_PREFIX",
    ContextDocumentRoot = c"CONTEXT_DOCUMENT_ROOT",
    ServerAdmin = c"SERVER_ADMIN",
    ServerProtocol = c"SERVER_PROTOCOL",
    RequestMethod = c"REQUEST_METHOD",
    QueryString = c"QUERY_STRING",
    ScriptName = c"SCRIPT_NAME",
    PathInfo = c"PATH_INFO",
    RequestUri = c"REQUEST_URI",
    UrlScheme = c"wsgi.url_scheme",
    Input = c"wsgi.input",
    Errors = c"wsgi.errors",
    ScriptFilename = c"SCRIPT_FILENAME",
    RemoteUser = c"REMOTE_USER",
    AuthType = c"AUTH_TYPE",
    Stderr = c"stderr",
    StartResponse = c"start_response",
    Write = c"write",
}

impl Key {
    /// How many of them are in every environment.
    pub const ALWAYS: usize = Key::Errors as usize + 1;
}

type Known = HashMap<Box<[u8]>, Option<Stored>, BuildHasherDefault<Fnv>>;

/// Names that requests bring along, each made once.
pub struct Names {
    known: RefCell<Known>,
    name_of: fn(&[u8]) -> Option<Vec<u8>>,
}

impl Names {
    /// Clients choose the names of their headers; beyond this, none is kept.
    const AT_MOST: usize = 256;

    /// `name_of`: what is called what; None for what has no name.
    pub fn new(name_of: fn(&[u8]) -> Option<Vec<u8>>) -> Self {
        Names { known: RefCell::default(), name_of }
    }

    pub fn get<'py>(&self, py: Attached<'py>, text: &[u8]) -> Result<'py, Option<Object<'py>>> {
        if let Some(known) = self.known.borrow().get(text) {
            return Ok(known.as_ref().map(|name| name.get(py).clone()));
        }
        let name = (self.name_of)(text);
        let name = name.map(|name| to_str(py, Codec::Latin1, &name)).transpose()?;
        let mut known = self.known.borrow_mut();
        if known.len() < Self::AT_MOST {
            known.insert(text.into(), name.clone().map(|name| name.store(py)));
        }
        Ok(name)
    }

    pub fn visit(&self, visitor: &mut Visitor) {
        // The collector may run while a name is made.
        if let Ok(known) = self.known.try_borrow() {
            known.values().flatten().for_each(|name| visitor.stored(name));
        }
    }
}

/// The name of a header's variable (RFC 3875, 4.1.18). As in httpd, a name with anything but
/// letters, digits and hyphens has none, or `X_Y` could pass for `X-Y`; nor have `Proxy`,
/// which programs take for a setting of theirs, and the credentials for a proxy.
pub fn of_header(name: &[u8]) -> Option<Vec<u8>> {
    let is = |known: &[u8]| name.eq_ignore_ascii_case(known);
    if is(b"Proxy") || is(b"Proxy-Authorization") {
        return None;
    }
    let prefix: &[u8] = if is(b"Content-Type") || is(b"Content-Length") { b"" } else { b"HTTP_" };
    let letters = name.iter().map(|byte| match byte {
        b'-' => Some(b'_'),
        byte => byte.is_ascii_alphanumeric().then(|| byte.to_ascii_uppercase()),
    });
    let letters = letters.collect::<Option<Vec<u8>>>()?;
    Some([prefix, &letters].concat())
}

/// As it is: of SetEnv and other modules.
pub fn of_variable(name: &[u8]) -> Option<Vec<u8>> {
    Some(name.to_vec())
}

/// Fowler, Noll and Vo's: fast for short names, and no more than `AT_MOST` can collide.
pub struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Fnv(0xcbf2_9ce4_8422_2325)
    }
}

impl Hasher for Fnv {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }

    // The length of a slice, which its bytes tell well enough here.
    fn write_usize(&mut self, _: usize) {}
}
