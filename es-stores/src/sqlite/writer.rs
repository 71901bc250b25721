//! The one thread that writes: whatever waits at the same time shares a commit.

use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use es_core::store::{
    Append, Appended, ExpectedVersionError, Snapshot, StoreError, StoreErrorKind,
};
use es_core::stream::{Position, StreamName};
use rusqlite::{Connection, ErrorCode, Statement};
use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore, oneshot, watch};

use super::busy;
use super::file::{File, LOG_BYTES};
use super::numbers::position;
use super::options::SqliteOptions;
use super::units::Units;

/// A commit takes no further unit after this many ...
const BATCH_UNITS: usize = 512;
/// ... or this much payload, so that the first of them does not wait for long.
const BATCH_BYTES: usize = 8 << 20;

/// What is handed over and not done; whatever is more waits with its caller, so that those who give
/// up leave no endless queue behind while the file is locked.
const QUEUE_UNITS: usize = 4 * BATCH_UNITS;

/// How long to wait for readers while a long log is folded into the file: other processes' readers
/// may take as long as they like, and appends must not.
const FOLD_WAIT: Duration = Duration::from_millis(100);

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

struct Job {
    task: Task,
    answer: oneshot::Sender<Result<Done, Failure>>,
    /// Given back with the job.
    _room: OwnedSemaphorePermit,
}

/// The writing thread's handle. Dropping it lets the thread finish what is queued, fold the
/// write-ahead log into the file and close it, and waits for that.
#[derive(Debug)]
pub(super) struct Writer {
    jobs: Option<mpsc::Sender<Job>>,
    room: Arc<Semaphore>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// Opens the file, or makes it, on a new thread. `head` hears of every commit.
    pub(super) async fn start(
        file: Arc<File>,
        options: SqliteOptions,
        head: watch::Sender<Position>,
    ) -> Result<Self, StoreError> {
        let (jobs, queue) = mpsc::channel();
        let (opened, opening) = oneshot::channel();
        let thread = thread::Builder::new()
            .name("es-sqlite-writer".into())
            .spawn(move || run(&file, &options, &head, opened, &queue));
        let thread = thread.map_err(|error| {
            StoreError::new(StoreErrorKind::Unavailable, "start the writing thread").because(error)
        })?;
        opening.await.unwrap_or_else(|_| Err(thread_died()))?;
        Ok(Self {
            jobs: Some(jobs),
            room: Arc::new(Semaphore::new(QUEUE_UNITS)),
            thread: Some(thread),
        })
    }

    /// Hands `task` to the thread and waits. Once handed over it is done, even where nobody waits
    /// any more.
    pub(super) async fn run(&self, task: Task) -> Result<Done, Failure> {
        let Ok(room) = self.room().await else {
            return Err(Failure::NotWritten(thread_died()));
        };
        let (answer, outcome) = oneshot::channel();
        let job = Job {
            task,
            answer,
            _room: room,
        };
        let sent = self.jobs.as_ref().map(|jobs| jobs.send(job));
        if !matches!(sent, Some(Ok(()))) {
            return Err(Failure::NotWritten(thread_died()));
        }
        outcome
            .await
            .unwrap_or_else(|_| Err(Failure::Unknown(thread_died())))
    }

