//! How many requests at once one member of a pool is given.
//!
//! One is best where handlers compute: then nobody waits for a lock of Python, and each
//! member stays on its processor. Where they wait for something else, one leaves the member
//! idle. Which it is shows in the processor's time that a member uses while it has requests.

use std::time::Duration;

const MOST: usize = 64;
/// What has to be seen for a decision.
const JOBS: u32 = 4;
const TIME: Duration = Duration::from_millis(50);
/// So many looks that speak neither for more nor for less are reason to try less: jobs that
/// compute hinder one another where there are too many, and look as if they waited a little.
const UNDECIDED: u32 = 4;

pub struct Width {
    width: usize,
    jobs: u32,
    /// Processor's time of the jobs.
    cpu: Duration,
    /// Time in which members had jobs.
    wall: Duration,
    undecided: u32,
}

impl Default for Width {
    fn default() -> Self {
        Width { width: 1, jobs: 0, cpu: Duration::ZERO, wall: Duration::ZERO, undecided: 0 }
    }
}

impl Width {
    pub fn get(&self) -> usize {
        self.width
    }

    /// A job ended, which took so much; `wall` is what has passed since the member's last.
    pub fn note(&mut self, cpu: Duration, wall: Duration, others_wait: bool) {
        self.jobs += 1;
        self.cpu += cpu;
        self.wall += wall;
        if self.jobs < JOBS || self.wall < TIME {
            return;
        }
        let used = self.cpu.as_secs_f64() / self.wall.as_secs_f64();
        (self.jobs, self.cpu, self.wall) = (0, Duration::ZERO, Duration::ZERO);
        match used {
            ..0.7 if others_wait => self.widen(),
            ..0.7 => {}
            ..0.85 if self.undecided < UNDECIDED => self.undecided += 1,
            _ => self.narrow(),
        }
    }

    /// Requests wait, and none comes to its end: those that run may wait for these.
    pub fn widen(&mut self) {
        self.width = (self.width + (self.width / 2).max(1)).min(MOST);
        self.undecided = 0;
    }

    fn narrow(&mut self) {
        self.width = (self.width - (self.width / 4).max(1)).max(1);
        self.undecided = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::{MOST, Width};
    use std::time::Duration;

    /// Jobs of 20 ms, of which they compute so many.
    fn after(width: &mut Width, jobs: usize, computing: u64, others_wait: bool) -> usize {
        for _ in 0..jobs {
            width.note(Duration::from_millis(computing), Duration::from_millis(20), others_wait);
        }
        width.get()
    }

    #[test]
    fn starts_with_one() {
        assert_eq!(Width::default().get(), 1);
    }

    #[test]
    fn computing_jobs_stay_alone() {
        assert_eq!(after(&mut Width::default(), 100, 20, true), 1);
    }

    #[test]
    fn waiting_jobs_get_company_up_to_a_limit() {
        let mut width = Width::default();
        assert_eq!(after(&mut width, 3, 0, true), 1);
        assert_eq!(after(&mut width, 1, 0, true), 2);
        assert_eq!(after(&mut width, 16, 0, true), 9);
        assert_eq!(after(&mut width, 100, 0, true), MOST);
    }

    #[test]
    fn nobody_waits_nothing_widens() {
        assert_eq!(after(&mut Width::default(), 100, 0, false), 1);
    }

    #[test]
    fn computing_jobs_narrow_what_waiting_ones_widened() {
        let mut width = Width::default();
        after(&mut width, 100, 0, true);
        assert_eq!(after(&mut width, 100, 20, true), 1);
    }

    #[test]
    fn between_the_two_less_is_tried_now_and_then() {
        let mut width = Width::default();
        let wide = after(&mut width, 20, 0, true);
        assert_eq!(after(&mut width, 16, 16, true), wide);
        assert!(after(&mut width, 4, 16, true) < wide);
        assert_eq!(after(&mut width, 400, 16, true), 1);
    }

    #[test]
    fn a_standstill_widens_at_once() {
        let mut width = Width::default();
        width.widen();
        assert_eq!(width.get(), 2);
    }
}
