//! An interpreter is ended once, and while nobody uses it.

use crate::sync::Mutex;
use crate::users::Users;
use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::thread;

/// What stands for an interpreter.
#[derive(Default)]
struct Interpreter {
    users: Users,
    inside: AtomicUsize,
    ends: AtomicUsize,
}

impl Interpreter {
    /// Uses it, if it has not ended.
    fn serve(&self) -> bool {
        if !self.users.enter() {
            return false;
        }
        self.inside.fetch_add(1, Ordering::SeqCst);
        assert_eq!(self.ends.load(Ordering::SeqCst), 0, "it is used after its end");
        self.inside.fetch_sub(1, Ordering::SeqCst);
        if self.users.leave() {
            self.end();
        }
        true
    }

    fn retire(&self) {
        if self.users.retire() {
            self.end();
        }
    }

    fn end(&self) {
        assert_eq!(self.inside.load(Ordering::SeqCst), 0, "it is ended while it is used");
        assert_eq!(self.ends.fetch_add(1, Ordering::SeqCst), 0, "it is ended twice");
    }

    fn has_ended(&self) -> bool {
        self.ends.load(Ordering::SeqCst) == 1
    }
}

#[test]
fn the_last_user_or_who_retires_it_ends_it() {
    loom::model(|| {
        let interpreter = Arc::new(Interpreter::default());
        let users: Vec<_> = (0..2)
            .map(|_| {
                let interpreter = Arc::clone(&interpreter);
                thread::spawn(move || interpreter.serve())
            })
            .collect();
        interpreter.retire();
        for user in users {
            user.join().unwrap();
        }
        assert!(interpreter.has_ended());
        assert!(!interpreter.serve());
    });
}

#[test]
fn two_that_retire_it_end_it_once() {
    loom::model(|| {
        let interpreter = Arc::new(Interpreter::default());
        let other = {
            let interpreter = Arc::clone(&interpreter);
            thread::spawn(move || interpreter.retire())
        };
        interpreter.serve();
        interpreter.retire();
        other.join().unwrap();
        assert!(interpreter.has_ended());
    });
}

/// As the registry has it: a name means an interpreter, until a fresh one takes its place.
#[test]
fn who_looks_a_name_up_finds_one_that_serves() {
    loom::model(|| {
        let old = Arc::new(Interpreter::default());
        let fresh = Arc::new(Interpreter::default());
        let named = Arc::new(Mutex::new(Arc::clone(&old)));
        let user = {
            let named = Arc::clone(&named);
            thread::spawn(move || {
                let found = {
                    let named = named.lock();
                    assert!(named.users.enter(), "the name means one that has ended");
                    Arc::clone(&named)
                };
                assert!(!found.has_ended());
                if found.users.leave() {
                    found.end();
                }
            })
        };
        *named.lock() = Arc::clone(&fresh);
        old.retire();
        user.join().unwrap();
        assert!(old.has_ended());
        assert!(!fresh.has_ended());
    });
}
