//! Directives: from a table row to httpd's `command_rec`, and from httpd's call to
//! the row's setter.

use super::filter;
use super::guard::{self, Entry};
use super::module::{self, Slots};
use super::path;
use super::pool::Pool;
use super::text::{Text, borrow};
use crate::ffi::httpd as ffi;
use crate::settings::filters::Direction;
use crate::settings::handlers::Place;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr;

/// How httpd splits a directive's argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arguments {
    /// The rest of the line, unprocessed.
    Raw,
    /// On or Off; the setter gets `1` or `0`.
    Flag,
    One,
    OneOrTwo,
    Two,
    /// One or more.
    Many,
}

/// Where a directive may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Contexts {
    /// The main server only.
    MainServer,
    /// The main server and virtual hosts.
    Server,
    /// Also sections of the configuration, but not .htaccess.
    Sections,
    /// Also sections, and .htaccess where any AllowOverride category is granted.
    All,
}

/// A row of the directive table.
pub struct Directive<M: Slots> {
    pub name: &'static CStr,
    pub arguments: Arguments,
    pub contexts: Contexts,
    /// One line for `httpd -L`.
    pub help: &'static CStr,
    pub set: Setter<M>,
}

pub type Setter<M> = fn(&mut Command<'_, M>, &[&[u8]]) -> Result<(), String>;

/// A directive being read.
pub struct Command<'c, M: Slots> {
    raw: &'c ffi::cmd_parms,
    /// The section's configuration; at server level the server's default section.
    pub directory: &'c mut M::Directory<'static>,
    pub server: &'c mut M::Server,
}

impl<M: Slots> Command<'_, M> {
    /// Whether the directive stands outside every section and .htaccess.
    pub fn is_server_level(&self) -> bool {
        self.raw.path.is_null() && !self.is_htaccess()
    }

    /// httpd marks .htaccess by giving both pools the same value, and its own
    /// NOT_IN_HTACCESS check reads it so.
    fn is_htaccess(&self) -> bool {
        self.raw.pool == self.raw.temp_pool
    }

    /// The pool that the configuration being read lives in.
    pub(super) fn configuration_pool(&self) -> Pool<'_> {
        // SAFETY: httpd keeps it as long as the configuration.
        unsafe { Pool::from_raw(self.raw.pool) }
    }

    /// Makes a filter of that name known to httpd, as long as the configuration lives.
    pub fn register_filter(&self, direction: Direction, name: &[u8]) -> Result<(), String> {
        filter::register(direction, name)
    }

    /// The enclosing section, passing over `<Files>`, `<If>` and their like.
    pub fn place(&self) -> Result<Place, String> {
        let mut section = self.raw.directive;
        // SAFETY: httpd keeps the directive being read and its parents alive; strings
        // in them are NULL or NUL-terminated.
        unsafe {
            while !section.is_null() {
                let name = borrow((*section).directive).unwrap_or_default();
                let argument = borrow((*section).args).unwrap_or_default();
                if let Some(place) = self.section_place(name, argument)? {
                    return Ok(place);
                }
                section = (*section).parent;
            }
            let file = borrow((*self.raw.directive).filename).filter(|_| self.is_htaccess());
            Ok(file.map_or(Place::Server, |file| Place::Directory(with_parent_of(file))))
        }
    }

    fn section_place(&self, name: &[u8], argument: &[u8]) -> Result<Option<Place>, String> {
        let is = |wanted: &str| name.eq_ignore_ascii_case(wanted.as_bytes());
        let by_regex = is("<DirectoryMatch") || is("<LocationMatch");
        let of_location = is("<Location") || is("<LocationMatch");
        if !of_location && !is("<Directory") && !is("<DirectoryMatch") {
            return Ok(None);
        }
        // SAFETY: httpd keeps temp_pool while it reads a directive.
        let pool = unsafe { Pool::from_raw(self.raw.temp_pool) };
        let mut words = split_words(pool, argument.strip_suffix(b">").unwrap_or(argument));
        let first = if words.is_empty() { Vec::new() } else { words.remove(0) };
        let (text, by_regex) = match (first == b"~" && !by_regex, words.into_iter().next()) {
            (true, Some(regex)) => (regex, true),
            _ => (first, by_regex),
        };
        Ok(Some(match (of_location, by_regex) {
            (true, _) => Place::Location(text),
            (false, true) => Place::DirectoryRegex(text),
            (false, false) if has_wildcards(&text) => Place::DirectoryGlob(text),
            (false, false) => Place::Directory(self.canonical(&text)?),
        }))
    }

    /// Absolute and in true case, with one trailing slash.
    fn canonical(&self, path: &[u8]) -> Result<Vec<u8>, String> {
        // SAFETY: httpd keeps temp_pool while it reads a directive.
        let pool = unsafe { Pool::from_raw(self.raw.temp_pool) };
        path::canonical(pool, path)
            .ok_or_else(|| "stands in a section whose directory is not a path".to_owned())
    }
}

