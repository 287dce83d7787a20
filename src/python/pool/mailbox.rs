//! One message from one thread to another.

use crate::sync::{Condvar, Mutex};
use std::time::Duration;

pub struct Mailbox<T> {
    content: Mutex<Option<T>>,
    arrived: Condvar,
}

impl<T> Mailbox<T> {
    pub fn new() -> Self {
        Mailbox { content: Mutex::new(None), arrived: Condvar::new() }
    }

    pub fn put(&self, message: T) {
        // Told under the lock: who takes the message may end the mailbox.
        let mut content = self.content.lock();
        *content = Some(message);
        self.arrived.notify_one();
    }

    pub fn take(&self) -> T {
        let mut content = self.content.lock();
        loop {
            if let Some(message) = content.take() {
                return message;
            }
            self.arrived.wait(&mut content);
        }
    }

    /// None if nothing comes for so long.
    pub fn take_within(&self, patience: Duration) -> Option<T> {
        let mut content = self.content.lock();
        if content.is_none() {
            self.arrived.wait_for(&mut content, patience);
        }
        content.take()
    }
}
