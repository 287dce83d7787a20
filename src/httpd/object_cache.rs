//! httpd's shared object caches (`ap_socache.h`): shared memory, a dbm file, redis,
//! memcached, whatever module offers one.
//!
//! The parent makes the cache in post_config, in the configuration's pool, which goes
//! before the provider's module is unloaded; nothing of it is kept elsewhere. Each child
//! finds it there and keeps it until it ends.
//!
//! A provider says whether it is safe to be used by several processes at once. One that is
//! not keeps its objects on this machine (shmcb, dbm), and is used under a lock of ours
//! only; so there several calls can be one step. One that is safe asks another machine
//! (redis, memcache), and no setting of httpd's bounds the wait for an answer: APR takes
//! its time-out away once a connection is made. So it is used with a deadline.

use super::deadline::{GivenUp, Workers};
use super::directive::Command;
use super::module::Slots;
use super::mpm;
use super::mutex::{Lock, Locks};
use super::pool::{OwnedPool, Pool};
use super::server::Server;
use super::status::describe;
use super::text::{Text, borrow};
use crate::ffi::httpd as ffi;
use std::ffi::{CStr, CString, c_uint};
use std::fmt;
use std::ptr::{self, NonNull};
use std::sync::OnceLock;
use std::time::Duration;

/// What httpd's providers prefix keys and name files with: at most 14 characters.
const NAME: &CStr = c"mod_python";

/// Where children find the cache.
const KEPT_AS: &CStr = c"mod_python object cache";

/// The most that an object may have, in bytes; memcached's own limit too.
pub const LARGEST: usize = 1 << 20;

/// shmcb divides its memory by these, and by nothing if it is small (at least 8192 bytes)
/// and the objects are not; the more of them, the smaller is the largest one possible.
const HINTS: ffi::ap_socache_hints =
    ffi::ap_socache_hints { avg_id_len: 24, avg_obj_size: 1024, expiry_interval: 300_000_000 };

/// memcached takes more seconds than thirty days have for a date of 1970.
const LONGEST: i64 = 30 * 24 * 3600;

/// Not an id of `_session.cache`, which begin with 16 random bytes.
const NOBODY: &[u8] = b"is anyone there?";

type Provider = ffi::ap_socache_provider_t;

impl<M: Slots> Command<'_, M> {
    /// Whether such a cache could be made; Err says why not.
    pub fn check_object_cache(&self, provider: &[u8], arguments: Option<&[u8]>) -> Result<(), String> {
        // What the provider allocates here stays with the configuration, which is little.
        // Kept is nothing: what is configured last counts.
        make(self.configuration_pool(), provider, arguments).map(|_| ())
    }
}

fn make(
    pool: Pool<'_>,
    name: &[u8],
    arguments: Option<&[u8]>,
) -> Result<(&'static Provider, *mut ffi::ap_socache_instance_t), String> {
    let shown = String::from_utf8_lossy(name);
    let text = |bytes| CString::new(bytes).map_err(|_| "holds a null byte".to_owned());
    let (name, arguments) = (text(name.to_vec())?, arguments.map(|bytes| text(bytes.to_vec())).transpose()?);
    // SAFETY: C strings. A provider under this group and version is a pointer to this
    // struct, static in its module, which is loaded as long as this configuration; 'static
    // here says no more than that, and what is kept is kept in a child, or in its pool.
    let provider = unsafe {
        let (group, version) = (ffi::AP_SOCACHE_PROVIDER_GROUP, ffi::AP_SOCACHE_PROVIDER_VERSION);
        ffi::ap_lookup_provider(group.as_ptr().cast(), name.as_ptr(), version.as_ptr().cast())
            .cast::<Provider>()
            .as_ref()
    };
    let provider = provider.ok_or_else(|| {
        format!(
            "names '{shown}', which no module provides: load mod_socache_{shown} before (LoadModule socache_{shown}_module ...)"
        )
    })?;
    let create = provider.create.ok_or("names a provider that cannot be used")?;
    let mut instance = ptr::null_mut();
    // SAFETY: the provider fills in the instance, or returns what is wrong as a C string.
    unsafe {
        let arguments =
            arguments.as_ref().map_or(ptr::null(), |text| ffi::apr_pstrdup(pool.as_raw(), text.as_ptr()));
        let refused = create(&mut instance, arguments, pool.as_raw(), pool.as_raw());
        match borrow(refused) {
            None => Ok((provider, instance)),
            Some(reason) => Err(format!("is refused by {shown}: {}", String::from_utf8_lossy(reason))),
        }
    }
}

