//! Appends that wait at the same time share a transaction.

use std::collections::{HashSet, VecDeque};
use std::fmt::Debug;
use std::hash::Hash;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use es_core::store::{
    Append, AppendError, Appended, ExpectedVersionError, StoreError, StoreErrorKind,
};
use es_core::stream::StreamName;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::task::yield_now;

use super::{Failure, Trouble};

/// A batch takes no further unit after this many ...
const BATCH_UNITS: usize = 256;
/// ... or this much payload, so that the first of them does not wait for long.
const BATCH_BYTES: usize = 8 << 20;
/// More than two batches are written at a time where at least this many units wait: fewer are
/// written sooner together.
const CROWD_UNITS: usize = 32;
/// What is handed over and not done; whatever is more waits with its caller.
const QUEUE_UNITS: usize = 4 * BATCH_UNITS;
/// How often a batch is tried that gave way to somebody else's locks.
const TRIES: usize = 5;

/// What became of one unit of a batch that was committed.
pub(crate) type Outcome = Result<Vec<Appended>, ExpectedVersionError>;

/// What writes a batch: all of it in one transaction, each unit whole or not at all, no unit
/// failing another.
pub(crate) trait WriteUnits: Send + Sync + 'static {
    /// What is locked for a stream until the commit: no two batches that are written at a time need
    /// the same.
    type Lock: Clone + Eq + Hash + Debug + Send + 'static;

    /// Whether several units of one batch may need the same lock.
    const SHARES_LOCKS: bool;

    /// The lock that a stream needs.
    fn lock(stream: &StreamName) -> Self::Lock;

    fn write(
        &self,
        units: &[Arc<Append>],
    ) -> impl Future<Output = Result<Vec<Outcome>, Failure>> + Send;

    /// The error of a unit that was not written.
    fn error(&self, trouble: &Trouble) -> StoreError;

    /// Refuses what could never be written, before it is queued.
    fn check(&self, unit: &Append) -> Result<(), StoreError>;
}

/// The queue before a [`WriteUnits`]. An append that finds it idle is written at once; those that
/// come while others are being written go together, a few batches at a time.
///
/// Units that need the same lock are written in the order they came, in one batch or one after the
/// other: a batch never waits for the lock of another one of this process.
#[derive(Debug)]
pub(crate) struct Batches<W: WriteUnits> {
    shared: Arc<Shared<W>>,
    room: Arc<Semaphore>,
}

#[derive(Debug)]
struct Shared<W: WriteUnits> {
    writer: W,
    queue: Mutex<Queue<W::Lock>>,
    most_at_a_time: usize,
}

#[derive(Debug)]
struct Queue<L> {
    waiting: VecDeque<Job>,
    /// The locks of all batches that are being written.
    busy: HashSet<L>,
    running: usize,
}

#[derive(Debug)]
struct Job {
    unit: Arc<Append>,
    answer: oneshot::Sender<Result<Vec<Appended>, AppendError>>,
    /// Given back with the job.
    _room: OwnedSemaphorePermit,
}

impl<W: WriteUnits> Batches<W> {
    /// At most so many batches are written at a time.
    pub(crate) fn new(writer: W, most_at_a_time: usize) -> Self {
        Self {
            shared: Arc::new(Shared {
                writer,
                queue: Mutex::new(Queue {
                    waiting: VecDeque::new(),
                    busy: HashSet::new(),
                    running: 0,
                }),
                most_at_a_time: most_at_a_time.max(1),
            }),
            room: Arc::new(Semaphore::new(QUEUE_UNITS)),
        }
    }

    /// Writes `unit` with whatever else waits. Once queued it is written, even where nobody waits
    /// any more.
    pub(crate) async fn append(&self, unit: Arc<Append>) -> Result<Vec<Appended>, AppendError> {
        self.shared.writer.check(&unit)?;
        let room = Arc::clone(&self.room).acquire_owned().await;
        let room = room.expect("the semaphore is never closed");
        let (answer, answered) = oneshot::channel();
        let job = Job {
            unit,
            answer,
            _room: room,
        };
        self.shared.push(job);
        answered.await.unwrap_or_else(|_| {
            let action = "hear what became of an append: the runtime that wrote it has ended";
            let lost = StoreError::new(StoreErrorKind::Unavailable, action);
            Err(AppendError::OutcomeUnknown(lost))
        })
    }
}

impl<W: WriteUnits> Shared<W> {
    fn push(self: &Arc<Self>, job: Job) {
        let mut queue = self.queue();
        queue.waiting.push_back(job);
        let is_crowd = queue.waiting.len() >= CROWD_UNITS;
        let one_more = queue.running < self.most_at_a_time && (queue.running < 2 || is_crowd);
        queue.running += usize::from(one_more);
        drop(queue);
        if one_more {
            let runner = Runner {
                shared: Arc::clone(self),
                locks: HashSet::new(),
                ended: false,
            };
            // A runtime that is ending drops it at once, here.
            tokio::spawn(runner.run());
        }
    }

