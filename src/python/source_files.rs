//! The files that an interpreter's modules were imported from, as they were then.
//!
//! What imports a file notes it here first, so who looks for changes needs no Python, and an
//! edit between the import and the first look is not missed. A file whose code failed is here
//! too: mending it is a change.

use parking_lot::Mutex;
use std::collections::{BTreeMap, HashMap};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// What tells one version of a file from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    pub mtime: i64,
    pub nanoseconds: i64,
    pub size: i64,
}

impl Stamp {
    pub fn of(file: &Path) -> Option<Self> {
        let metadata = std::fs::metadata(file).ok()?;
        let (mtime, nanoseconds) = (metadata.mtime(), metadata.mtime_nsec());
        Some(Stamp { mtime, nanoseconds, size: i64::try_from(metadata.size()).ok()? })
    }
}

/// Files that are not as they were, and how they are now.
pub(super) type Changed = BTreeMap<Arc<Path>, Stamp>;

#[derive(Debug, Default)]
pub struct SourceFiles {
    is_watched: AtomicBool,
    imported: Mutex<HashMap<Arc<Path>, Stamp>>,
}

impl SourceFiles {
    /// From now on a change of one has the interpreter replaced. True for the first call.
    pub fn watch(&self) -> bool {
        !self.is_watched() && !self.is_watched.swap(true, Ordering::Relaxed)
    }

    /// A script wants no look at files any more.
    pub fn forsake(&self) {
        self.is_watched.store(false, Ordering::Relaxed);
        self.imported.lock().clear();
    }

    pub fn is_watched(&self) -> bool {
        self.is_watched.load(Ordering::Relaxed)
    }

    /// The file is about to be read. Looks at it, which may wait.
    pub fn note(&self, file: &Path) {
        if let Some(stamp) = Stamp::of(file) {
            self.imported.lock().insert(file.into(), stamp);
        }
    }

    /// A file that is gone is not among them: editors and deployments write files anew by
    /// way of that.
    pub(super) fn changed(&self) -> Changed {
        let files: Vec<_> =
            self.imported.lock().iter().map(|(file, stamp)| (Arc::clone(file), *stamp)).collect();
        let now = |(file, then): (Arc<Path>, Stamp)| {
            Stamp::of(&file).filter(|now| *now != then).map(|now| (file, now))
        };
        files.into_iter().filter_map(now).collect()
    }

    /// The change has been seen to.
    pub(super) fn accept(&self, changed: &Changed) {
        let mut imported = self.imported.lock();
        imported.extend(changed.iter().map(|(file, stamp)| (Arc::clone(file), *stamp)));
    }
}
