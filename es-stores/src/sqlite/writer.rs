//! The connection that writes, and the thread that writes where no caller does.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use es_core::store::{StoreError, StoreErrorKind};
use es_core::stream::Position;
use rusqlite::Connection;
use tokio::sync::oneshot::{self, error::RecvError};
use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::yield_now;

use super::busy;
use super::file::{File, LOG_BYTES};
use super::numbers::position;
use super::options::SqliteOptions;
use super::place::Place;
use super::queries::Queries;
use super::queue::{
    BATCH_UNITS, Batch, CallersTurn, Done, Failure, Job, Joined, Outcome, Queue, Task,
};
use super::session::Session;

/// What is handed over and not done; whatever is more waits with its caller, so that those who give
/// up leave no endless queue behind while the file is locked.
const QUEUE_UNITS: usize = 4 * BATCH_UNITS;

/// How long to wait for readers while a long log is folded into the file: other processes' readers
/// may take as long as they like, and appends must not.
const FOLD_WAIT: Duration = Duration::from_millis(100);

/// Writes in the place of a caller or on a thread. Dropping it lets the thread finish what is
/// queued, fold the write-ahead log into the file and close it, and waits for that.
#[derive(Debug)]
pub(super) struct Writer {
    desk: Arc<Desk>,
    room: Arc<Semaphore>,
    thread: Option<JoinHandle<()>>,
}

/// What callers and the thread share.
#[derive(Debug)]
pub(super) struct Desk {
    file: Arc<File>,
    queue: Queue,
    /// Whose turn it is takes it, and nobody waits for it; the thread closes it.
    pen: Mutex<Option<Pen>>,
    head: watch::Sender<Position>,
}

#[derive(Debug)]
struct Pen {
    connection: Connection,
    /// The log is folded once it is as long as this.
    fold_at_bytes: u64,
}

impl Writer {
    /// Opens the file, or makes it, on a new thread. `head` hears of every commit.
    pub(super) async fn start(
        file: Arc<File>,
        options: SqliteOptions,
        head: watch::Sender<Position>,
    ) -> Result<Self, StoreError> {
        let desk = Arc::new(Desk {
            file,
            queue: Queue::default(),
            pen: Mutex::default(),
            head,
        });
        let (opened, opening) = oneshot::channel();
        let of_thread = Arc::clone(&desk);
        let thread = thread::Builder::new()
            .name("es-sqlite-writer".into())
            .spawn(move || run(&of_thread, &options, opened));
        let thread = thread.map_err(|error| {
            StoreError::new(StoreErrorKind::Unavailable, "start the writing thread").because(error)
        })?;
        opening.await.unwrap_or_else(|_| Err(thread_died()))?;
        Ok(Self {
            desk,
            room: Arc::new(Semaphore::new(QUEUE_UNITS)),
            thread: Some(thread),
        })
    }

    pub(super) fn desk(&self) -> &Arc<Desk> {
        &self.desk
    }

    /// Hands `task` over and waits, or does it in place. Once handed over it is done, even where
    /// nobody waits any more.
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
        let not_written = |_| Failure::NotWritten(thread_died());
        let Some(place) = Place::here() else {
            self.desk.queue.push(job).map_err(not_written)?;
            return outcome.await.unwrap_or_else(unanswered);
        };
        let joined = self.desk.queue.join(job).map_err(not_written)?;
        let mut waiting = Waiting {
            queue: &self.desk.queue,
            outcome,
        };
        match joined {
            Joined::Writes(turn, batch) => self.desk.write_in_place(place, turn, batch),
            Joined::ComesBack => {
                yield_now().await;
                // It may come back elsewhere, and somebody else may have written.
                match Place::here() {
                    _ if !waiting.outcome.is_empty() => {}
                    Some(place) => {
                        if let Some((turn, batch)) = self.desk.queue.lead() {
                            self.desk.write_in_place(place, turn, batch);
                        }
                    }
                    None => self.desk.queue.hand_over(),
                }
            }
            Joined::Waits => {}
        }
        waiting.answered().await
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
        self.desk.queue.close();
        join(self.thread.take());
    }
}

/// A caller that may yet write what it handed over. Where it is given up, the thread does.
struct Waiting<'a> {
    queue: &'a Queue,
    outcome: oneshot::Receiver<Outcome>,
}

impl Waiting<'_> {
    async fn answered(&mut self) -> Outcome {
        (&mut self.outcome).await.unwrap_or_else(unanswered)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if !self.outcome.is_terminated() {
            self.queue.hand_over();
        }
    }
}

