//! Python's life in a child: started once in child_init, never in the parent, and left
//! without `Py_FinalizeEx` when the child exits. Finalising aborts or hangs with
//! sub-interpreters or other threads' states around (docs/safety.md), and the process
//! is about to end anyway; what scripts registered for exit still runs, under a deadline.

use super::attach::{self, Attached};
use super::convert::to_message;
use super::creation;
use super::gilstate;
use super::interpreter::{CreateError, Interpreter, Lease};
use super::keeper::Keeper;
use super::memory;
use super::module::Definition;
use super::object::Object;
use super::registry::Registry;
use crate::ffi::python as ffi;
use crate::settings::clock::{Microseconds, now};
use crate::settings::interpreter::MAIN;
use crate::settings::interpreter_options::Lines;
use crate::settings::load::Loads;
use crate::status::child;
use std::ffi::{CStr, CString, c_char};
use std::mem;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// The minor version that this binary was built for, such as `3.11`.
pub const BUILT_FOR: &str = env!("MPY_PYTHON_VERSION");

/// The program that is asked where the standard library is, as if it had been started:
/// the one built for, never what PATH happens to show.
const EXECUTABLE: &str = env!("MPY_PYTHON_EXECUTABLE");

/// Whether interpreters with a lock of their own can be had. CPython 3.12 has them too, but two
/// of them that import `datetime` or `decimal` corrupt its heap.
pub const HAS_OWN_GIL: bool = cfg!(Py_3_13);

static RUNTIME: OnceLock<Runtime> = OnceLock::new();
static STARTED: AtomicBool = AtomicBool::new(false);
static EXITING: AtomicBool = AtomicBool::new(false);

/// Python in this process: its interpreters (no object of theirs) and its keeper.
pub(super) struct Runtime {
    pub keeper: Keeper,
    pub registry: Registry,
    pub hooks: Hooks,
    pub interpreters: Lines,
    pub max_interpreters: usize,
    pub shutdown_timeout: Duration,
    pub started: Microseconds,
    /// The child's start is over.
    pub serves: AtomicBool,
}

/// What the rooms above do for each interpreter.
#[derive(Clone, Copy)]
pub struct Hooks {
    pub bootstrap: Bootstrap,
    pub farewell: Farewell,
    pub warm_up: WarmUp,
    pub not_made: NotMade,
    pub ended: Ended,
    pub outdated: Outdated,
    pub load_ahead: LoadAhead,
}

/// Prepares a new interpreter for handlers.
pub type Bootstrap = for<'py> fn(Attached<'py>) -> Result<(), CreateError>;

/// Imports what the configuration asks for, before the first request.
pub type WarmUp = fn(&Lease);

/// Runs what scripts asked this module to run when the child exits, or their interpreter
/// ends before.
pub type Farewell = for<'py> fn(Attached<'py>);

/// Told of an interpreter that was to come in the background, and why it did not.
pub type NotMade = fn(&[u8], CreateError);

/// Told of an interpreter that was replaced: it was ended, or why it could not be and is
/// left to the end of the child.
pub type Ended = fn(&Interpreter, std::result::Result<(), String>);

/// Told of an interpreter that is being replaced because this file, and maybe others, have
/// changed.
pub type Outdated = fn(&Interpreter, &Path);

/// Loads the handlers that the predecessor of an interpreter had.
pub type LoadAhead = fn(&Lease, &Loads);

/// Where Python's files are.
#[derive(Debug, Clone)]
pub enum Home {
    /// Where the Python built for has them.
    BuiltFor,
    /// Below another prefix.
    Prefix(PathBuf),
    /// In a virtual environment.
    VirtualEnvironment(PathBuf),
}

/// How Python is to be started.
#[derive(Debug, Clone)]
pub struct Options {
    pub home: Home,
    /// 0 to 2, as many as `python3` is given `-O`.
    pub optimization_level: i32,
    pub interpreters: Lines,
    /// How many interpreters there may be at the same time.
    pub max_interpreters: usize,
    /// Whether files of interpreters are watched.
    pub reloads: bool,
    /// How long exit callbacks may take.
    pub shutdown_timeout: Duration,
}

/// What was started, for the log.
#[derive(Debug)]
pub struct Started {
    pub version: String,
    pub prefix: String,
    /// `sys.path`.
    pub path: Vec<String>,
}

/// How Python was left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// It was not running.
    NotStarted,
    Done,
    /// The callbacks did not end within the deadline.
    DeadlinePassed,
    /// A signal ends the process in the middle of Python code on this thread.
    Interrupted,
}

pub(super) fn is_started() -> bool {
    STARTED.load(Ordering::Acquire)
}

/// Whether the child is exiting, so that no thread attaches any more.
pub fn is_exiting() -> bool {
    EXITING.load(Ordering::Acquire)
}

pub(super) fn runtime() -> Option<&'static Runtime> {
    RUNTIME.get()
}