/// What the parent leaves for its children in the configuration's pool.
struct Made {
    provider: *const Provider,
    instance: *mut ffi::ap_socache_instance_t,
    /// NULL for a provider that needs none.
    lock: *mut ffi::apr_proc_mutex_t,
}

/// In post_config; Err is a reason for httpd not to start.
pub fn create(
    pool: Pool<'_>,
    server: Server<'_>,
    name: &[u8],
    arguments: Option<&[u8]>,
) -> Result<(), String> {
    let (provider, instance) = make(pool, name, arguments)?;
    let init = provider.init.ok_or("the provider cannot be used")?;
    // SAFETY: an instance of this provider; the hints are read during the call.
    let status = unsafe { init(instance, NAME.as_ptr(), &HINTS, server.as_raw(), pool.as_raw()) };
    if status != 0 {
        return Err(format!("{} (see what the provider logged before this)", describe(status)));
    }
    let lock = if is_local(provider) { lock(pool, server)? } else { ptr::null_mut() };
    pool.keep(KEPT_AS, NonNull::from(pool.place(Made { provider, instance, lock })));
    Ok(())
}

fn is_local(provider: &Provider) -> bool {
    provider.flags & ffi::AP_SOCACHE_FLAG_NOTMPSAFE != 0
}

/// The same for children of the configurations before and after a restart, which may use
/// one dbm file.
fn lock(pool: Pool<'_>, server: Server<'_>) -> Result<*mut ffi::apr_proc_mutex_t, String> {
    let folder = mpm::runtime_directory(pool).ok_or("there is no directory for its lock")?;
    let path = [folder, format!("/mpcache{}", std::process::id()).as_bytes()].concat();
    let purpose = Text::new(b"the object cache").map_err(|error| error.to_string())?;
    let path = Text::new(&path).map_err(|error| error.to_string())?;
    Locks::apart(server, purpose, path).map_err(|reason| format!("its lock: {reason}"))
}

/// Opens the parent's cache in a child. Err says why that failed.
pub fn attach(server: Server<'_>) -> Result<(), String> {
    let Some(made) = server.configuration_pool().kept::<Made>(KEPT_AS) else { return Ok(()) };
    // SAFETY: what `create` left; the configuration's pool outlives every child.
    let made = unsafe { made.as_ref() };
    let server = server.kept().ok_or("this process is no child")?;
    let lock = NonNull::new(made.lock)
        // SAFETY: the parent's lock, live in its pool; ours stays as long as the process.
        .map(|raw| unsafe { Lock::open(raw.as_ptr(), OwnedPool::new().leak()) })
        .transpose()?;
    // SAFETY: the provider of this configuration, which ends with the child.
    let provider = unsafe { &*made.provider };
    let _ = CACHE.set(Cache { provider, instance: made.instance, server, lock });
    Ok(())
}

/// This child's cache.
static CACHE: OnceLock<Cache> = OnceLock::new();

static WORKERS: Workers = Workers::new();

struct Cache {
    provider: &'static Provider,
    instance: *mut ffi::ap_socache_instance_t,
    server: Server<'static>,
    /// Of a provider that is not safe to be used by several at once.
    lock: Option<Lock>,
}

// SAFETY: the instance is used by the provider's own functions only, which are safe to be
// called by several threads and processes at once, or are called under the lock.
unsafe impl Send for Cache {}
// SAFETY: as above.
unsafe impl Sync for Cache {}

