//! The files whose change makes a callable stale: that of its module, and those of all
//! that the module imported from directories of handlers.

use crate::python::attach::Attached;
use crate::python::convert::{Codec, to_bytes};
use crate::python::error::Result;
use crate::python::object::Object;
use crate::python::source_files::Stamp;
use crate::settings::autoreload::Ration;
use crate::settings::clock::Microseconds;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

/// Files with one ration of looks among them.
#[derive(Debug)]
pub struct Watched {
    files: Vec<(PathBuf, Option<Stamp>)>,
    /// The interpreter's number of changes when the files were listed: another number may
    /// mean another list, or newer code.
    changes: i64,
    ration: Ration,
}

impl Watched {
    /// Reads what `_runtime.load` lists: file, mtime, nanoseconds and size, again and
    /// again; a negative size for a file that is gone.
    pub fn read<'py>(py: Attached<'py>, changes: i64, listed: &Object<'py>) -> Result<'py, Self> {
        let items: Vec<Object<'py>> = listed.iter(py)?.collect::<Result<'py, _>>()?;
        let mut files = Vec::with_capacity(items.len() / 4);
        for item in items.chunks_exact(4) {
            let file = PathBuf::from(OsStr::from_bytes(&to_bytes(py, Codec::Path, &item[0])?));
            let stamp = Stamp {
                mtime: item[1].to_int(py)?,
                nanoseconds: item[2].to_int(py)?,
                size: item[3].to_int(py)?,
            };
            files.push((file, (stamp.size >= 0).then_some(stamp)));
        }
        Ok(Watched { files, changes, ration: Ration::default() })
    }

    /// Whether Python should look again: modules have changed already, or, when it is
    /// time to look, a file has.
    pub fn is_outdated(&self, py: Attached<'_>, changes: i64, now: Microseconds) -> bool {
        if self.changes != changes {
            return true;
        }
        if self.files.is_empty() || !self.ration.take(now) {
            return false;
        }
        let files = &self.files;
        py.detach(|| files.iter().any(|(file, stamp)| Stamp::of(file) != *stamp))
    }
}
