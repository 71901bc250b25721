//! Readers go in and out, and can be kept out for a moment.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Whoever reads from the log is inside. Who folds it closes the gate, waits for those who are, and
/// opens it again.
#[derive(Debug, Default)]
pub(super) struct Gate {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    inside: usize,
    closed: bool,
}

/// Goes out when dropped.
pub(super) struct Inside<'a>(&'a Gate);

/// Opens the gate when dropped.
pub(super) struct Closed<'a>(&'a Gate);

impl Gate {
    /// Waits while the gate is closed.
    pub(super) fn enter(&self) -> Inside<'_> {
        let state = self.changed.wait_while(self.lock(), |state| state.closed);
        state.unwrap_or_else(PoisonError::into_inner).inside += 1;
        Inside(self)
    }

    /// `None` while the gate is closed.
    pub(super) fn try_enter(&self) -> Option<Inside<'_>> {
        let mut state = self.lock();
        if state.closed {
            return None;
        }
        state.inside += 1;
        Some(Inside(self))
    }

    /// Lets nobody in, and waits for those who are to come out; `None`, and open again, where one
    /// stays for longer than `wait`.
    pub(super) fn close(&self, wait: Duration) -> Option<Closed<'_>> {
        let mut state = self.lock();
        state.closed = true;
        let closed = Closed(self);
        let all_out = self
            .changed
            .wait_timeout_while(state, wait, |state| state.inside > 0);
        let (state, waited) = all_out.unwrap_or_else(PoisonError::into_inner);
        // Opening takes the lock.
        drop(state);
        (!waited.timed_out()).then_some(closed)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        self.0.lock().inside -= 1;
        self.0.changed.notify_all();
    }
}

impl Drop for Closed<'_> {
    fn drop(&mut self) {
        self.0.lock().closed = false;
        self.0.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn it_does_not_close_before_one_who_stays_and_is_open_again_then() {
        let gate = Gate::default();
        let inside = gate.enter();

        assert!(gate.close(Duration::from_millis(1)).is_none());

        drop(gate.enter());
        drop(inside);
        assert!(gate.close(Duration::ZERO).is_some());
    }

    #[test]
    fn who_comes_while_it_is_closed_waits() {
        let gate = Gate::default();
        let closed = gate.close(Duration::ZERO);

        thread::scope(|threads| {
            let comes = threads.spawn(|| drop(gate.enter()));
            assert!(!comes.is_finished());
            assert!(gate.try_enter().is_none());
            drop(closed);
        });

        assert_eq!(gate.lock().inside, 0);
    }
}
