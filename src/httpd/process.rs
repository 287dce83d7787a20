//! Processes of this server, as the system knows them.

use std::{fs, io};

/// Whether there is a process of that number, also one that this one may send no signals, or that has
/// ended and was not noticed by its parent yet.
pub fn is_alive(process: u32) -> bool {
    let Some(pid) = libc::pid_t::try_from(process).ok().filter(|pid| *pid > 0) else { return false };
    // SAFETY: signal 0 is none: it only asks. Numbers above 0 name one process.
    let is_found = unsafe { libc::kill(pid, 0) } == 0;
    is_found || io::Error::last_os_error().raw_os_error() == Some(libc::EPERM)
}

/// Its memory in bytes, with what it shares with others; 0 where the system does not tell.
pub fn resident(process: u32) -> u64 {
    let pages = fs::read_to_string(format!("/proc/{process}/statm"))
        .ok()
        .and_then(|text| text.split(' ').nth(1)?.parse::<u64>().ok())
        .unwrap_or(0);
    // SAFETY: reads a constant of the system.
    let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    pages * u64::try_from(page).unwrap_or(0)
}
