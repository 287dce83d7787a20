//! Providers that httpd's own modules ask: mod_auth_basic, mod_auth_digest and
//! mod_auth_form about passwords, mod_authz_core about `Require` lines.
//!
//! An authorization provider is declared by a directive, and httpd hands the provider's
//! function no hint of which one it is: there is a note with the name, but under
//! `<AuthzProviderAlias>` it has the alias. So each declared provider gets an entry of its
//! own out of a fixed number. Rejected: what `parse_require_line` could find out, for it
//! sees neither the name nor, after an alias section was read, the right directive.

use super::directive::Command;
use super::guard::{self, Entry};
use super::hook::Hooks;
use super::log::Target;
use super::module::Slots;
use super::request::Request;
use super::text::{Text, borrow};
use crate::ffi::httpd as ffi;
use crate::settings::handlers::Handler;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicPtr, Ordering};

/// What a password check came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Authn(ffi::authn_status);

impl Authn {
    pub const GENERAL_ERROR: Authn = Authn(ffi::AUTH_GENERAL_ERROR);

    /// A number that a script returned; None if it is no answer to a password.
    pub fn from_script(number: i64) -> Option<Self> {
        [ffi::AUTH_DENIED, ffi::AUTH_GRANTED, ffi::AUTH_USER_NOT_FOUND, ffi::AUTH_GENERAL_ERROR]
            .into_iter()
            .find(|status| i64::from(*status) == number)
            .map(Authn)
    }
}

/// What the look-up of a digest's hash came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RealmHash {
    /// MD5 of `user:realm:password`, as 32 hexadecimal digits.
    Found([u8; 32]),
    UserNotFound,
    GeneralError,
}

/// What a `Require` line came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Authz(ffi::authz_status);

impl Authz {
    pub const GENERAL_ERROR: Authz = Authz(ffi::AUTHZ_GENERAL_ERROR);

    /// A number that a script returned; None if it is no answer to a `Require` line.
    pub fn from_script(number: i64) -> Option<Self> {
        [
            ffi::AUTHZ_DENIED,
            ffi::AUTHZ_GRANTED,
            ffi::AUTHZ_NEUTRAL,
            ffi::AUTHZ_GENERAL_ERROR,
            ffi::AUTHZ_DENIED_NO_USER,
        ]
        .into_iter()
        .find(|status| i64::from(*status) == number)
        .map(Authz)
    }
}

/// Names and values for scripts, from the header built with.
macro_rules! answers {
    ($($name:ident)*) => { &[$((stringify!($name), ffi::$name as i64)),*] };
}

pub const ANSWERS: &[(&str, i64)] = answers! {
    AUTH_DENIED AUTH_GRANTED AUTH_USER_FOUND AUTH_USER_NOT_FOUND AUTH_GENERAL_ERROR
    AUTHZ_DENIED AUTHZ_GRANTED AUTHZ_NEUTRAL AUTHZ_GENERAL_ERROR AUTHZ_DENIED_NO_USER
};

