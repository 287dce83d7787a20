//! Which calls of handlers are due, and what comes next for each. Book-keeping only: it reads
//! no clock and knows neither httpd nor Python.
//!
//! ```text
//! waiting  -- its time is up -->  asked  -- the exception is raised -->  raised
//!                                   |                                      |
//!                                   +--- it goes on for the grace period --+-->  given up
//! ```
//!
//! Calls nest on a thread: a handler redirects, writes through a filter. Only the innermost
//! one is ever due, since an exception for the one around it would end the inner one in its
//! place. When an inner one had to be interrupted, the one around it has the grace period to
//! draw its conclusions.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A call, by its thread and a number that no other call has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    thread: u64,
    serial: u64,
}

/// What is to be done about a call.
#[derive(Debug, PartialEq, Eq)]
pub enum Due<W> {
    /// Raise the exception in it.
    Interrupt(Token, Arc<W>),
    /// It has not ended within the grace period.
    GiveUp {
        work: Arc<W>,
        /// Whether the exception could be raised.
        raised: bool,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Waiting,
    Asked,
    Raised,
    GivenUp,
}

struct Call<W> {
    serial: u64,
    stage: Stage,
    /// When the stage is over.
    until: Instant,
    work: Arc<W>,
}

pub struct Deadlines<W> {
    /// The calls of each thread that has any, the innermost one last.
    threads: HashMap<u64, Vec<Call<W>>>,
    /// Of the call begun last.
    serial: u64,
    grace: Duration,
}

impl<W> Deadlines<W> {
    /// `grace`: how long a call may go on after its deadline.
    pub fn new(grace: Duration) -> Self {
        Deadlines { threads: HashMap::new(), serial: 0, grace }
    }

    /// A call begins on the thread.
    pub fn enter(&mut self, thread: u64, deadline: Instant, work: W) -> Token {
        self.serial += 1;
        let (serial, work) = (self.serial, Arc::new(work));
        let call = Call { serial, stage: Stage::Waiting, until: deadline, work };
        self.threads.entry(thread).or_default().push(call);
        Token { thread, serial }
    }

    /// The call has ended. Whether the exception may have been raised in it; and when something
    /// is due on its thread, if another call is left there.
    pub fn leave(&mut self, token: Token, now: Instant) -> (bool, Option<Instant>) {
        let Some(calls) = self.threads.get_mut(&token.thread) else { return (false, None) };
        let ended = calls.iter().position(|call| call.serial == token.serial).map(|at| calls.remove(at));
        let raised = ended.is_some_and(|call| matches!(call.stage, Stage::Raised | Stage::GivenUp));
        let Some(outer) = calls.last_mut() else {
            self.threads.remove(&token.thread);
            return (raised, None);
        };
        if raised && outer.stage == Stage::Waiting {
            outer.until = outer.until.max(now + self.grace);
        }
        (raised, outer.next())
    }

    /// Whether the exception is still to be raised in that call.
    pub fn is_asked(&self, token: Token) -> bool {
        let innermost = self.threads.get(&token.thread).and_then(|calls| calls.last());
        innermost.is_some_and(|call| call.serial == token.serial && call.stage == Stage::Asked)
    }

    /// The exception is raised in that call.
    pub fn set_raised(&mut self, token: Token) {
        let innermost = self.threads.get_mut(&token.thread).and_then(|calls| calls.last_mut());
        if let Some(call) = innermost.filter(|call| call.serial == token.serial) {
            call.stage = Stage::Raised;
        }
    }

    /// When something is due.
    pub fn next(&self) -> Option<Instant> {
        self.threads.values().filter_map(|calls| calls.last()?.next()).min()
    }

    /// What is due by now; said once for each stage of each call.
    pub fn take_due(&mut self, now: Instant) -> Vec<Due<W>> {
        let grace = self.grace;
        let innermost =
            self.threads.iter_mut().filter_map(|(thread, calls)| Some((*thread, calls.last_mut()?)));
        let due = innermost.filter(|(_, call)| call.next().is_some_and(|until| until <= now));
        due.map(|(thread, call)| {
            let work = Arc::clone(&call.work);
            if call.stage == Stage::Waiting {
                (call.stage, call.until) = (Stage::Asked, now + grace);
                return Due::Interrupt(Token { thread, serial: call.serial }, work);
            }
            let raised = call.stage == Stage::Raised;
            call.stage = Stage::GivenUp;
            Due::GiveUp { work, raised }
        })
        .collect()
    }

