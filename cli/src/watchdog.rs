//! A deadline that ends the process with a refusal. Hosts let a call run when a hook is too slow.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Watches one piece of work at a time.
#[derive(Debug, Clone)]
pub struct Watchdog {
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
enum State {
    Idle,
    Busy {
        since: Instant,
    },
    /// Somebody is answering: the work itself or the watchdog, never both.
    Answering,
}

impl Watchdog {
    /// Calls `refuse`, which has to end the process, when work takes longer than `deadline`.
    ///
    /// # Errors
    /// When there can be no further thread.
    pub fn start(
        deadline: Duration,
        refuse: impl FnOnce() + Send + 'static,
    ) -> std::io::Result<Self> {
        let state = Arc::new(Mutex::new(State::Idle));
        let watched = Arc::clone(&state);
        let watch = move || {
            loop {
                std::thread::sleep(wait(&watched, deadline));
                if claim_when_late(&watched, deadline) {
                    refuse();
                    return;
                }
            }
        };
        std::thread::Builder::new()
            .name("watchdog".to_owned())
            .spawn(watch)?;
        Ok(Self { state })
    }

    /// Work begins.
    pub fn begin(&self) {
        self.set(State::Busy {
            since: Instant::now(),
        });
    }

    /// Work is done; nothing is watched until it begins again.
    pub fn end(&self) {
        self.set(State::Idle);
    }

    /// Takes the right to answer. Does not return when the watchdog has taken it.
    pub fn claim(&self) {
        self.set(State::Answering);
    }

    fn set(&self, next: State) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(*state, State::Answering) {
            drop(state);
            loop {
                std::thread::park();
            }
        }
        *state = next;
    }
}

/// How long until the current work could be late.
fn wait(state: &Mutex<State>, deadline: Duration) -> Duration {
    match *state.lock().unwrap_or_else(PoisonError::into_inner) {
        State::Busy { since } => deadline.saturating_sub(since.elapsed()),
        State::Idle | State::Answering => deadline,
    }
}

fn claim_when_late(state: &Mutex<State>, deadline: Duration) -> bool {
    let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
    let late = matches!(*state, State::Busy { since } if since.elapsed() >= deadline);
    if late {
        *state = State::Answering;
    }
    late
}
