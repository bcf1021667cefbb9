//! Approvals that live and die with this process: a human's yes for one exact call, once.
//!
//! A call is first shown to a human, then its yes is redeemed right before the call runs. What was
//! not shown in this process, was shown for another call, or was used, is not redeemed.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Most calls that are remembered. When there are more, the oldest are forgotten, and with them
/// any yes that is still to come.
const REMEMBERED: usize = 10_000;

/// Calls that were shown to a human.
///
/// A call is known by its fingerprint (its meaning) and the framework's id of it, so that two equal
/// calls need two approvals and a replayed call none of them.
#[derive(Debug)]
pub struct Approvals {
    valid_for: Duration,
    calls: Mutex<HashMap<(String, String), Shown>>,
}

#[derive(Debug, Clone, Copy)]
struct Shown {
    since: Instant,
    used: bool,
}

impl Approvals {
    /// No approvals yet. One that nobody uses is void after `valid_for`.
    #[must_use]
    pub fn new(valid_for: Duration) -> Self {
        Self {
            valid_for,
            calls: Mutex::default(),
        }
    }

    /// Notes that a human is about to be asked. False when this very call was approved and used
    /// before; a call without an id may be asked for again.
    pub fn show(&self, fingerprint: &str, call_id: &str) -> bool {
        let now = Instant::now();
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (fingerprint.to_owned(), call_id.to_owned());
        if !call_id.is_empty() && calls.get(&key).is_some_and(|shown| shown.used) {
            return false;
        }
        if calls.len() >= REMEMBERED {
            forget(&mut calls, |shown| now - shown.since > self.valid_for);
        }
        let shown = Shown {
            since: now,
            used: false,
        };
        calls.insert(key, shown);
        true
    }

    /// Takes the yes for what was shown: true at most once for each call shown.
    pub fn redeem(&self, fingerprint: &str, call_id: &str) -> bool {
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (fingerprint.to_owned(), call_id.to_owned());
        match calls.get_mut(&key) {
            Some(shown) if !shown.used && shown.since.elapsed() <= self.valid_for => {
                shown.used = true;
                true
            }
            _ => false,
        }
    }

    /// Notes that the human said no.
    pub fn withdraw(&self, fingerprint: &str, call_id: &str) {
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (fingerprint.to_owned(), call_id.to_owned());
        if calls.get(&key).is_some_and(|shown| !shown.used) {
            calls.remove(&key);
        }
    }
}

/// Makes room: forgets what is void, else the oldest tenth.
fn forget(calls: &mut HashMap<(String, String), Shown>, void: impl Fn(&Shown) -> bool) {
    calls.retain(|_, shown| !void(shown));
    if calls.len() < REMEMBERED {
        return;
    }
    let mut ages: Vec<Instant> = calls.values().map(|shown| shown.since).collect();
    ages.sort_unstable();
    if let Some(&limit) = ages.get(REMEMBERED / 10) {
        calls.retain(|_, shown| shown.since > limit);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    const HOUR: Duration = Duration::from_secs(3_600);

    #[test]
    fn a_yes_counts_once_and_only_for_what_was_shown() {
        let approvals = Approvals::new(HOUR);
        assert!(!approvals.redeem("f", "1"), "never shown");
        assert!(approvals.show("f", "1"));
        assert!(!approvals.redeem("g", "1"), "another act");
        assert!(!approvals.redeem("f", "2"), "another call");
        assert!(approvals.redeem("f", "1"));
        assert!(!approvals.redeem("f", "1"), "used");
        assert!(!approvals.show("f", "1"), "a replay is not even asked for");
        assert!(!approvals.redeem("f", "1"));
        assert!(approvals.show("f", "2") && approvals.redeem("f", "2"));
    }

    #[test]
    fn a_call_without_an_id_can_be_asked_for_again() {
        let approvals = Approvals::new(HOUR);
        for _ in 0..2 {
            assert!(approvals.show("f", ""));
            assert!(approvals.redeem("f", ""));
            assert!(!approvals.redeem("f", ""));
        }
    }

    #[test]
    fn a_no_and_the_time_end_it() {
        let approvals = Approvals::new(HOUR);
        approvals.show("f", "1");
        approvals.withdraw("f", "1");
        assert!(!approvals.redeem("f", "1"));
        let short = Approvals::new(Duration::ZERO);
        short.show("f", "1");
        std::thread::sleep(Duration::from_millis(2));
        assert!(!short.redeem("f", "1"));
    }

    #[test]
    fn a_no_does_not_make_a_used_call_fresh() {
        let approvals = Approvals::new(HOUR);
        approvals.show("f", "1");
        assert!(approvals.redeem("f", "1"));
        approvals.withdraw("f", "1");
        assert!(!approvals.show("f", "1"));
    }

    #[test]
    fn of_many_threads_exactly_one_redeems() {
        for round in 0..200 {
            let approvals = Approvals::new(HOUR);
            approvals.show("f", "1");
            let winners = AtomicUsize::new(0);
            std::thread::scope(|scope| {
                for _ in 0..8 {
                    scope.spawn(|| {
                        winners
                            .fetch_add(usize::from(approvals.redeem("f", "1")), Ordering::Relaxed)
                    });
                }
            });
            assert_eq!(winners.into_inner(), 1, "round {round}");
        }
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let approvals = Approvals::new(HOUR);
        for number in 0..=REMEMBERED {
            assert!(approvals.show("f", &number.to_string()));
        }
        assert!(approvals.calls.lock().unwrap().len() <= REMEMBERED);
        assert!(
            approvals.redeem("f", &REMEMBERED.to_string()),
            "the newest stays"
        );
    }
}
