//! What one process writes and others read belongs together.

use crate::sync::atomic::{AtomicU64, Ordering};
use crate::version::Version;
use loom::sync::Arc;
use loom::thread;

/// Two numbers that are always the same.
#[derive(Default)]
struct Pair {
    version: Version,
    first: AtomicU64,
    second: AtomicU64,
}

impl Pair {
    fn write(&self, number: u64) {
        self.version.write(|| {
            self.first.store(number, Ordering::Relaxed);
            self.second.store(number, Ordering::Relaxed);
        });
    }

    fn read(&self) -> Option<(u64, u64)> {
        self.version.read(|| (self.first.load(Ordering::Relaxed), self.second.load(Ordering::Relaxed)))
    }
}

#[test]
fn who_reads_sees_what_was_written_together() {
    loom::model(|| {
        let pair = Arc::new(Pair::default());
        let writer = {
            let pair = Arc::clone(&pair);
            thread::spawn(move || {
                pair.write(1);
                pair.write(2);
            })
        };
        if let Some((first, second)) = pair.read() {
            assert_eq!(first, second, "half of another");
        }
        writer.join().unwrap();
        assert_eq!(pair.read(), Some((2, 2)));
    });
}

#[test]
fn a_writer_that_was_killed_hinders_neither_readers_nor_the_next_writer() {
    let mut model = loom::model::Builder::new();
    // A reader tries for a while.
    model.max_branches = 10_000;
    model.check(|| {
        let pair = Arc::new(Pair::default());
        pair.write(1);
        // It goes away in the middle.
        pair.version.begin();
        assert_eq!(pair.read(), None);
        pair.write(2);
        assert_eq!(pair.read(), Some((2, 2)));
    });
}