/// Why a cache did not do what it was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// There is no PythonSessionCache, or it could not be opened.
    NoCache,
    /// Asked for one step of a provider that cannot do several calls as one.
    NotLocal,
    TooLarge(usize),
    /// The provider was reached, and would not keep so many bytes.
    Refused(usize),
    Late(Duration),
    /// Too many earlier calls still wait for an answer.
    Overdue,
    /// The provider has nobody to ask.
    Unreachable,
    Failed(String),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::NoCache => f.write_str("there is no PythonSessionCache, or it could not be opened"),
            Failure::NotLocal => f.write_str("the provider is not of this machine"),
            Failure::TooLarge(size) => {
                write!(f, "{size} bytes are more than {LARGEST}, the most that is kept for one session")
            }
            Failure::Refused(size) => {
                write!(f, "{size} bytes were refused; most likely they are more than it keeps as one object")
            }
            Failure::Late(patience) => write!(f, "no answer in {} seconds", patience.as_secs_f64()),
            Failure::Overdue => f.write_str("it does not answer: earlier requests still wait for it"),
            Failure::Unreachable => f.write_str("it cannot be reached"),
            Failure::Failed(reason) => f.write_str(reason),
        }
    }
}

/// The provider's name, and whether it is used under this machine's lock.
pub fn provider() -> Option<(&'static [u8], bool)> {
    let cache = CACHE.get()?;
    // SAFETY: the provider's name is a static C string.
    Some((unsafe { borrow(cache.provider.name) }.unwrap_or_default(), cache.lock.is_some()))
}

/// What is kept under an id; None for nothing.
pub fn retrieve(id: Vec<u8>, patience: Duration) -> Result<Option<Vec<u8>>, Failure> {
    with(patience, move |cache| cache.retrieve(&id))
}

/// Keeps something for so many seconds, instead of what was kept under that id.
pub fn store(id: Vec<u8>, data: Vec<u8>, seconds: i64, patience: Duration) -> Result<(), Failure> {
    with(patience, move |cache| cache.store(&id, data, seconds))
}

pub fn remove(id: Vec<u8>, patience: Duration) -> Result<(), Failure> {
    with(patience, move |cache| cache.remove(&id))
}

/// In one step: stores, if what is kept begins with `prefix`, or, for None, if nothing is.
pub fn replace(id: Vec<u8>, prefix: Option<Vec<u8>>, data: Vec<u8>, seconds: i64) -> Result<bool, Failure> {
    let cache = CACHE.get().ok_or(Failure::NoCache)?;
    if cache.lock.is_none() {
        return Err(Failure::NotLocal);
    }
    // A provider of this machine is asked without a deadline.
    with(Duration::ZERO, move |cache| cache.replace(&id, prefix.as_deref(), data, seconds))
}

fn with<T: Send + 'static>(
    patience: Duration,
    action: impl FnOnce(&'static Cache) -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    let cache = CACHE.get().ok_or(Failure::NoCache)?;
    let Some(lock) = &cache.lock else {
        return match WORKERS.run(patience, move || action(cache)) {
            Ok(result) => result,
            Err(GivenUp::Late) => Err(Failure::Late(patience)),
            Err(GivenUp::Refused) => Err(Failure::Overdue),
            Err(GivenUp::Failed) => Err(Failure::Failed("internal error".to_owned())),
        };
    };
    let failed = |error| Failure::Failed(format!("its lock: {error:?}"));
    lock.lock().map_err(failed)?;
    let result = action(cache);
    lock.unlock().map_err(failed)?;
    result
}

impl Cache {
    fn retrieve(&self, id: &[u8]) -> Result<Option<Vec<u8>>, Failure> {
        let retrieve = self.provider.retrieve.ok_or(Failure::NoCache)?;
        let mut data: Vec<u8> = Vec::with_capacity(LARGEST);
        let mut length = LARGEST as c_uint;
        // SAFETY: the provider writes at most `length` bytes and says how many.
        let status = self.call(id, |instance, server, id, id_length, pool| unsafe {
            retrieve(instance, server, id, id_length, data.as_mut_ptr(), &mut length, pool)
        });
        match status {
            0 => {
                // SAFETY: as many were written, which is no more than there is room for.
                unsafe { data.set_len((length as usize).min(LARGEST)) };
                data.shrink_to_fit();
                Ok(Some(data))
            }
            NOT_FOUND => self.answers().map(|()| None),
            // dbm of a key that is not there, where a look-up succeeds with nothing.
            GENERAL if self.lock.is_some() => Ok(None),
            status => Err(failed(status)),
        }
    }

