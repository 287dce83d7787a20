//! What httpd's own authentication and authorization modules ask Python:
//! PythonAuthnProvider and PythonAuthzProvider.
//!
//! Whatever fails is logged and answered with a general error, for which httpd sends 500:
//! nobody is let in because of a mistake.

use super::call::Call;
use super::cleanup;
use super::enter;
use super::failure::{self, Culprit};
use super::outcome::Failure;
use super::timeout::{Since, limited};
use crate::httpd::auth_provider::{Authn, AuthnProvider, Authz, RealmHash};
use crate::httpd::fault;
use crate::httpd::hook::Hooks;
use crate::httpd::log::{self, Target};
use crate::httpd::request::Request;
use crate::objects::{place, slots};
use crate::python::attach::Attached;
use crate::python::convert::{Codec, to_message, to_str};
use crate::python::object::Object;
use crate::settings::handlers::Handler;
use crate::settings::messages::Code;
use std::ffi::CStr;

const AUTHN: &str = "PythonAuthnProvider";

pub fn register(hooks: &mut Hooks) {
    hooks.authn_provider::<Python>();
    hooks.authz_check(check_authorization);
}

/// `AuthBasicProvider python` and its kin.
struct Python;

impl AuthnProvider for Python {
    const NAME: &'static CStr = c"python";

    fn check_password(request: Request<'_>, user: &[u8], password: &[u8]) -> Authn {
        let question = Question {
            directive: AUTHN,
            function: c"check_password",
            texts: [Some((Codec::Latin1, user)), Some((Codec::Latin1, password))],
            expects: "True, False, None or an apache.AUTH_ status",
        };
        let answer = authn_provider(request).and_then(|handler| question.ask(request, handler, number));
        answer.and_then(Authn::from_script).unwrap_or(Authn::GENERAL_ERROR)
    }

    fn get_realm_hash(request: Request<'_>, user: &[u8], realm: &[u8]) -> RealmHash {
        let question = Question {
            directive: AUTHN,
            function: c"get_realm_hash",
            texts: [Some((Codec::Latin1, user)), Some((Codec::Latin1, realm))],
            expects: "32 hexadecimal digits or None",
        };
        let answer = authn_provider(request).and_then(|handler| question.ask(request, handler, digits));
        answer.unwrap_or(RealmHash::GeneralError)
    }
}

/// `Require python-name arguments`.
fn check_authorization(request: Request<'_>, handler: &Handler, arguments: &[u8]) -> Authz {
    let question = Question {
        directive: "PythonAuthzProvider",
        function: c"check_authorization",
        texts: [Some((Codec::Utf8, arguments)), None],
        expects: "True, False, None or an apache.AUTHZ_ status",
    };
    let answer = question.ask(request, handler, number);
    answer.and_then(Authz::from_script).unwrap_or(Authz::GENERAL_ERROR)
}

/// The provider in force; None after logging that there is none.
fn authn_provider(request: Request<'_>) -> Option<&Handler> {
    let provider = slots::chain(request).and_then(|chain| chain.authn_provider());
    if provider.is_none() {
        let message =
            "the provider 'python' is asked for a password, but no PythonAuthnProvider says whom to ask";
        log::entry(Target::Request(request), Code::NoAuthnProvider, message);
    }
    provider
}

fn number(value: &Object<'_>) -> Option<i64> {
    value.exact_int()
}

fn digits(value: &Object<'_>) -> Option<RealmHash> {
    if value.is_none() {
        return Some(RealmHash::UserNotFound);
    }
    value.as_bytes()?.try_into().ok().map(RealmHash::Found)
}

/// What a provider is asked.
struct Question<'a> {
    directive: &'static str,
    /// Of `mod_python._providers`, which asks the provider and reads its answer.
    function: &'static CStr,
    texts: [Option<(Codec, &'a [u8])>; 2],
    /// For the log, what it may answer.
    expects: &'static str,
}

impl Question<'_> {
    /// The answer, as `read` understands it; None after logging what failed.
    fn ask<T>(
        &self,
        request: Request<'_>,
        handler: &Handler,
        read: fn(&Object<'_>) -> Option<T>,
    ) -> Option<T> {
        fault::point("provider", request);
        let values = slots::chain(request)?.values();
        let interpreter = enter::interpreter(request, &values, || Some(handler)).ok()?;
        let state = cleanup::state_of(request);
        let _service = state.serve();
        let target = Target::Request(request);
        let call = Call {
            phase: self.directive.as_bytes(),
            target,
            values: &values,
            directory: place::directory(request, &handler.place),
            now: request.time(),
            request: Some(request),
        };
        enter::attached(target, &interpreter, |py| {
            let object = state.object(py).map_err(Failure::Raised);
            let name = String::from_utf8_lossy(&handler.text);
            let culprit = Culprit { phase: self.directive, handler: &name };
            let answer = object.and_then(|object| {
                let put = || self.put(py, &call, handler, &object, read);
                limited(py, request, &values, Since::FirstHandler, || culprit.to_string(), put)
            });
            answer.map_err(|failure| {
                failure::log(py, target, culprit, failure);
            })
        })?
        .ok()
    }

    fn put<'py, T>(
        &self,
        py: Attached<'py>,
        call: &Call<'_>,
        handler: &Handler,
        request: &Object<'py>,
        read: fn(&Object<'_>) -> Option<T>,
    ) -> Result<T, Failure<'py>> {
        let provider = call.load(py, handler)?;
        let answer = (|| {
            let provider = provider.object(py, request)?;
            let mut arguments = vec![provider, request.clone()];
            for (codec, text) in self.texts.into_iter().flatten() {
                arguments.push(to_str(py, codec, text)?);
            }
            let arguments: Vec<&Object<'py>> = arguments.iter().collect();
            Object::import(py, c"mod_python._providers")?.call_method(py, self.function, &arguments)
        })();
        let answer = answer.map_err(Failure::Raised)?;
        read(&answer).ok_or_else(|| {
            Failure::NoAnswer(self.expects, to_message(py, &answer).unwrap_or_else(|_| answer.type_name()))
        })
    }
}