/// The version of the libpython that is loaded; needs no running Python.
pub fn version() -> &'static str {
    // SAFETY: a static C string, available before Python is started.
    let text = unsafe { CStr::from_ptr(ffi::Py_GetVersion()) }.to_str().unwrap_or_default();
    text.split_ascii_whitespace().next().unwrap_or_default()
}

/// Starts Python in this process, with `module` as a built-in module.
pub fn start(options: Options, module: &'static Definition, hooks: Hooks) -> Result<Started, CreateError> {
    pin_shared_object();
    let keeper = Keeper::spawn(run_exit_callbacks).map_err(|error| CreateError::new(error.to_string()))?;
    let runtime = RUNTIME.get_or_init(|| Runtime {
        keeper,
        registry: Registry::default(),
        hooks,
        interpreters: options.interpreters.clone(),
        max_interpreters: options.max_interpreters,
        shutdown_timeout: options.shutdown_timeout,
        started: now(),
        serves: AtomicBool::new(false),
    });
    let reloads = options.reloads;
    let job = move || {
        let identity = runtime.identity(MAIN, 0);
        memory::of(identity.row(), || initialise(&options, module))?;
        gilstate::learn();
        STARTED.store(true, Ordering::Release);
        // SAFETY: Python was just started on this thread, so its state is current.
        let result = unsafe {
            let main = Interpreter::new(identity, ffi::PyInterpreterState_Get(), ffi::PyThreadState_Get());
            let started = creation::adopt(runtime, &main, describe);
            if started.is_ok() {
                runtime.registry.publish(&main);
            }
            started
        };
        // SAFETY: attached since the start; from here on the keeper attaches when needed.
        unsafe { ffi::PyEval_SaveThread() };
        result
    };
    let started = runtime.keeper.run(job);
    let started = started.unwrap_or_else(|| Err(CreateError::new("internal error while starting Python")))?;
    runtime.watch_for_idle();
    if reloads {
        runtime.watch_files();
    }
    Ok(started)
}

/// The child's start is over, and what the configuration imports has been imported.
pub fn begin_serving() {
    if let Some(runtime) = RUNTIME.get() {
        runtime.serves.store(true, Ordering::Release);
    }
}

/// Keeps this shared object, and with it libpython, mapped until the process is gone:
/// threads that scripts started run on while httpd unloads its modules at exit.
fn pin_shared_object() {
    // SAFETY: dladdr fills the struct for an address of ours; RTLD_NOLOAD only adds a
    // flag to what is loaded already.
    unsafe {
        let mut info = mem::zeroed::<libc::Dl_info>();
        let here = pin_shared_object as fn() as *const libc::c_void;
        if libc::dladdr(here, &mut info) != 0 && !info.dli_fname.is_null() {
            libc::dlopen(info.dli_fname, libc::RTLD_NOW | libc::RTLD_NOLOAD | libc::RTLD_NODELETE);
        }
    }
}

/// `Py_InitializeFromConfig`, on the keeper.
fn initialise(options: &Options, module: &'static Definition) -> Result<(), CreateError> {
    // SAFETY: Python is not running. Each call gets structs that the matching Init
    // function filled, and C strings that outlive it; PyConfig_Clear ends the config.
    unsafe {
        if ffi::PyImport_AppendInittab(module.name().as_ptr(), module.init()) < 0 {
            return Err(CreateError::new("out of memory"));
        }
        let mut preconfig = mem::zeroed::<ffi::PyPreConfig>();
        ffi::PyPreConfig_InitPythonConfig(&mut preconfig);
        // The locale of the process is httpd's. In the C locale, httpd's usual one,
        // Python takes to UTF-8 mode without touching it.
        preconfig.configure_locale = 0;
        preconfig.coerce_c_locale = 0;
        preconfig.parse_argv = 0;
        checked(ffi::Py_PreInitialize(&preconfig))?;
        if child::own().is_some() {
            memory::count();
        }

        let mut config = mem::zeroed::<ffi::PyConfig>();
        ffi::PyConfig_InitPythonConfig(&mut config);
        config.install_signal_handlers = 0;
        config.parse_argv = 0;
        // As mod_python always had it: the home directory is that of the user who
        // started httpd, not of the user who serves requests.
        config.user_site_directory = 0;
        config.optimization_level = options.optimization_level;
        let status = configure(&mut config, &options.home);
        let status =
            if ffi::PyStatus_Exception(status) != 0 { status } else { ffi::Py_InitializeFromConfig(&config) };
        let result = checked(status);
        ffi::PyConfig_Clear(&mut config);
        result
    }
}