    /// A server that was found dead is not asked for some seconds; its provider then says
    /// of every object that it was not found.
    fn answers(&self) -> Result<(), Failure> {
        if self.lock.is_some() {
            return Ok(());
        }
        match self.put(NOBODY, &mut [b'1'], 60) {
            0 => Ok(()),
            GENERAL => {
                Err(Failure::Failed("it stores nothing: it is full, or the connection was lost".to_owned()))
            }
            _ => Err(Failure::Unreachable),
        }
    }

    fn store(&self, id: &[u8], mut data: Vec<u8>, seconds: i64) -> Result<(), Failure> {
        if data.len() > LARGEST {
            return Err(Failure::TooLarge(data.len()));
        }
        match self.put(id, &mut data, seconds) {
            0 => Ok(()),
            NOT_FOUND => Err(Failure::Unreachable),
            // What shmcb and dbm say of an object that is too large for them.
            libc::ENOSPC => Err(Failure::Refused(data.len())),
            // What redis and memcache say of any answer but that it was stored.
            GENERAL => self.answers().and(Err(Failure::Refused(data.len()))),
            status => Err(failed(status)),
        }
    }

    fn put(&self, id: &[u8], data: &mut [u8], seconds: i64) -> ffi::apr_status_t {
        let Some(store) = self.provider.store else { return GENERAL };
        // Providers count in whole seconds, down, and refuse none.
        let seconds = seconds.clamp(1, LONGEST - 1) + 1;
        // SAFETY: takes no argument.
        let expiry = unsafe { ffi::apr_time_now() } + seconds * 1_000_000;
        let (start, length) = (data.as_mut_ptr(), data.len() as c_uint);
        // SAFETY: the provider reads as many bytes of data.
        self.call(id, |instance, server, id, id_length, pool| unsafe {
            store(instance, server, id, id_length, expiry, start, length, pool)
        })
    }

    fn remove(&self, id: &[u8]) -> Result<(), Failure> {
        let remove = self.provider.remove.ok_or(Failure::NoCache)?;
        // SAFETY: an instance of this provider.
        let status = self.call(id, |instance, server, id, id_length, pool| unsafe {
            remove(instance, server, id, id_length, pool)
        });
        match status {
            0 => Ok(()),
            NOT_FOUND => self.answers(),
            status => Err(failed(status)),
        }
    }

    fn replace(
        &self,
        id: &[u8],
        prefix: Option<&[u8]>,
        data: Vec<u8>,
        seconds: i64,
    ) -> Result<bool, Failure> {
        let current = self.retrieve(id)?;
        let unchanged = match (&current, prefix) {
            (Some(current), Some(prefix)) => current.starts_with(prefix),
            (None, None) => true,
            _ => false,
        };
        if !unchanged {
            return Ok(false);
        }
        self.store(id, data, seconds).map(|()| true).inspect_err(|_| {
            // shmcb has removed the old one before it found no room for the new one.
            if let Some(current) = current {
                let _ = self.store(id, current, seconds);
            }
        })
    }

    fn call(
        &self,
        id: &[u8],
        function: impl FnOnce(
            *mut ffi::ap_socache_instance_t,
            *mut ffi::server_rec,
            *const u8,
            c_uint,
            *mut ffi::apr_pool_t,
        ) -> ffi::apr_status_t,
    ) -> ffi::apr_status_t {
        let pool = OwnedPool::new();
        function(
            self.instance,
            self.server.as_raw(),
            id.as_ptr(),
            id.len() as c_uint,
            pool.as_pool().as_raw(),
        )
    }
}

const NOT_FOUND: ffi::apr_status_t = ffi::APR_NOTFOUND as ffi::apr_status_t;
const GENERAL: ffi::apr_status_t = ffi::APR_EGENERAL as ffi::apr_status_t;

fn failed(status: ffi::apr_status_t) -> Failure {
    Failure::Failed(describe(status))
}