    fn queue(&self) -> MutexGuard<'_, Queue<W::Lock>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn write(&self, batch: Vec<Job>) {
        let units: Vec<_> = batch.iter().map(|job| Arc::clone(&job.unit)).collect();
        match self.patiently(&units).await {
            Ok(outcomes) => {
                for (job, outcome) in batch.into_iter().zip(outcomes) {
                    job.answer(outcome.map_err(AppendError::Conflict));
                }
            }
            // Each by itself, so that only the guilty one fails.
            Err(Failure::Refused(trouble)) if batch.len() > 1 && trouble.may_blame_one() => {
                for job in batch {
                    let outcome = self.patiently(&[Arc::clone(&job.unit)]).await;
                    let outcome = outcome.map(|mut outcomes| outcomes.remove(0));
                    match outcome {
                        Ok(outcome) => job.answer(outcome.map_err(AppendError::Conflict)),
                        Err(failure) => job.answer(Err(self.explain(&failure))),
                    }
                }
            }
            Err(failure) => {
                for job in batch {
                    job.answer(Err(self.explain(&failure)));
                }
            }
        }
    }

    /// Tries again what gave way: nothing of it was written.
    async fn patiently(&self, units: &[Arc<Append>]) -> Result<Vec<Outcome>, Failure> {
        let mut tries = 1;
        loop {
            match self.writer.write(units).await {
                Err(Failure::Refused(trouble)) if trouble.gave_way() && tries < TRIES => tries += 1,
                done => return done,
            }
        }
    }

    fn explain(&self, failure: &Failure) -> AppendError {
        match failure {
            Failure::NotReached(trouble) | Failure::Refused(trouble) => {
                AppendError::Store(self.writer.error(trouble))
            }
            Failure::Unknown(trouble) => AppendError::OutcomeUnknown(self.writer.error(trouble)),
        }
    }
}

impl<L: Clone + Eq + Hash> Queue<L> {
    /// The next batch and its locks, which are busy from now on: the longest waiting first, without
    /// what has to wait for others.
    fn next_batch<W: WriteUnits<Lock = L>>(&mut self) -> (Vec<Job>, HashSet<L>) {
        let mut batch = Vec::new();
        let mut locks = HashSet::new();
        let mut bytes = 0;
        let mut held_back = HashSet::new();
        let mut left = VecDeque::with_capacity(self.waiting.len());
        let mut waiting = mem::take(&mut self.waiting).into_iter();
        for job in waiting.by_ref() {
            let has_to_wait = job.locks::<W>().any(|lock| {
                let taken = !W::SHARES_LOCKS && locks.contains(&lock);
                taken || self.busy.contains(&lock) || held_back.contains(&lock)
            });
            if has_to_wait {
                held_back.extend(job.locks::<W>());
                left.push_back(job);
                continue;
            }
            locks.extend(job.locks::<W>());
            bytes += job.size_bytes();
            batch.push(job);
            if batch.len() >= BATCH_UNITS || bytes >= BATCH_BYTES {
                break;
            }
        }
        left.extend(waiting);
        self.waiting = left;
        self.busy.extend(locks.iter().cloned());
        (batch, locks)
    }
}

impl Job {
    fn answer(self, outcome: Result<Vec<Appended>, AppendError>) {
        // Nobody may be waiting any more.
        let _ = self.answer.send(outcome);
    }

    fn locks<W: WriteUnits>(&self) -> impl Iterator<Item = W::Lock> {
        let streams = self.unit.streams().iter().map(|part| &part.stream);
        let states = self.unit.states().iter().map(|write| &write.stream);
        streams.chain(states).map(W::lock)
    }

    fn size_bytes(&self) -> usize {
        self.unit.size_bytes()
    }
}

/// Writes batches until none is left that it may write. Where a runtime ends in the middle, what it
/// has begun is cleared away when it is dropped.
struct Runner<W: WriteUnits> {
    shared: Arc<Shared<W>>,
    /// The locks of the batch that is being written.
    locks: HashSet<W::Lock>,
    ended: bool,
}

impl<W: WriteUnits> Runner<W> {
    async fn run(mut self) {
        // Whoever else is about to append, as those are who have just been answered, comes along.
        yield_now().await;
        while let Some(batch) = self.next() {
            self.shared.write(batch).await;
            yield_now().await;
        }
    }

    /// Gives the last batch's locks free and takes the next. Ends the runner under the same lock
    /// where there is none, so that whoever queues next starts another.
    fn next(&mut self) -> Option<Vec<Job>> {
        let mut queue = self.shared.queue();
        for lock in self.locks.drain() {
            queue.busy.remove(&lock);
        }
        let (batch, locks) = queue.next_batch::<W>();
        if batch.is_empty() {
            queue.running -= 1;
            self.ended = true;
            return None;
        }
        self.locks = locks;
        Some(batch)
    }
}

impl<W: WriteUnits> Drop for Runner<W> {
    fn drop(&mut self) {
        if self.ended {
            return;
        }
        let mut queue = self.shared.queue();
        for lock in self.locks.drain() {
            queue.busy.remove(&lock);
        }
        queue.running -= 1;
        let left = match queue.running {
            0 => mem::take(&mut queue.waiting),
            _ => VecDeque::new(),
        };
        drop(queue);
        for job in left {
            let action = "append: the runtime that should have written it has ended";
            let never_sent = StoreError::new(StoreErrorKind::Unavailable, action);
            job.answer(Err(never_sent.into()));
        }
    }
}
