//! Events in one file, by SQLite compiled into the program.
//!
//! In the write-ahead log's mode nobody waits for a reader, and readers wait for nobody. Appends that
//! wait at the same time share one commit, so that sixteen writers need about as many waits for the
//! disk as one; an append that finds nobody writing is committed at once. Since SQLite has one writer
//! at a time, over all processes, positions become visible in their order.
//!
//! In a runtime of several threads a lone caller commits in its own place, as by
//! [`tokio::task::block_in_place`]: nothing else waits but what runs in the same task. Streams' first
//! pages, any few events, heads, snapshots and states are read there too. Where many append, for long
//! reads, for locks that others hold, and in any other runtime, there are threads: one that writes and
//! a few that read, each with its own connection.
//!
//! The tables are plain, and payloads that are text are stored as text: see `event_log` in the
//! `sqlite3` shell, and `data ->> '$.field'`. Any number of processes on one machine may share a
//! file; a file on a network file system must not be shared. A process that forks opens its own store:
//! threads and locks do not come with it.

mod ahead;
mod busy;
mod catalog;
mod file;
mod gate;
mod kept;
mod nearby;
mod numbers;
mod options;
mod place;
mod queries;
mod queue;
mod readers;
mod schema;
mod session;
mod states;
mod units;
mod writer;

use std::mem;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use es_core::record::{Page, ReadRequest};
use es_core::store::{
    Append, AppendError, Appended, BoxFuture, Capabilities, Catalog, Durability, EventStore,
    Snapshot, SnapshotStore, StateStore, StoreError,
};
use es_core::stream::{Position, StreamName};
use tokio::sync::watch;

pub use options::{SqliteOptions, Synchronous};
pub use schema::sql;

use file::File;
use queue::{Done, Failure, Task};
use readers::Readers;
use session::raise_head;
use writer::Writer;

/// How often a waiting reader looks for the events of other processes.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// Events, states and snapshots in one SQLite file.
///
/// Clones share their connections. When the last clone is dropped, what is queued is still written
/// and the file is closed before the drop ends.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("bank.db");
/// use es_stores::SqliteStore;
///
/// let store = SqliteStore::open(path).await?;
/// # drop(store);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct SqliteStore {
    shared: Arc<Shared>,
}

/// Dropped in this order: the last connection to close folds the log into the file, and only the
/// writer's may.
#[derive(Debug)]
struct Shared {
    readers: Readers,
    writer: Writer,
    head: watch::Sender<Position>,
    /// When one of the waiting readers began to look for all of them.
    looked: Mutex<Option<Instant>>,
    durability: Durability,
}

impl SqliteStore {
    /// Opens the store at `path`, with the default options; makes it where there is no file.
    ///
    /// # Errors
    /// As [`SqliteStore::open_with`].
    pub async fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        Self::open_with(path, SqliteOptions::new()).await
    }

    /// Opens the store at `path`; makes it where there is no file. A file that is refused has not
    /// been written to.
    ///
    /// # Errors
    /// [`StoreError`] of the kind [`NewerSchema`] where a newer version of this library made the
    /// file, [`NotAStore`] where it is another program's, [`Unavailable`] or [`ReadOnly`] where it
    /// can not be opened or made, [`Corrupt`] where it is damaged, [`Busy`] where somebody held its
    /// lock for too long, and [`Invalid`] where the path names no file.
    ///
    /// [`NewerSchema`]: es_core::store::StoreErrorKind::NewerSchema
    /// [`NotAStore`]: es_core::store::StoreErrorKind::NotAStore
    /// [`Unavailable`]: es_core::store::StoreErrorKind::Unavailable
    /// [`ReadOnly`]: es_core::store::StoreErrorKind::ReadOnly
    /// [`Corrupt`]: es_core::store::StoreErrorKind::Corrupt
    /// [`Busy`]: es_core::store::StoreErrorKind::Busy
    /// [`Invalid`]: es_core::store::StoreErrorKind::Invalid
    pub async fn open_with(
        path: impl AsRef<Path>,
        options: SqliteOptions,
    ) -> Result<Self, StoreError> {
        let file = Arc::new(File::at(path.as_ref(), options.lock_wait)?);
        let durability = match options.synchronous {
            Synchronous::Full => Durability::Power,
            Synchronous::Normal => Durability::Process,
        };
        let readers = options.readers;
        let head = watch::Sender::new(Position::START);
        let writer = Writer::start(Arc::clone(&file), options, head.clone()).await?;
        let readers = Readers::start(&file, writer.desk(), readers)?;
        Ok(Self {
            shared: Arc::new(Shared {
                readers,
                writer,
                head,
                looked: Mutex::default(),
                durability,
            }),
        })
    }

    async fn change_snapshots(&self, task: Task) -> Result<usize, StoreError> {
        match self.shared.writer.run(task).await {
            Ok(Done::Snapshots(changed)) => Ok(changed),
            Ok(Done::Appended(_) | Done::Conflict(_)) => unreachable!("no events were appended"),
            Err(Failure::NotWritten(error) | Failure::Unknown(error)) => Err(error),
        }
    }
}