/// # Safety
/// `config` was initialised and Python is not running.
unsafe fn configure(config: &mut ffi::PyConfig, home: &Home) -> ffi::PyStatus {
    let program = match home {
        Home::VirtualEnvironment(folder) => folder.join("bin/python3"),
        Home::BuiltFor | Home::Prefix(_) => PathBuf::from(EXECUTABLE),
    };
    let mut arguments = [c"mod_python".as_ptr()];
    // SAFETY: by contract; the strings outlive the calls, which copy them.
    unsafe {
        let mut status = set(config, |config| &raw mut (*config).program_name, &program);
        if let (0, Home::Prefix(prefix)) = (ffi::PyStatus_Exception(status), home) {
            status = set(config, |config| &raw mut (*config).home, prefix);
        }
        if ffi::PyStatus_Exception(status) == 0 {
            status = ffi::PyConfig_SetBytesArgv(config, 1, arguments.as_mut_ptr());
        }
        status
    }
}

/// # Safety
/// As for `configure`; `field` points into the config.
unsafe fn set(
    config: *mut ffi::PyConfig,
    field: fn(*mut ffi::PyConfig) -> *mut *mut libc::wchar_t,
    path: &Path,
) -> ffi::PyStatus {
    use std::os::unix::ffi::OsStrExt;
    // A path with a NUL cannot come from httpd's configuration.
    let path = CString::new(path.as_os_str().as_bytes()).unwrap_or_default();
    // SAFETY: by contract.
    unsafe { ffi::PyConfig_SetBytesString(config, field(config), path.as_ptr()) }
}

fn checked(status: ffi::PyStatus) -> Result<(), CreateError> {
    // SAFETY: a status that CPython returned; its texts are static C strings or NULL.
    unsafe {
        if ffi::PyStatus_Exception(status) == 0 {
            return Ok(());
        }
        let text = |text: *const c_char| {
            if text.is_null() { String::new() } else { CStr::from_ptr(text).to_string_lossy().into_owned() }
        };
        Err(CreateError::new(format!("{} {}", text(status.func), text(status.err_msg)).trim().to_owned()))
    }
}

impl Runtime {
    /// The first interpreter, once Python has started.
    pub fn main(&self) -> Option<Lease> {
        self.registry.get(MAIN)
    }
}

fn describe<'py>(py: Attached<'py>) -> Started {
    let sys = |name: &CStr| Object::import(py, c"sys")?.getattr(py, name);
    let text = |object: &Object<'py>| to_message(py, object).ok();
    let path = || Some(sys(c"path").ok()?.iter(py).ok()?.filter_map(|item| text(&item.ok()?)).collect());
    Started {
        version: version().to_owned(),
        prefix: sys(c"prefix").ok().and_then(|prefix| text(&prefix)).unwrap_or_default(),
        path: path().unwrap_or_default(),
    }
}

/// Ends Python's part in this process: no thread attaches any more, and what scripts
/// registered for exit runs. May be called from a signal handler of httpd's.
pub fn leave() -> Exit {
    let Some(runtime) = RUNTIME.get().filter(|_| is_started()) else {
        return Exit::NotStarted;
    };
    let interrupted = attach::is_attached();
    EXITING.store(true, Ordering::Release);
    if interrupted {
        return Exit::Interrupted;
    }
    if runtime.keeper.leave(runtime.shutdown_timeout) { Exit::Done } else { Exit::DeadlinePassed }
}

/// First what scripts asked this module for, in each interpreter: it may be what tells
/// their threads to end. Then what plain Python does before it finalises, in each: waits
/// for the threads that are not daemons, then runs the `atexit` callbacks. The main
/// interpreter comes last and is not detached from: threads that scripts left behind must
/// not run Python while httpd takes the process apart.
fn run_exit_callbacks() {
    let Some(runtime) = RUNTIME.get() else { return };
    let mut interpreters = runtime.registry.living();
    // Those that are left over have run theirs.
    interpreters.retain(|interpreter| !interpreter.users().is_ended());
    interpreters.sort_by_key(|interpreter| interpreter.name() == MAIN);
    for interpreter in &interpreters {
        at_home(interpreter, true, runtime.hooks.farewell);
    }
    for interpreter in interpreters {
        at_home(&interpreter, interpreter.name() != MAIN, finish);
    }
}

/// Waits for the threads that are not daemons, then runs the `atexit` callbacks: what plain
/// Python does before it finalises.
pub(super) fn finish(py: Attached<'_>) {
    for (module, function) in [(c"mod_python._runtime", c"end_threads"), (c"atexit", c"_run_exitfuncs")] {
        let call = Object::import(py, module).and_then(|module| module.call_method(py, function, &[]));
        if let Err(error) = call {
            error.report_unraisable(py);
        }
    }
}

/// Runs `body` on the keeper, attached in the interpreter's home state, and detaches if
/// that is asked for.
fn at_home(interpreter: &Interpreter, detach: bool, body: impl for<'py> FnOnce(Attached<'py>)) {
    // SAFETY: the keeper is the one user of the home states, and detached here; the attach
    // lasts for the call.
    unsafe {
        ffi::PyEval_RestoreThread(interpreter.home());
        gilstate::bind(interpreter.home());
        body(Attached::assume(interpreter));
        if detach {
            ffi::PyEval_SaveThread();
            gilstate::unbind();
        }
    }
}
