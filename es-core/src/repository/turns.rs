//! Who may update which stream now: one at a time in a process, in the order of asking.

use std::collections::VecDeque;
use std::collections::hash_map::Entry;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use crate::stream::{ByName, StreamName};

/// The streams of a domain that are being updated, each with those who wait for it.
#[derive(Debug, Default)]
pub(crate) struct Turns(Mutex<ByName<StreamName, Queue>>);

type Queue = VecDeque<oneshot::Sender<()>>;

/// The right to update a stream, handed on when dropped.
#[derive(Debug)]
pub(crate) struct Turn<'a> {
    turns: &'a Turns,
    stream: StreamName,
    /// Where it has not come yet.
    waiting: Option<oneshot::Receiver<()>>,
}

impl Turns {
    /// Waits until it is this caller's turn.
    pub(crate) async fn wait(&self, stream: &StreamName) -> Turn<'_> {
        // Made before the wait, so that a caller who gives up hands on what came meanwhile.
        let mut turn = Turn {
            turns: self,
            stream: stream.clone(),
            waiting: self.join(stream),
        };
        if let Some(waiting) = &mut turn.waiting {
            waiting.await.expect("a queue stays until nobody waits");
            turn.waiting = None;
        }
        turn
    }

    /// `None` where nobody is before this caller.
    fn join(&self, stream: &StreamName) -> Option<oneshot::Receiver<()>> {
        match self.queues().entry(stream.clone()) {
            Entry::Vacant(free) => {
                free.insert(Queue::new());
                None
            }
            Entry::Occupied(mut queue) => {
                let (next, waiting) = oneshot::channel();
                let queue = queue.get_mut();
                // Those who gave up are forgotten, however long whoever has the turn keeps it.
                if queue.len() == queue.capacity() {
                    queue.retain(|next| !next.is_closed());
                }
                queue.push_back(next);
                Some(waiting)
            }
        }
    }

    /// Hands the turn to the first who still waits.
    fn hand_on(&self, stream: &StreamName) {
        while let Some(next) = self.next(stream) {
            if next.send(()).is_ok() {
                return;
            }
        }
    }

    /// Who waits next; without anybody there is no queue any more.
    fn next(&self, stream: &StreamName) -> Option<oneshot::Sender<()>> {
        let mut queues = self.queues();
        let Entry::Occupied(mut queue) = queues.entry(stream.clone()) else {
            return None;
        };
        let next = queue.get_mut().pop_front();
        if next.is_none() {
            queue.remove();
        }
        next
    }

    fn queues(&self) -> MutexGuard<'_, ByName<StreamName, Queue>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        if let Some(waiting) = &mut self.waiting {
            // From here on it does not come any more; it may have come before.
            waiting.close();
            if waiting.try_recv().is_err() {
                return;
            }
        }
        self.turns.hand_on(&self.stream);
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

    #[tokio::test]
    async fn a_turn_that_comes_to_one_who_gives_up_is_handed_on() {
        let turns = Turns::default();
        let stream = StreamName::new("bank::account-1").unwrap();
        let first = turns.wait(&stream).await;
        let mut waiting = [(); 3].map(|()| Box::pin(turns.wait(&stream)));
        for waiting in &mut waiting {
            let begun = poll_fn(|context| Poll::Ready(waiting.as_mut().poll(context))).await;
            assert!(begun.is_pending());
        }
        let [second, third, fourth] = waiting;

        drop(third);
        drop(first);
        drop(second);
        drop(fourth.await);

        assert!(turns.queues().is_empty());
    }
}
