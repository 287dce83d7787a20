//! The locks that scripts share among processes: made in the parent, opened in children.

use crate::httpd::log::{self, Target};
use crate::httpd::mpm;
use crate::httpd::mutex::{self, Locks};
use crate::httpd::pool::Pool;
use crate::httpd::server::Server;
use crate::httpd::text::Text;
use crate::objects::slots;
use crate::settings::messages::Code;

/// PythonOptions of the main server.
const DIRECTORY: &[u8] = b"mod_python.mutex_directory";
const LIMIT: &[u8] = b"mod_python.mutex_locks";

const DEFAULT_LIMIT: usize = 8;

/// What is given up, beside the lock that failed, so that others find room.
const RELEASED: usize = 2;

/// In post_config; Err is a reason for httpd not to start.
pub fn create(pool: Pool<'_>, server: Server<'_>) -> Result<(), String> {
    let clients = mpm::max_clients();
    let wanted = clients.min(limit(server)?);
    let directory = directory(pool, server)?;
    let shown = String::from_utf8_lossy(&directory).into_owned();
    let mut locks = Locks::of(server, Text::new(&directory).map_err(|error| error.to_string())?);
    let mut count = 0;
    while count < wanted {
        match provide(&mut locks, &directory, count) {
            Ok(()) => count += 1,
            Err(reason) if count > RELEASED => {
                locks.release(RELEASED);
                let (made, kept) = (count, count - RELEASED);
                let message = format!(
                    "only {made} of {wanted} locks could be made in {shown}: {reason}; {kept} are used. Ask for fewer with PythonOption mod_python.mutex_locks, or for another directory with mod_python.mutex_directory"
                );
                log::entry(Target::Server(server), Code::FewerLocks, &message);
                count = kept;
                break;
            }
            Err(reason) => return Err(format!("no lock could be made in {shown}: {reason}")),
        }
    }
    let message = format!("{count} locks for scripts, for at most {clients} requests at once");
    log::entry(Target::Server(server), Code::LocksMade, &message);
    log::entry(Target::Server(server), Code::LockDirectory, &format!("lock files are in {shown}"));
    locks.hand_over(pool, count);
    Ok(())
}

/// In child_init. Without its locks a child serves what needs none.
pub fn attach(server: Server<'_>) {
    if let Err(reason) = mutex::attach(server) {
        let message =
            format!("the locks could not be opened: {reason}; scripts that ask for one get ValueError");
        log::entry(Target::Server(server), Code::LocksNotOpened, &message);
    }
}

fn provide(locks: &mut Locks<'_>, directory: &[u8], index: usize) -> Result<(), String> {
    let name = format!("/mpmtx{}{index}", std::process::id());
    let path = [directory, name.as_bytes()].concat();
    locks.provide(index, Text::new(&path).map_err(|error| error.to_string())?)
}

fn option<'s>(server: Server<'s>, key: &[u8]) -> Option<&'s [u8]> {
    slots::server(server)?.section.options.get(key).filter(|value| !value.is_empty())
}

fn limit(server: Server<'_>) -> Result<usize, String> {
    let Some(text) = option(server, LIMIT) else { return Ok(DEFAULT_LIMIT) };
    let number = std::str::from_utf8(text).ok().and_then(|text| text.trim().parse().ok());
    number.filter(|&number| number > 0).ok_or_else(|| {
        let text = String::from_utf8_lossy(text);
        format!("PythonOption mod_python.mutex_locks '{text}' is not a number above 0")
    })
}

/// Without a slash at its end. Rejected: mod_python 3.5's /tmp, where every user can be
/// first to take the names.
fn directory(pool: Pool<'_>, server: Server<'_>) -> Result<Vec<u8>, String> {
    let directory = match option(server, DIRECTORY) {
        Some(path) => Text::new(path).ok().and_then(|path| mpm::below_server_root(pool, path)),
        None => mpm::runtime_directory(pool),
    };
    let mut directory = directory.ok_or("there is no directory for locks")?.to_vec();
    while directory.len() > 1 && directory.ends_with(b"/") {
        directory.pop();
    }
    Ok(directory)
}
