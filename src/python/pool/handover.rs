//! The hand-over: in which member of a pool a job runs, when, and on which thread.
//!
//! * Each member has as many places as [`Width`] says. A job that finds one runs at once, on
//!   the thread that brings it.
//! * Else it queues and its thread sleeps, until an executor has run it: a thread of a
//!   member's own, which takes one job after the other without sleeping in between. So a
//!   busy member stays on one processor; where each job woke its own thread, the kernel put
//!   it where that thread had last run, half the time behind the other member's.
//! * Who leaves a place while jobs wait leaves it to an executor.
//!
//! Nothing here knows Python: `tests/models` runs it under loom.

use super::mailbox::Mailbox;
use crate::settings::pool_width::Width;
use crate::sync::Mutex;
use std::collections::VecDeque;
use std::mem;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// After so long without any job's end, those that wait are let in beside those that run.
const STANDSTILL: Duration = Duration::from_millis(50);

pub trait Member: Sized + Send + Sync + 'static {
    /// Keeps the member from being ended.
    type Lease: Send + 'static;

    /// None if it has ended.
    fn lease(member: &Arc<Self>) -> Option<Self::Lease>;
}

/// What is to be done in a member. It does not panic.
pub type Job<M> = Box<dyn FnOnce(&<M as Member>::Lease) + Send>;

/// What the hand-over needs of the system.
#[derive(Clone, Copy)]
pub struct Threads {
    /// Starts a thread; false if that cannot be.
    pub start: fn(Box<dyn FnOnce() + Send>) -> bool,
    /// The processor's time that this thread has used.
    pub cpu_time: fn() -> Duration,
}

pub struct HandOver<M: Member> {
    state: Mutex<State<M>>,
    threads: Threads,
}

struct State<M: Member> {
    members: Vec<Places<M>>,
    /// Jobs for whichever member has room first.
    queue: VecDeque<Arc<Ticket<M>>>,
    width: Width,
    /// Jobs that have left their place.
    ended: u64,
    /// How many had at the last look, and when that was.
    looked: (u64, Instant),
}

/// A member and the places in it.
struct Places<M: Member> {
    member: Arc<M>,
    taken: usize,
    /// Jobs for this member and no other.
    queue: VecDeque<Arc<Ticket<M>>>,
    /// Executors that have nothing to do; the last to come is the first to be called.
    parked: Vec<Arc<Mailbox<Order<M>>>>,
    /// Executors at work, and since when there was one, or the last job ended.
    executing: usize,
    since: Instant,
}

/// A job that waits, and what its thread waits for.
pub struct Ticket<M: Member> {
    job: Mutex<Option<Job<M>>>,
    answer: Mailbox<Answer<M>>,
}

enum Answer<M: Member> {
    Done,
    /// The pool was closed, and the job is not run.
    Closed,
    /// There is no executor.
    RunHere(Place<M>),
}

/// What an executor is called for.
enum Order<M: Member> {
    Run(Arc<Ticket<M>>, M::Lease),
    Leave,
}

/// What became of a job.
pub enum Entered<M: Member> {
    /// It is to be run on this thread, now.
    Here(Place<M>),
    /// It is queued.
    Queued(Arc<Ticket<M>>),
    /// There is no member.
    Nowhere,
}

/// A place in a member; it is left when this is dropped.
pub struct Place<M: Member> {
    handover: Arc<HandOver<M>>,
    member: Arc<M>,
    lease: Option<M::Lease>,
}

impl<M: Member> HandOver<M> {
    pub fn new(threads: Threads) -> Arc<Self> {
        let state = State {
            members: Vec::new(),
            queue: VecDeque::new(),
            width: Width::default(),
            ended: 0,
            looked: (0, Instant::now()),
        };
        Arc::new(HandOver { state: Mutex::new(state), threads })
    }

    /// Puts the member where `old` was, or beside the others.
    pub fn put(self: &Arc<Self>, member: &Arc<M>, old: Option<&Arc<M>>) {
        let mut state = self.state.lock();
        let left = old.and_then(|old| state.remove(old));
        state.members.push(Places::new(member));
        let orders = state.orders();
        drop(state);
        self.dissolve(left.into_iter());
        self.carry_out(orders);
    }

    /// Takes all members out.
    pub fn close(self: &Arc<Self>) {
        let mut state = self.state.lock();
        let members = mem::take(&mut state.members);
        let queued = mem::take(&mut state.queue);
        drop(state);
        queued.iter().for_each(|ticket| ticket.answer.put(Answer::Closed));
        self.dissolve(members.into_iter());
    }