impl Desk {
    /// What `read` finds by the connection that writes: it alone knows the pages that it has just
    /// written, and has to look up none of them. `None` where somebody writes or is about to, whom no
    /// reader may hold up, or where it can not be read.
    pub(super) fn try_read<T>(
        &self,
        read: &mut impl FnMut(&mut Queries<'_>) -> rusqlite::Result<T>,
    ) -> Option<T> {
        if !self.queue.is_idle() {
            return None;
        }
        let pen = self.pen.try_lock().ok()?;
        let connection = &pen.as_ref()?.connection;
        if !connection.is_autocommit() {
            return None;
        }
        read(&mut Queries::new(connection)).ok()
    }

    /// Neither for another program's lock nor for readers is waited here.
    fn write_in_place(&self, place: Place, mut turn: CallersTurn<'_>, batch: Batch) {
        let mut written = place.block(|| {
            let mut pen = self.pen();
            let pen = pen.as_mut()?;
            let written = self.session(pen).write(batch);
            if self.log_is_long(pen) {
                turn.wake_thread();
            }
            Some(written)
        });
        let locked = written.as_mut().and_then(|it| it.locked.take());
        match locked {
            Some(locked) => turn.give_back(locked.jobs),
            None => drop(turn),
        }
        if let Some(written) = written {
            written.answer();
        }
    }

    fn write_on_thread(&self, batch: Batch) {
        let mut pen = self.pen();
        let Some(pen) = pen.as_mut() else {
            return;
        };
        if !batch.is_empty() {
            self.session(pen).write_or_fail(batch).answer();
        }
        if self.log_is_long(pen) {
            self.shorten_log(pen);
        }
    }

    fn session<'a>(&'a self, pen: &'a Pen) -> Session<'a> {
        Session::new(&self.file, &pen.connection, &self.head)
    }

    fn log_is_long(&self, pen: &Pen) -> bool {
        self.file.log_bytes() >= pen.fold_at_bytes
    }

    /// Folds a log that has become long into the file, and begins it anew.
    ///
    /// SQLite folds by itself after commits, but begins the log anew only at a moment when nobody
    /// reads from it: where somebody always does, it would grow without end. Readers of this process
    /// wait for that moment; whoever reads is waited for, and not for long
    /// (<https://sqlite.org/wal.html#avoiding_excessively_large_wal_files>).
    fn shorten_log(&self, pen: &mut Pen) {
        let log_bytes = self.file.log_bytes();
        let wait = FOLD_WAIT.min(self.file.lock_wait());
        let Some(_closed) = self.file.gate().close(wait) else {
            pen.fold_at_bytes = log_bytes + LOG_BYTES;
            return;
        };
        busy::wait_at_most(wait);
        let fold = "PRAGMA wal_checkpoint(TRUNCATE)";
        let stopped_by_reader = pen.connection.query_row(fold, [], |row| row.get(0));
        busy::wait_at_most(self.file.lock_wait());
        pen.fold_at_bytes = match stopped_by_reader {
            Ok(false) => LOG_BYTES,
            Ok(true) => log_bytes + LOG_BYTES,
            Err(error) => {
                tracing::warn!(%error, log_bytes, "could not fold the write-ahead log into its file");
                log_bytes + LOG_BYTES
            }
        };
    }

    fn pen(&self) -> MutexGuard<'_, Option<Pen>> {
        self.pen.lock().unwrap_or_else(PoisonError::into_inner)
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

fn unanswered(_: RecvError) -> Outcome {
    Err(Failure::Unknown(thread_died()))
}

/// The thread, until every handle is gone and the queue is empty. It closes the connection.
fn run(desk: &Desk, options: &SqliteOptions, opened: oneshot::Sender<Result<(), StoreError>>) {
    busy::wait_at_most(desk.file.lock_wait());
    match open(desk, options) {
        Ok(pen) => *desk.pen() = Some(pen),
        Err(error) => {
            let _ = opened.send(Err(error));
            return;
        }
    }
    let _ended = Ended(&desk.queue);
    let _ = opened.send(Ok(()));
    while let Some(batch) = desk.queue.next() {
        desk.write_on_thread(batch);
    }
    *desk.pen() = None;
}

fn open(desk: &Desk, options: &SqliteOptions) -> Result<Pen, StoreError> {
    let connection = desk.file.open_to_write(options)?;
    let head = busy::patiently(|| {
        connection.query_row(include_str!("sql/head.sql"), [], |row| {
            position(row.get(0)?)
        })
    });
    let head = head.map_err(|error| desk.file.error("open", error))?;
    desk.head.send_replace(head);
    Ok(Pen {
        connection,
        fold_at_bytes: LOG_BYTES,
    })
}

/// Tells the queue, also by a panic.
struct Ended<'a>(&'a Queue);

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        self.0.end();
    }
}