/// Splits as httpd splits a directive's arguments, quotes included.
pub(super) fn split_words(pool: Pool<'_>, text: &[u8]) -> Vec<Vec<u8>> {
    let Ok(text) = Text::new(text) else {
        return Vec::new();
    };
    let mut words = Vec::new();
    // SAFETY: the copy is NUL-terminated and lives in the pool, as do the words;
    // ap_getword_conf moves the pointer along it and returns "" at its end.
    unsafe {
        let mut rest: *const c_char = pool.copy(text);
        while let Some(word) = borrow(ffi::ap_getword_conf(pool.as_raw(), &mut rest)) {
            if word.is_empty() && *rest == 0 {
                break;
            }
            words.push(word.to_vec());
        }
    }
    words
}

fn has_wildcards(pattern: &[u8]) -> bool {
    pattern.iter().any(|byte| matches!(byte, b'*' | b'?' | b'['))
}

fn with_parent_of(file: &[u8]) -> Vec<u8> {
    let end = file.iter().rposition(|&byte| byte == b'/').map_or(0, |at| at + 1);
    file[..end].to_vec()
}

/// httpd's command table, with its terminating empty row.
#[repr(transparent)]
pub struct Commands(&'static [ffi::command_rec]);

// SAFETY: the rows point to static strings, functions and rows of ours; httpd reads.
unsafe impl Sync for Commands {}

impl Commands {
    pub(super) const fn as_raw(&self) -> *const ffi::command_rec {
        self.0.as_ptr()
    }
}

/// The rows of a [`Commands`], built at compile time.
#[repr(transparent)]
pub struct Rows<const N: usize>([ffi::command_rec; N]);

// SAFETY: as for Commands.
unsafe impl<const N: usize> Sync for Rows<N> {}

impl<const N: usize> Rows<N> {
    /// The `N` for a table that is made of these groups.
    pub const fn count<M: Slots, const G: usize>(groups: [&'static [Directive<M>]; G]) -> usize {
        // And the end.
        let mut count = 1;
        let mut group = 0;
        while group < G {
            count += groups[group].len();
            group += 1;
        }
        count
    }

    pub const fn new<M: Slots, const G: usize>(groups: [&'static [Directive<M>]; G]) -> Self {
        assert!(Self::count(groups) == N, "one row for each directive, and the end");
        let end = ffi::command_rec {
            name: ptr::null(),
            func: ffi::cmd_func { no_args: None },
            cmd_data: ptr::null_mut(),
            req_override: 0,
            args_how: 0,
            errmsg: ptr::null(),
        };
        let mut rows = [end; N];
        let mut next = 0;
        let mut group = 0;
        while group < G {
            let mut at = 0;
            while at < groups[group].len() {
                rows[next] = row(&groups[group][at]);
                next += 1;
                at += 1;
            }
            group += 1;
        }
        Rows(rows)
    }

    pub const fn commands(&'static self) -> Commands {
        Commands(&self.0)
    }
}

const fn row<M: Slots>(directive: &'static Directive<M>) -> ffi::command_rec {
    let (func, args_how) = match directive.arguments {
        Arguments::Raw => (ffi::cmd_func { raw_args: Some(one::<M>) }, ffi::RAW_ARGS),
        Arguments::Flag => (ffi::cmd_func { flag: Some(flag::<M>) }, ffi::FLAG),
        Arguments::One => (ffi::cmd_func { take1: Some(one::<M>) }, ffi::TAKE1),
        Arguments::OneOrTwo => (ffi::cmd_func { take2: Some(two::<M>) }, ffi::TAKE12),
        Arguments::Two => (ffi::cmd_func { take2: Some(two::<M>) }, ffi::TAKE2),
        Arguments::Many => (ffi::cmd_func { take_argv: Some(many::<M>) }, ffi::TAKE_ARGV),
    };
    let req_override = match directive.contexts {
        Contexts::MainServer | Contexts::Server => ffi::RSRC_CONF,
        Contexts::Sections => ffi::RSRC_CONF | ffi::ACCESS_CONF,
        Contexts::All => ffi::OR_ALL,
    };
    ffi::command_rec {
        name: directive.name.as_ptr(),
        func,
        cmd_data: ptr::from_ref(directive).cast_mut().cast(),
        req_override: req_override as c_int,
        args_how,
        errmsg: directive.help.as_ptr(),
    }
}

unsafe extern "C" fn flag<M: Slots>(
    command: *mut ffi::cmd_parms,
    directory: *mut c_void,
    on: c_int,
) -> *const c_char {
    let value: &[u8] = if on != 0 { b"1" } else { b"0" };
    // SAFETY: httpd's arguments, passed on.
    unsafe { call::<M>(command, directory, &[value]) }
}

unsafe extern "C" fn one<M: Slots>(
    command: *mut ffi::cmd_parms,
    directory: *mut c_void,
    first: *const c_char,
) -> *const c_char {
    // SAFETY: httpd's arguments, passed on; the word is a C string.
    unsafe { call::<M>(command, directory, &[borrow(first).unwrap_or_default()]) }
}

unsafe extern "C" fn two<M: Slots>(
    command: *mut ffi::cmd_parms,
    directory: *mut c_void,
    first: *const c_char,
    second: *const c_char,
) -> *const c_char {
    // SAFETY: httpd's arguments, passed on; the words are C strings, the second or NULL.
    unsafe {
        let first = borrow(first).unwrap_or_default();
        match borrow(second) {
            Some(second) => call::<M>(command, directory, &[first, second]),
            None => call::<M>(command, directory, &[first]),
        }
    }
}

unsafe extern "C" fn many<M: Slots>(
    command: *mut ffi::cmd_parms,
    directory: *mut c_void,
    count: c_int,
    words: *const *mut c_char,
) -> *const c_char {
    // SAFETY: httpd's arguments, passed on; `count` C strings.
    unsafe {
        let words: Vec<&[u8]> = (0..usize::try_from(count).unwrap_or_default())
            .map(|at| borrow(*words.add(at)).unwrap_or_default())
            .collect();
        call::<M>(command, directory, &words)
    }
}

/// Calls the row's setter; an error becomes httpd's configuration error.
///
/// # Safety
/// The arguments are those that httpd passed for a row made by `row::<M>`.
unsafe fn call<M: Slots>(
    command: *mut ffi::cmd_parms,
    directory: *mut c_void,
    arguments: &[&[u8]],
) -> *const c_char {
    let failed = c"mod_python: internal error while reading a directive (see the error log)".as_ptr();
    guard::run(Entry::Directive, failed, || {
        // SAFETY: `info` is the cmd_data of `row`, a static Directive<M>; httpd calls for
        // one directive at a time, so the configurations are referred to here only.
        let (raw, directive, (directory, server)) = unsafe {
            let raw = &*command;
            let directive = &*raw.info.cast::<Directive<M>>();
            (raw, directive, module::being_read::<M>(raw.server, directory))
        };
        if directive.contexts == Contexts::MainServer {
            // SAFETY: a live cmd_parms.
            let refusal = unsafe { ffi::ap_check_cmd_context(command, ffi::NOT_IN_VIRTUALHOST) };
            if !refusal.is_null() {
                return refusal;
            }
        }
        let name = directive.name.to_str().unwrap_or_default();
        let mut command = Command { raw, directory, server };
        match (directive.set)(&mut command, arguments) {
            Ok(()) => ptr::null(),
            Err(error) => {
                let message = format!("{name} {error}").replace('\0', "\\0");
                // SAFETY: the copy lives in the configuration pool.
                unsafe { ffi::apr_pstrmemdup(raw.pool, message.as_ptr().cast(), message.len()) }
            }
        }
    })
}
