//! Who may update which stream now: one at a time in a process, in the order of asking.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard};

use crate::stream::StreamName;

/// The queues of a domain, one for each stream that is being updated.
#[derive(Debug, Default)]
pub(crate) struct Turns(Mutex<HashMap<StreamName, Arc<AsyncMutex<()>>>>);

/// The right to update a stream, given back when dropped.
#[derive(Debug)]
pub(crate) struct Turn<'a> {
    turns: &'a Turns,
    stream: StreamName,
    guard: Option<OwnedMutexGuard<()>>,
}

impl Turns {
    /// Waits until it is this caller's turn.
    pub(crate) async fn wait(&self, stream: &StreamName) -> Turn<'_> {
        let queue = Arc::clone(self.queues().entry(stream.clone()).or_default());
        // Made before the wait, so that a caller who gives up tidies up as well.
        let mut turn = Turn {
            turns: self,
            stream: stream.clone(),
            guard: None,
        };
        turn.guard = Some(queue.lock_owned().await);
        turn
    }

    fn queues(&self) -> MutexGuard<'_, HashMap<StreamName, Arc<AsyncMutex<()>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        drop(self.guard.take());
        let mut queues = self.turns.queues();
        // Nobody can join while the map is locked: one owner means that nobody waits.
        if let Entry::Occupied(queue) = queues.entry(self.stream.clone())
            && Arc::strong_count(queue.get()) == 1
        {
            queue.remove();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::task::Poll;

    use super::*;

    #[tokio::test]
    async fn a_queue_goes_when_the_last_one_leaves_it() {
        let turns = Turns::default();
        let stream = StreamName::new("bank::account-1").unwrap();

        let first = turns.wait(&stream).await;
        let mut second = Box::pin(turns.wait(&stream));
        let begun = poll_fn(|context| Poll::Ready(second.as_mut().poll(context))).await;
        assert!(begun.is_pending());
        drop(first);
        let second = second.await;
        let given_up = Box::pin(turns.wait(&stream));
        drop(given_up);
        drop(second);

        assert!(turns.queues().is_empty());
    }
}