    /// At once where there is room: only what has to wait for it may be told to let others run.
    async fn room(&self) -> Result<OwnedSemaphorePermit, AcquireError> {
        match Arc::clone(&self.room).try_acquire_owned() {
            Ok(room) => Ok(room),
            Err(_) => Arc::clone(&self.room).acquire_owned().await,
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.jobs = None;
        join(self.thread.take());
    }
}

/// Waits for a thread to end, unless it is this very one.
pub(super) fn join(thread: Option<JoinHandle<()>>) {
    if let Some(thread) = thread.filter(|it| it.thread().id() != thread::current().id()) {
        // A panic has been reported on its own thread, and there is nobody to hand it to.
        let _ = thread.join();
    }
}

fn thread_died() -> StoreError {
    let action = "write: the writing thread has ended; open the store again";
    StoreError::new(StoreErrorKind::Unavailable, action)
}

fn run(
    file: &File,
    options: &SqliteOptions,
    head: &watch::Sender<Position>,
    opened: oneshot::Sender<Result<(), StoreError>>,
    queue: &mpsc::Receiver<Job>,
) {
    busy::wait_at_most(file.lock_wait());
    let connection = match file.open_to_write(options) {
        Ok(connection) => connection,
        Err(error) => {
            let _ = opened.send(Err(error));
            return;
        }
    };
    let mut thread = match WriterThread::prepare(file, &connection, head) {
        Ok(thread) => thread,
        Err(error) => {
            let _ = opened.send(Err(file.error("open", error)));
            return;
        }
    };
    let _ = opened.send(Ok(()));
    thread.serve(queue);
}

struct WriterThread<'c> {
    file: &'c File,
    connection: &'c Connection,
    begin: Statement<'c>,
    commit: Statement<'c>,
    fold: Statement<'c>,
    /// The log is folded once it is as long as this.
    fold_at_bytes: u64,
    units: Units<'c>,
    head: &'c watch::Sender<Position>,
}

/// Where a batch failed.
enum Failed {
    /// The transaction did not even begin: it is nobody's fault.
    Begin(rusqlite::Error),
    /// A unit, or a commit that surely did not happen.
    Write(rusqlite::Error),
    /// A commit that may have happened.
    Commit(rusqlite::Error),
}

impl<'c> WriterThread<'c> {
    fn prepare(
        file: &'c File,
        connection: &'c Connection,
        head: &'c watch::Sender<Position>,
    ) -> rusqlite::Result<Self> {
        let last = busy::patiently(|| {
            connection.query_row(include_str!("sql/head.sql"), [], |row| {
                position(row.get(0)?)
            })
        })?;
        head.send_replace(last);
        Ok(Self {
            file,
            connection,
            begin: connection.prepare("BEGIN IMMEDIATE")?,
            commit: connection.prepare("COMMIT")?,
            fold: connection.prepare("PRAGMA wal_checkpoint(TRUNCATE)")?,
            fold_at_bytes: LOG_BYTES,
            units: Units::prepare(connection)?,
            head,
        })
    }

    /// Until every handle is gone and the queue is empty.
    fn serve(&mut self, queue: &mpsc::Receiver<Job>) {
        let mut batch = Vec::new();
        while let Ok(first) = queue.recv() {
            let mut bytes = first.task.size_bytes();
            batch.push(first);
            while batch.len() < BATCH_UNITS
                && bytes < BATCH_BYTES
                && let Ok(next) = queue.try_recv()
            {
                bytes += next.task.size_bytes();
                batch.push(next);
            }
            self.write(&mut batch);
            self.shorten_log();
        }
    }

    /// Folds a log that has become long into the file, and begins it anew.
    ///
    /// SQLite folds by itself after commits, but begins the log anew only at a moment when nobody
    /// reads from it: where somebody always does, it would grow without end. Readers of this process
    /// wait for that moment; whoever reads is waited for, and not for long
    /// (<https://sqlite.org/wal.html#avoiding_excessively_large_wal_files>).
    fn shorten_log(&mut self) {
        let log_bytes = self.file.log_bytes();
        if log_bytes < self.fold_at_bytes {
            return;
        }
        let wait = FOLD_WAIT.min(self.file.lock_wait());
        let Some(_closed) = self.file.gate().close(wait) else {
            self.fold_at_bytes = log_bytes + LOG_BYTES;
            return;
        };
        busy::wait_at_most(wait);
        let stopped_by_reader = self.fold.query_row([], |row| row.get(0));
        busy::wait_at_most(self.file.lock_wait());
        self.fold_at_bytes = match stopped_by_reader {
            Ok(false) => LOG_BYTES,
            Ok(true) => log_bytes + LOG_BYTES,
            Err(error) => {
                tracing::warn!(%error, log_bytes, "could not fold the write-ahead log into its file");
                log_bytes + LOG_BYTES
            }
        };
    }

