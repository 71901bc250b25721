//! What waits to be written, and whose turn it is to write.
//!
//! One writes at a time: the thread, or a caller in its own place. Whoever writes takes along what
//! waits, in the order in which it came.
//!
//! A caller lets others come before it writes: the futures of its own task, such as those of a
//! `join_all`, are polled one after the other, and each would commit alone. Where nobody came of late,
//! it does so only now and then. Where many do, the thread writes: it goes from one batch to the next
//! while they are at work, and no caller is kept.

use std::collections::VecDeque;
use std::mem;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use es_core::store::{Append, Appended, ExpectedVersionError, Snapshot, StoreError};
use es_core::stream::StreamName;
use tokio::sync::{OwnedSemaphorePermit, oneshot};

/// A commit takes no further unit after this many ...
pub(super) const BATCH_UNITS: usize = 512;
/// ... or this much payload, so that the first of them does not wait for long.
const BATCH_BYTES: usize = 8 << 20;

/// After so many commits of one caller alone, one of them lets others come at the latest.
const MOST_ALONE: u32 = 8;

/// After a commit that several shared, the thread writes until so many were of one alone.
const CROWDED: u32 = 16;

/// What can be written.
#[derive(Debug)]
pub(super) enum Task {
    Append(Arc<Append>),
    SaveSnapshot(Snapshot),
    DeleteSnapshot(StreamName),
    DeleteSnapshots,
}

/// What became of it.
#[derive(Debug)]
pub(super) enum Done {
    Appended(Vec<Appended>),
    Conflict(ExpectedVersionError),
    /// So many snapshots are other than before.
    Snapshots(usize),
}

/// Why it was not done.
#[derive(Debug)]
pub(super) enum Failure {
    /// It surely was not.
    NotWritten(StoreError),
    /// Nobody can know.
    Unknown(StoreError),
}

pub(super) type Outcome = Result<Done, Failure>;

/// A task and whom to answer.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) task: Task,
    pub(super) answer: oneshot::Sender<Outcome>,
    /// Given back with the job.
    pub(super) _room: OwnedSemaphorePermit,
}

/// Jobs that share a transaction, in their order.
pub(super) type Batch = VecDeque<Job>;

#[derive(Debug, Default)]
pub(super) struct Queue {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    jobs: VecDeque<Job>,
    turn: Turn,
    closed: bool,
    /// How many commits of one alone the thread still writes.
    crowded: u32,
    /// How many callers may still write without letting others come before.
    alone: u32,
    /// How many may the next time.
    alone_next: u32,
}

/// Who writes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Turn {
    #[default]
    Nobody,
    Caller,
    Thread,
    /// The thread has ended, and nothing will be written any more.
    Ended,
}

/// What a caller does that has joined.
pub(super) enum Joined<'a> {
    /// It writes at once: nobody came of late.
    Writes(CallersTurn<'a>, Batch),
    /// It lets others come, and then writes unless somebody else does.
    ComesBack,
    /// Somebody writes, and the thread will go on.
    Waits,
}

/// A caller's turn. Where it is dropped, the thread goes on with what waits.
pub(super) struct CallersTurn<'a> {
    queue: &'a Queue,
    thread_goes_on: bool,
}

impl Queue {
    /// For the thread to write.
    pub(super) fn push(&self, job: Job) -> Result<(), Job> {
        let mut state = self.lock();
        if state.turn == Turn::Ended {
            return Err(job);
        }
        state.jobs.push_back(job);
        self.wake_thread(&mut state);
        Ok(())
    }

