//! Every job is run once, where it belongs, beside no more than there are places for.

use crate::pool::handover::{Entered, HandOver, Member, Threads};
use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::thread::{self, JoinHandle};
use std::sync::Arc;
use std::time::Duration;

/// What stands for an interpreter.
#[derive(Default)]
struct Room {
    /// Then nobody counts its places any more.
    was_replaced: bool,
    inside: AtomicUsize,
    served: AtomicUsize,
}

impl Member for Room {
    type Lease = Arc<Room>;

    fn lease(member: &Arc<Self>) -> Option<Arc<Room>> {
        Some(Arc::clone(member))
    }
}

impl Room {
    fn serve(&self) {
        let others = self.inside.fetch_add(1, Ordering::SeqCst);
        assert!(others == 0 || self.was_replaced, "two jobs in one place");
        self.served.fetch_add(1, Ordering::SeqCst);
        self.inside.fetch_sub(1, Ordering::SeqCst);
    }

    fn served(&self) -> usize {
        self.served.load(Ordering::SeqCst)
    }
}

const THREADS: Threads = Threads {
    start: |work| {
        thread::spawn(work);
        true
    },
    cpu_time: || Duration::ZERO,
};

const NO_THREADS: Threads = Threads { start: |_| false, cpu_time: || Duration::ZERO };

fn pool(threads: Threads, members: usize) -> (Arc<HandOver<Room>>, Vec<Arc<Room>>) {
    let pool = HandOver::new(threads);
    let rooms: Vec<_> = (0..members).map(|_| Arc::new(Room::default())).collect();
    rooms.iter().for_each(|room| pool.put(room, None));
    (pool, rooms)
}

/// Brings a job and waits until it has been run; false if it was given back.
fn bring(pool: &Arc<HandOver<Room>>, wanted: Option<&Arc<Room>>) -> bool {
    let runs = Arc::new(AtomicUsize::new(0));
    let job = || {
        let runs = Arc::clone(&runs);
        let work: Box<dyn FnOnce(&Arc<Room>) + Send> = Box::new(move |room| {
            room.serve();
            runs.fetch_add(1, Ordering::SeqCst);
        });
        work
    };
    match pool.enter(wanted, job) {
        Entered::Here(place) => job()(place.lease().unwrap()),
        Entered::Queued(ticket) => pool.wait(&ticket),
        Entered::Nowhere => {}
    }
    let runs = runs.load(Ordering::SeqCst);
    assert!(runs <= 1, "a job is run twice");
    runs == 1
}

fn brings(pool: &Arc<HandOver<Room>>, wanted: Option<&Arc<Room>>) -> JoinHandle<bool> {
    let (pool, wanted) = (Arc::clone(pool), wanted.cloned());
    thread::spawn(move || bring(&pool, wanted.as_ref()))
}

/// Three threads bring a job each, which is run.
fn bring_three(pool: &Arc<HandOver<Room>>) {
    let others = [brings(pool, None), brings(pool, None)];
    assert!(bring(pool, None));
    for other in others {
        assert!(other.join().unwrap());
    }
}

/// Two preemptions find nearly all that more would, in seconds instead of hours.
fn model(threads: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(2);
    builder.check(threads);
}

#[test]
fn jobs_for_one_place_run_one_after_the_other() {
    model(|| {
        let (pool, rooms) = pool(THREADS, 1);
        bring_three(&pool);
        assert_eq!(rooms[0].served(), 3);
        pool.close();
    });
}

#[test]
fn two_members_share_what_comes() {
    model(|| {
        let (pool, rooms) = pool(THREADS, 2);
        bring_three(&pool);
        assert_eq!(rooms[0].served() + rooms[1].served(), 3);
        pool.close();
    });
}

#[test]
fn a_job_for_one_member_runs_there() {
    model(|| {
        let (pool, rooms) = pool(THREADS, 2);
        let other = brings(&pool, Some(&rooms[1]));
        assert!(bring(&pool, Some(&rooms[1])));
        assert!(other.join().unwrap());
        assert_eq!([rooms[0].served(), rooms[1].served()], [0, 2]);
        pool.close();
    });
}

#[test]
fn without_further_threads_each_runs_its_own() {
    model(|| {
        let (pool, rooms) = pool(NO_THREADS, 1);
        bring_three(&pool);
        assert_eq!(rooms[0].served(), 3);
        pool.close();
    });
}

#[test]
fn what_waits_for_a_member_that_is_replaced_runs() {
    model(|| {
        let (pool, rooms) = pool(THREADS, 1);
        let other = brings(&pool, None);
        let fresh = Arc::new(Room::default());
        pool.put(&fresh, Some(&rooms[0]));
        assert!(bring(&pool, None));
        assert!(other.join().unwrap());
        assert_eq!(rooms[0].served() + fresh.served(), 2);
        pool.close();
    });
}

#[test]
fn what_belongs_to_a_member_that_is_replaced_runs_there_still() {
    model(|| {
        let pool = HandOver::new(THREADS);
        let old = Arc::new(Room { was_replaced: true, ..Room::default() });
        pool.put(&old, None);
        let others = [brings(&pool, Some(&old)), brings(&pool, Some(&old))];
        let fresh = Arc::new(Room::default());
        pool.put(&fresh, Some(&old));
        let ran = others.into_iter().filter_map(|other| other.join().unwrap().then_some(())).count();
        assert_eq!([old.served(), fresh.served()], [ran, 0]);
        pool.close();
    });
}

#[test]
fn a_pool_that_is_closed_gives_back_what_it_has_not_run() {
    model(|| {
        let (pool, rooms) = pool(THREADS, 1);
        let others = [brings(&pool, None), brings(&pool, None)];
        pool.close();
        let ran = others.into_iter().filter_map(|other| other.join().unwrap().then_some(())).count();
        assert_eq!(rooms[0].served(), ran);
        assert!(!bring(&pool, None));
    });
}