    /// Writes a batch in one transaction; where that fails each job in its own, so that only the
    /// guilty one fails.
    fn write(&mut self, batch: &mut Vec<Job>) {
        match self.transact(batch) {
            Ok(outcomes) => answer(batch.drain(..).zip(outcomes.into_iter().map(Ok))),
            Err(Failed::Write(_)) if batch.len() > 1 => {
                for job in batch.drain(..) {
                    self.write(&mut vec![job]);
                }
            }
            Err(failed) => {
                let failure = self.explain(failed);
                answer(batch.drain(..).map(|job| (job, Err(failure()))));
            }
        }
    }

    fn transact(&mut self, batch: &[Job]) -> Result<Vec<Done>, Failed> {
        let begin = &mut self.begin;
        busy::patiently(|| begin.execute([])).map_err(Failed::Begin)?;
        let written: rusqlite::Result<Vec<Done>> =
            batch.iter().map(|job| self.run(&job.task)).collect();
        let written = written.map_err(Failed::Write);
        let done = written.and_then(|done| {
            self.commit.execute([]).map_err(|error| {
                let surely_not =
                    busy::is_lock(&error) || error.sqlite_error_code() == Some(ErrorCode::DiskFull);
                if surely_not {
                    Failed::Write(error)
                } else {
                    Failed::Commit(error)
                }
            })?;
            Ok(done)
        });
        match done {
            Ok(done) => {
                self.announce(&done);
                Ok(done)
            }
            Err(failed) => {
                self.roll_back();
                Err(failed)
            }
        }
    }

    fn run(&mut self, task: &Task) -> rusqlite::Result<Done> {
        match task {
            Task::Append(append) => Ok(match self.units.append(append)? {
                Ok(appended) => Done::Appended(appended),
                Err(conflict) => Done::Conflict(conflict),
            }),
            Task::SaveSnapshot(it) => self.units.save_snapshot(it).map(Done::Snapshots),
            Task::DeleteSnapshot(it) => self.units.delete_snapshot(it).map(Done::Snapshots),
            Task::DeleteSnapshots => self.units.delete_snapshots().map(Done::Snapshots),
        }
    }

    fn announce(&self, done: &[Done]) {
        let positions = done.iter().filter_map(|done| match done {
            Done::Appended(appended) => appended.iter().filter_map(|it| it.position).max(),
            _ => None,
        });
        if let Some(last) = positions.max() {
            raise_head(self.head, last);
        }
    }

    /// Some failures have rolled the transaction back already.
    fn roll_back(&self) {
        if !self.connection.is_autocommit()
            && let Err(error) = self.connection.execute_batch("ROLLBACK")
        {
            tracing::error!(%error, "could not roll back a transaction");
        }
    }

    /// The failure of each job of a batch that failed for all alike.
    fn explain(&self, failed: Failed) -> impl Fn() -> Failure {
        let (error, unknown) = match failed {
            Failed::Begin(error) | Failed::Write(error) => (Arc::new(error), false),
            Failed::Commit(error) => (Arc::new(error), true),
        };
        move || {
            let error = self.file.error("write to", Arc::clone(&error));
            if unknown {
                Failure::Unknown(error)
            } else {
                Failure::NotWritten(error)
            }
        }
    }
}

/// Says that events up to `position` can be read.
pub(super) fn raise_head(head: &watch::Sender<Position>, position: Position) {
    head.send_if_modified(|head| {
        let higher = position > *head;
        if higher {
            *head = position;
        }
        higher
    });
}

fn answer(outcomes: impl Iterator<Item = (Job, Result<Done, Failure>)>) {
    for (job, outcome) in outcomes {
        // Nobody may be waiting any more.
        let _ = job.answer.send(outcome);
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