    /// How many threads are in a call that was given up.
    pub fn given_up(&self) -> usize {
        let innermost = self.threads.values().filter_map(|calls| calls.last());
        innermost.filter(|call| call.stage == Stage::GivenUp).count()
    }
}

impl<W> Call<W> {
    fn next(&self) -> Option<Instant> {
        (self.stage != Stage::GivenUp).then_some(self.until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GRACE: Duration = Duration::from_secs(5);

    fn seconds(number: u64) -> Duration {
        Duration::from_secs(number)
    }

    fn deadlines() -> (Deadlines<&'static str>, Instant) {
        (Deadlines::new(GRACE), Instant::now())
    }

    fn interrupted(due: &[Due<&'static str>]) -> Vec<&'static str> {
        due.iter()
            .filter_map(|due| if let Due::Interrupt(_, work) = due { Some(**work) } else { None })
            .collect()
    }

    #[test]
    fn a_call_is_due_once() {
        let (mut deadlines, start) = deadlines();
        deadlines.enter(1, start + seconds(3), "slow");
        assert_eq!(deadlines.next(), Some(start + seconds(3)));
        assert!(deadlines.take_due(start + seconds(2)).is_empty());
        assert_eq!(interrupted(&deadlines.take_due(start + seconds(3))), ["slow"]);
        assert!(deadlines.take_due(start + seconds(4)).is_empty());
    }

    #[test]
    fn what_ends_in_time_is_never_due() {
        let (mut deadlines, start) = deadlines();
        let token = deadlines.enter(1, start + seconds(3), "quick");
        assert_eq!(deadlines.leave(token, start), (false, None));
        assert_eq!(deadlines.next(), None);
        assert!(deadlines.take_due(start + seconds(9)).is_empty());
    }

    #[test]
    fn the_exception_is_not_for_the_next_call_on_the_thread() {
        let (mut deadlines, start) = deadlines();
        let first = deadlines.enter(1, start, "first");
        deadlines.take_due(start);
        assert!(deadlines.is_asked(first));
        deadlines.leave(first, start);
        deadlines.enter(1, start + seconds(3), "second");
        assert!(!deadlines.is_asked(first));
    }

    #[test]
    fn leaving_tells_whether_the_exception_was_raised() {
        let (mut deadlines, start) = deadlines();
        let token = deadlines.enter(1, start, "slow");
        deadlines.take_due(start);
        deadlines.set_raised(token);
        assert!(!deadlines.is_asked(token));
        assert_eq!(deadlines.leave(token, start), (true, None));
    }

    #[test]
    fn what_goes_on_for_the_grace_period_is_given_up_once() {
        let (mut deadlines, start) = deadlines();
        let token = deadlines.enter(1, start, "stubborn");
        deadlines.enter(2, start, "silent");
        deadlines.take_due(start);
        deadlines.set_raised(token);
        let mut given_up: Vec<_> = deadlines
            .take_due(start + GRACE)
            .into_iter()
            .map(|due| if let Due::GiveUp { work, raised } = due { (*work, raised) } else { ("", false) })
            .collect();
        given_up.sort_unstable();
        assert_eq!(given_up, [("silent", false), ("stubborn", true)]);
        assert_eq!((deadlines.given_up(), deadlines.next()), (2, None));
        deadlines.leave(token, start);
        assert_eq!(deadlines.given_up(), 1);
    }

    #[test]
    fn the_outer_call_is_due_when_the_inner_one_has_ended() {
        let (mut deadlines, start) = deadlines();
        deadlines.enter(1, start + seconds(3), "outer");
        let inner = deadlines.enter(1, start + seconds(9), "inner");
        assert!(deadlines.take_due(start + seconds(4)).is_empty());
        let (_, next) = deadlines.leave(inner, start + seconds(4));
        assert_eq!(next, Some(start + seconds(3)));
        assert_eq!(interrupted(&deadlines.take_due(start + seconds(4))), ["outer"]);
    }

    #[test]
    fn the_outer_call_has_the_grace_period_after_the_inner_one_was_interrupted() {
        let (mut deadlines, start) = deadlines();
        deadlines.enter(1, start + seconds(3), "outer");
        let inner = deadlines.enter(1, start + seconds(3), "inner");
        assert_eq!(interrupted(&deadlines.take_due(start + seconds(3))), ["inner"]);
        deadlines.set_raised(inner);
        let (_, next) = deadlines.leave(inner, start + seconds(4));
        assert_eq!(next, Some(start + seconds(4) + GRACE));
        assert!(deadlines.take_due(start + seconds(5)).is_empty());
        assert_eq!(interrupted(&deadlines.take_due(start + seconds(4) + GRACE)), ["outer"]);
    }

    #[test]
    fn threads_are_apart() {
        let (mut deadlines, start) = deadlines();
        deadlines.enter(1, start + seconds(1), "one");
        deadlines.enter(2, start + seconds(2), "two");
        assert_eq!(deadlines.next(), Some(start + seconds(1)));
        assert_eq!(interrupted(&deadlines.take_due(start + seconds(1))), ["one"]);
        assert_eq!(interrupted(&deadlines.take_due(start + seconds(2))), ["two"]);
    }
}