    /// Has a job run in `wanted`, or in the first member that has room; `job` is called if it
    /// has to wait.
    pub fn enter(self: &Arc<Self>, wanted: Option<&Arc<M>>, job: impl FnOnce() -> Job<M>) -> Entered<M> {
        let mut state = self.state.lock();
        if let Some((member, lease)) = state.take_place(wanted) {
            drop(state);
            return Entered::Here(Place { handover: Arc::clone(self), member, lease: Some(lease) });
        }
        let ticket = || Arc::new(Ticket { job: Mutex::new(Some(job())), answer: Mailbox::new() });
        let state = &mut *state;
        let queue = match wanted {
            Some(wanted) => match state.at(wanted) {
                Some(at) => &mut state.members[at].queue,
                None => return Entered::Nowhere,
            },
            None if state.members.is_empty() => return Entered::Nowhere,
            None => &mut state.queue,
        };
        let ticket = ticket();
        queue.push_back(Arc::clone(&ticket));
        Entered::Queued(ticket)
    }

    /// Returns when the job of the ticket has been run, or dropped because the pool was closed.
    pub fn wait(self: &Arc<Self>, ticket: &Ticket<M>) {
        let answer = loop {
            if let Some(answer) = ticket.answer.take_within(STANDSTILL) {
                break answer;
            }
            let orders = self.state.lock().look_for_standstill();
            self.carry_out(orders);
        };
        if let Answer::RunHere(place) = answer {
            ticket.run(place.lease());
        }
        // Nobody else has the job now; it must not outlive this call.
        ticket.job.lock().take();
    }

    /// The member that has the least to do.
    pub fn least_busy(&self) -> Option<M::Lease> {
        let state = self.state.lock();
        let places = state.members.iter().min_by_key(|places| places.taken + places.queue.len())?;
        M::lease(&places.member)
    }

    /// Gives each its order: to an executor, or, where there can be none, to the job's thread.
    fn carry_out(self: &Arc<Self>, orders: Vec<Called<M>>) {
        for Called { member, executor, ticket, lease } in orders {
            match executor {
                Some(executor) => executor.put(Order::Run(ticket, lease)),
                None => self.start_executor(member, ticket, lease),
            }
        }
    }

    fn start_executor(self: &Arc<Self>, member: Arc<M>, ticket: Arc<Ticket<M>>, lease: M::Lease) {
        let bell = Arc::new(Mailbox::new());
        bell.put(Order::Run(ticket, lease));
        let executor =
            Executor { handover: Arc::clone(self), member: Arc::clone(&member), bell: Arc::clone(&bell) };
        if (self.threads.start)(Box::new(move || executor.work())) {
            return;
        }
        if let Order::Run(ticket, lease) = bell.take() {
            let place = Place { handover: Arc::clone(self), member, lease: Some(lease) };
            self.state.lock().stop_executing(&place.member);
            ticket.answer.put(Answer::RunHere(place));
        }
    }

    /// The members are not of the pool any more. Who waits for one of them keeps it by a lease.
    fn dissolve(self: &Arc<Self>, members: impl Iterator<Item = Places<M>>) {
        for Places { member, queue, parked, .. } in members {
            parked.iter().for_each(|executor| executor.put(Order::Leave));
            for ticket in queue {
                let place = Place {
                    handover: Arc::clone(self),
                    member: Arc::clone(&member),
                    lease: M::lease(&member),
                };
                ticket.answer.put(Answer::RunHere(place));
            }
        }
    }
}

/// An order that is to be carried out when the state's lock is released.
struct Called<M: Member> {
    member: Arc<M>,
    executor: Option<Arc<Mailbox<Order<M>>>>,
    ticket: Arc<Ticket<M>>,
    lease: M::Lease,
}

impl<M: Member> State<M> {
    fn at(&self, member: &Arc<M>) -> Option<usize> {
        self.members.iter().position(|places| Arc::ptr_eq(&places.member, member))
    }

    fn remove(&mut self, member: &Arc<M>) -> Option<Places<M>> {
        self.at(member).map(|at| self.members.swap_remove(at))
    }

    /// A place that nobody waits for.
    fn take_place(&mut self, wanted: Option<&Arc<M>>) -> Option<(Arc<M>, M::Lease)> {
        let width = self.width.get();
        let places = match wanted {
            Some(wanted) => {
                let at = self.at(wanted)?;
                &mut self.members[at]
            }
            None if !self.queue.is_empty() => return None,
            None => self.members.iter_mut().min_by_key(|places| places.taken)?,
        };
        if places.taken >= width || !places.queue.is_empty() {
            return None;
        }
        let lease = M::lease(&places.member)?;
        places.taken += 1;
        Some((Arc::clone(&places.member), lease))
    }

    /// What is to run next in the member: what can run there only comes first.
    fn next(&mut self, at: usize) -> Option<Arc<Ticket<M>>> {
        self.members[at].queue.pop_front().or_else(|| self.queue.pop_front())
    }