    /// For a caller that may write.
    pub(super) fn join(&self, job: Job) -> Result<Joined<'_>, Job> {
        let mut state = self.lock();
        if state.turn == Turn::Ended {
            return Err(job);
        }
        state.jobs.push_back(job);
        if state.crowded > 0 {
            self.wake_thread(&mut state);
        }
        if state.turn != Turn::Nobody {
            return Ok(Joined::Waits);
        }
        if state.jobs.len() > 1 || state.alone == 0 {
            return Ok(Joined::ComesBack);
        }
        state.alone -= 1;
        let (turn, batch) = self.begin(&mut state);
        Ok(Joined::Writes(turn, batch))
    }

    /// The caller's turn, where it is nobody's, with what waits.
    pub(super) fn lead(&self) -> Option<(CallersTurn<'_>, Batch)> {
        let mut state = self.lock();
        if state.turn != Turn::Nobody || state.jobs.is_empty() {
            return None;
        }
        if state.jobs.len() == 1 {
            state.alone = state.alone_next.max(1);
            state.alone_next = MOST_ALONE.min(2 * state.alone);
        }
        Some(self.begin(&mut state))
    }

    fn begin(&self, state: &mut State) -> (CallersTurn<'_>, Batch) {
        state.turn = Turn::Caller;
        let turn = CallersTurn {
            queue: self,
            thread_goes_on: false,
        };
        (turn, state.take())
    }

    /// The thread writes what waits, unless somebody writes already.
    pub(super) fn hand_over(&self) {
        let mut state = self.lock();
        if !state.jobs.is_empty() {
            self.wake_thread(&mut state);
        }
    }

    /// What the thread is to write: waits until it is its turn. `None` once the queue is closed and
    /// empty.
    pub(super) fn next(&self) -> Option<Batch> {
        let mut state = self.lock();
        if state.turn == Turn::Thread && state.jobs.is_empty() {
            state.turn = Turn::Nobody;
        }
        let waiting = |state: &mut State| state.turn != Turn::Thread && !state.closed;
        let waited = self.changed.wait_while(state, waiting);
        let mut state = waited.unwrap_or_else(PoisonError::into_inner);
        if state.closed && state.jobs.is_empty() {
            return None;
        }
        state.turn = Turn::Thread;
        Some(state.take())
    }

    /// Whether nobody writes and nothing waits.
    pub(super) fn is_idle(&self) -> bool {
        let state = self.lock();
        state.turn == Turn::Nobody && state.jobs.is_empty()
    }

    /// Lets the thread end when all is written.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
    }

    /// The thread has ended: nothing waits any more, and nothing will.
    pub(super) fn end(&self) {
        let mut state = self.lock();
        state.turn = Turn::Ended;
        let unwritten = mem::take(&mut state.jobs);
        // Who is told may ask again at once.
        drop(state);
        drop(unwritten);
    }

    fn wake_thread(&self, state: &mut State) {
        if state.turn == Turn::Nobody {
            state.turn = Turn::Thread;
            self.changed.notify_all();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The first of what waits, as much as shares a commit.
    fn take(&mut self) -> Batch {
        let mut bytes = 0;
        let fits = |job: &&Job| {
            let fits = bytes < BATCH_BYTES;
            bytes += job.task.size_bytes();
            fits
        };
        let count = self.jobs.iter().take(BATCH_UNITS).take_while(fits).count();
        if count > 1 {
            (self.crowded, self.alone, self.alone_next) = (CROWDED, 0, 0);
        } else {
            self.crowded = self.crowded.saturating_sub(1);
        }
        self.jobs.drain(..count).collect()
    }
}

impl CallersTurn<'_> {
    /// Gives back what was not written, for the thread to write before all else.
    pub(super) fn give_back(self, unwritten: Batch) {
        let jobs = &mut self.queue.lock().jobs;
        for job in unwritten.into_iter().rev() {
            jobs.push_front(job);
        }
    }

    /// The thread has something to do though nothing waits.
    pub(super) fn wake_thread(&mut self) {
        self.thread_goes_on = true;
    }
}

impl Drop for CallersTurn<'_> {
    fn drop(&mut self) {
        let mut state = self.queue.lock();
        state.turn = Turn::Nobody;
        if self.thread_goes_on || !state.jobs.is_empty() {
            self.queue.wake_thread(&mut state);
        }
    }
}

impl Task {
    fn size_bytes(&self) -> usize {
        match self {
            Self::Append(append) => append.size_bytes(),
            Self::SaveSnapshot(snapshot) => snapshot.state.len(),
            Self::DeleteSnapshot(_) | Self::DeleteSnapshots => 0,
        }
    }
}