/// An authentication provider, as a type.
pub trait AuthnProvider: 'static {
    /// As `AuthBasicProvider` and its kin name it.
    const NAME: &'static CStr;

    fn check_password(request: Request<'_>, user: &[u8], password: &[u8]) -> Authn;
    fn get_realm_hash(request: Request<'_>, user: &[u8], realm: &[u8]) -> RealmHash;
}

/// Answers a `Require` line, with what the provider was declared with.
pub type AuthzCheck = fn(Request<'_>, &Handler, &[u8]) -> Authz;

impl Hooks {
    pub fn authn_provider<P: AuthnProvider>(&mut self) {
        register(self.pool, ffi::AUTHN_PROVIDER_GROUP, P::NAME.as_ptr(), AuthnEntries::<P>::AS_RAW);
    }

    /// What providers declared by [`Command::declare_authz_provider`] answer by.
    pub fn authz_check(&mut self, check: AuthzCheck) {
        let _ = CHECK.set(check);
    }
}

/// By URI and not by configuration: a script may look at the URI. (httpd 2.4 counts what
/// asks for the latter once for each configuration pass, and so may skip sub-requests whose
/// sections are the same all the same.)
fn register(
    pool: *mut ffi::apr_pool_t,
    group: &'static [u8; 6],
    name: *const c_char,
    provider: *const c_void,
) {
    // SAFETY: the pool is the configuration's; group and version are static C strings, the
    // name and the provider static or in that pool, which httpd's own table lives in too.
    unsafe {
        ffi::ap_register_auth_provider(
            pool,
            group.as_ptr().cast(),
            name,
            ffi::AUTHN_PROVIDER_VERSION.as_ptr().cast(),
            provider,
            ffi::AP_AUTH_INTERNAL_PER_URI as c_int,
        );
    }
}

// --- authentication ---

struct AuthnEntries<P>(std::marker::PhantomData<P>);

impl<P: AuthnProvider> AuthnEntries<P> {
    const PROVIDER: ffi::authn_provider = ffi::authn_provider {
        check_password: Some(check_password::<P>),
        get_realm_hash: Some(get_realm_hash::<P>),
    };
    const AS_RAW: *const c_void = ptr::from_ref(&Self::PROVIDER).cast();
}

unsafe extern "C" fn check_password<P: AuthnProvider>(
    request: *mut ffi::request_rec,
    user: *const c_char,
    password: *const c_char,
) -> ffi::authn_status {
    // SAFETY: httpd passes a live request and C strings of it.
    let (request, user, password) = unsafe {
        let text = |text| borrow(text).unwrap_or_default();
        (Request::from_raw(request), text(user), text(password))
    };
    let entry = Entry::Hook("check_password", Target::Request(request));
    guard::run(entry, Authn::GENERAL_ERROR, || P::check_password(request, user, password)).0
}

unsafe extern "C" fn get_realm_hash<P: AuthnProvider>(
    raw: *mut ffi::request_rec,
    user: *const c_char,
    realm: *const c_char,
    hash: *mut *mut c_char,
) -> ffi::authn_status {
    // SAFETY: as above; the last argument is where the hash goes, and is written only here.
    unsafe {
        let text = |text| borrow(text).unwrap_or_default();
        let request = Request::from_raw(raw);
        let entry = Entry::Hook("get_realm_hash", Target::Request(request));
        let found = guard::run(entry, RealmHash::GeneralError, || {
            P::get_realm_hash(request, text(user), text(realm))
        });
        match found {
            RealmHash::Found(digits) => {
                *hash = ffi::apr_pstrmemdup((*raw).pool, digits.as_ptr().cast(), digits.len());
                cache(raw, P::NAME, user, realm, *hash);
                ffi::AUTH_USER_FOUND
            }
            RealmHash::UserNotFound => ffi::AUTH_USER_NOT_FOUND,
            RealmHash::GeneralError => ffi::AUTH_GENERAL_ERROR,
        }
    }
}

/// Offers a hash to mod_authn_socache, which keeps it where `AuthnCacheProvideFor` says so.
///
/// # Safety
/// A live request, and C strings that live as long.
unsafe fn cache(
    request: *mut ffi::request_rec,
    provider: &'static CStr,
    user: *const c_char,
    realm: *const c_char,
    hash: *const c_char,
) {
    type Store = unsafe extern "C" fn(
        *mut ffi::request_rec,
        *const c_char,
        *const c_char,
        *const c_char,
        *const c_char,
    );
    // SAFETY: mod_auth.h declares the optional function of that name with this signature.
    unsafe {
        if let Some(store) = ffi::apr_dynamic_fn_retrieve(c"ap_authn_cache_store".as_ptr()) {
            let store = std::mem::transmute::<unsafe extern "C" fn(), Store>(store);
            store(request, provider.as_ptr(), user, realm, hash);
        }
    }
}

// --- authorization ---

static CHECK: OnceLock<AuthzCheck> = OnceLock::new();

/// A declared provider, in the configuration's pool.
struct Declared {
    name: Vec<u8>,
    handler: Handler,
}

/// The declaration behind each entry; NULL for one that is free. Emptied by the pool that
/// the declarations live in.
static DECLARED: [AtomicPtr<Declared>; ENTRIES.len()] =
    [const { AtomicPtr::new(ptr::null_mut()) }; ENTRIES.len()];

macro_rules! entries {
    ($($number:literal)*) => {
        static ENTRIES: [ffi::authz_provider; [$($number),*].len()] = [$(ffi::authz_provider {
            check_authorization: Some(check_authorization::<$number>),
            parse_require_line: None,
        }),*];
    };
}

entries! {
    0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31
    32 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 49 50 51 52 53 54 55 56 57 58 59 60 61 62 63
}

impl<M: Slots> Command<'_, M> {
    /// Makes `Require name` ask `handler`, everywhere from here on. Once more for the same
    /// handler is no error: two virtual hosts may read the same file.
    pub fn declare_authz_provider(&self, name: &[u8], handler: Handler) -> Result<(), String> {
        let c_name = Text::new(name).map_err(|error| error.to_string())?;
        let mut free = None;
        for (at, place) in DECLARED.iter().enumerate() {
            // SAFETY: NULL, or a declaration in the pool of this configuration, which is
            // only being read.
            match unsafe { place.load(Ordering::Acquire).as_ref() } {
                Some(known) if known.name == name => return same(known, &handler),
                Some(_) => {}
                None => free = free.or(Some(at)),
            }
        }
        let at = free.ok_or_else(|| format!("is possible {} times at the most", ENTRIES.len()))?;
        let pool = self.configuration_pool();
        let declared = pool.alloc(Declared { name: name.to_vec(), handler });
        // Before the declaration goes: what was registered last is run first.
        pool.on_destroy(move || DECLARED[at].store(ptr::null_mut(), Ordering::Release));
        DECLARED[at].store(declared, Ordering::Release);
        let provider = ptr::from_ref(&ENTRIES[at]).cast();
        register(pool.as_raw(), ffi::AUTHZ_PROVIDER_GROUP, pool.copy(c_name), provider);
        Ok(())
    }
}

fn same(known: &Declared, handler: &Handler) -> Result<(), String> {
    if known.handler.key() == handler.key() {
        return Ok(());
    }
    let (name, text) = (String::from_utf8_lossy(&known.name), String::from_utf8_lossy(&known.handler.text));
    Err(format!("declares '{name}' a second time: it is {text} already"))
}

unsafe extern "C" fn check_authorization<const N: usize>(
    request: *mut ffi::request_rec,
    arguments: *const c_char,
    _parsed: *const c_void,
) -> ffi::authz_status {
    // SAFETY: httpd passes a live request and a C string of the configuration, which also
    // keeps the declaration while requests are served.
    let (request, arguments, declared) = unsafe {
        let declared = DECLARED[N].load(Ordering::Acquire).as_ref();
        (Request::from_raw(request), borrow(arguments).unwrap_or_default(), declared)
    };
    let entry = Entry::Hook("check_authorization", Target::Request(request));
    guard::run(entry, Authz::GENERAL_ERROR, || match (CHECK.get(), declared) {
        (Some(check), Some(declared)) => check(request, &declared.handler, arguments),
        _ => Authz::GENERAL_ERROR,
    })
    .0
}