    /// The next job for a place that was used until now; None: it is free again.
    fn reuse(&mut self, at: usize) -> Option<Arc<Ticket<M>>> {
        self.ended += 1;
        let fits = self.members[at].taken <= self.width.get();
        let next = if fits { self.next(at) } else { None };
        if next.is_none() {
            self.members[at].taken -= 1;
        }
        next
    }

    /// Fills the places that are free with what waits.
    fn orders(&mut self) -> Vec<Called<M>> {
        let mut orders = Vec::new();
        for at in 0..self.members.len() {
            while self.members[at].taken < self.width.get() {
                // A lease that is dropped here might end the member, under the lock.
                if self.members[at].queue.is_empty() && self.queue.is_empty() {
                    break;
                }
                let Some(lease) = M::lease(&self.members[at].member) else { break };
                let Some(ticket) = self.next(at) else { break };
                self.members[at].taken += 1;
                orders.push(self.call(at, ticket, lease));
            }
        }
        orders
    }

    fn look_for_standstill(&mut self) -> Vec<Called<M>> {
        let (ended, since) = self.looked;
        let now = Instant::now();
        if ended == self.ended && now - since < STANDSTILL {
            return Vec::new();
        }
        self.looked = (self.ended, now);
        if ended != self.ended {
            return Vec::new();
        }
        self.width.widen();
        self.orders()
    }

    fn call(&mut self, at: usize, ticket: Arc<Ticket<M>>, lease: M::Lease) -> Called<M> {
        let places = &mut self.members[at];
        if places.executing == 0 {
            places.since = Instant::now();
        }
        places.executing += 1;
        Called { member: Arc::clone(&places.member), executor: places.parked.pop(), ticket, lease }
    }

    fn stop_executing(&mut self, member: &Arc<M>) {
        if let Some(at) = self.at(member) {
            self.members[at].executing -= 1;
        }
    }

    /// An executor has run a job, which took so much of the processor's time.
    fn note(&mut self, at: usize, cpu: Duration) {
        let now = Instant::now();
        let wall = now - mem::replace(&mut self.members[at].since, now);
        let others_wait =
            !self.queue.is_empty() || self.members.iter().any(|places| !places.queue.is_empty());
        self.width.note(cpu, wall, others_wait);
    }
}

impl<M: Member> Places<M> {
    fn new(member: &Arc<M>) -> Self {
        Places {
            member: Arc::clone(member),
            taken: 0,
            queue: VecDeque::new(),
            parked: Vec::new(),
            executing: 0,
            since: Instant::now(),
        }
    }
}

impl<M: Member> Ticket<M> {
    fn run(&self, lease: Option<&M::Lease>) {
        let job = self.job.lock().take();
        if let (Some(job), Some(lease)) = (job, lease) {
            job(lease);
        }
    }
}

impl<M: Member> Place<M> {
    /// None if the member has ended.
    pub fn lease(&self) -> Option<&M::Lease> {
        self.lease.as_ref()
    }
}

impl<M: Member> Drop for Place<M> {
    fn drop(&mut self) {
        let Some(lease) = self.lease.take() else { return };
        let mut state = self.handover.state.lock();
        // A member that was replaced has no places any more.
        let Some(at) = state.at(&self.member) else { return };
        let Some(ticket) = state.reuse(at) else { return };
        let order = state.call(at, ticket, lease);
        drop(state);
        self.handover.carry_out(vec![order]);
    }
}

/// A thread that runs what is queued.
struct Executor<M: Member> {
    handover: Arc<HandOver<M>>,
    member: Arc<M>,
    bell: Arc<Mailbox<Order<M>>>,
}

impl<M: Member> Executor<M> {
    fn work(self) {
        while let Order::Run(ticket, lease) = self.bell.take() {
            let mut next = Some(ticket);
            while let Some(ticket) = next {
                let before = (self.handover.threads.cpu_time)();
                ticket.run(Some(&lease));
                ticket.answer.put(Answer::Done);
                next = self.next((self.handover.threads.cpu_time)().saturating_sub(before));
            }
            // Before it sleeps, and not under the lock: the last lease ends the member.
            drop(lease);
        }
    }

    /// What to do at once; if nothing, the executor is parked.
    fn next(&self, cpu: Duration) -> Option<Arc<Ticket<M>>> {
        let mut state = self.handover.state.lock();
        let Some(at) = state.at(&self.member) else {
            self.bell.put(Order::Leave);
            return None;
        };
        state.note(at, cpu);
        let next = state.reuse(at);
        if next.is_none() {
            state.members[at].executing -= 1;
            state.members[at].parked.push(Arc::clone(&self.bell));
        }
        let orders = state.orders();
        drop(state);
        self.handover.carry_out(orders);
        next
    }
}