impl Shared {
    /// Whether nobody has looked for the events of other processes of late; who asks will.
    fn has_to_look(&self) -> bool {
        let mut looked = self.looked.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let has_to = looked.is_none_or(|looked| now.duration_since(looked) >= LOOK_EVERY);
        if has_to {
            *looked = Some(now);
        }
        has_to
    }
}

impl EventStore for SqliteStore {
    fn append(&self, append: Arc<Append>) -> BoxFuture<'_, Result<Vec<Appended>, AppendError>> {
        Box::pin(async move {
            match self.shared.writer.run(Task::Append(append)).await {
                Ok(Done::Appended(appended)) => Ok(appended),
                Ok(Done::Conflict(conflict)) => Err(conflict.into()),
                Ok(Done::Snapshots(_)) => unreachable!("no snapshot was changed"),
                Err(Failure::NotWritten(error)) => Err(AppendError::Store(error)),
                Err(Failure::Unknown(error)) => Err(AppendError::OutcomeUnknown(error)),
            }
        })
    }

    fn read<'a>(
        &'a self,
        request: &'a ReadRequest,
        page: &'a mut Page,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async move {
            let taken = mem::take(page);
            *page = self.shared.readers.read(request.clone(), taken).await?;
            Ok(())
        })
    }

    fn head(&self) -> BoxFuture<'_, Result<Position, StoreError>> {
        Box::pin(self.shared.readers.head())
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::new(true, self.shared.durability)
    }

    fn wait_beyond(&self, position: Position) -> BoxFuture<'_, Result<Position, StoreError>> {
        let mut head = self.shared.head.subscribe();
        Box::pin(async move {
            let shared = &self.shared;
            // Another process may have appended: one of those who wait looks for all of them.
            let look = async {
                loop {
                    if shared.has_to_look() {
                        raise_head(&shared.head, self.head().await?);
                    }
                    tokio::time::sleep(LOOK_EVERY).await;
                }
            };
            tokio::select! {
                biased;
                known = head.wait_for(|known| *known > position) => {
                    Ok(*known.expect("the store is borrowed, and the sender with it"))
                }
                error = look => error,
            }
        })
    }

    fn snapshots(&self) -> Option<&dyn SnapshotStore> {
        Some(self)
    }

    fn states(&self) -> Option<&dyn StateStore> {
        Some(self)
    }

    fn catalog(&self) -> Option<&dyn Catalog> {
        Some(self)
    }
}

impl SnapshotStore for SqliteStore {
    fn save(&self, snapshot: Snapshot) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async move {
            self.change_snapshots(Task::SaveSnapshot(snapshot)).await?;
            Ok(())
        })
    }

    fn load<'a>(
        &'a self,
        stream: &'a StreamName,
    ) -> BoxFuture<'a, Result<Option<Snapshot>, StoreError>> {
        Box::pin(self.shared.readers.snapshot(stream.clone()))
    }

    fn delete<'a>(&'a self, stream: &'a StreamName) -> BoxFuture<'a, Result<bool, StoreError>> {
        Box::pin(async move {
            let task = Task::DeleteSnapshot(stream.clone());
            Ok(self.change_snapshots(task).await? > 0)
        })
    }

    fn delete_all(&self) -> BoxFuture<'_, Result<u64, StoreError>> {
        Box::pin(async move { Ok(self.change_snapshots(Task::DeleteSnapshots).await? as u64) })
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_sqlite_inside_is_free_of_the_bug_that_damages_a_log_being_reset() {
        assert!(
            rusqlite::version_number() >= 3_051_003,
            "{}",
            rusqlite::version()
        );
    }
}
