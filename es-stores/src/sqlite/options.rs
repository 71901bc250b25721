//! How a SQLite store is opened.

use std::time::Duration;

/// When a commit is on the disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Synchronous {
    /// Before it is acknowledged: what was acknowledged survives the loss of power.
    #[default]
    Full,
    /// Some time after it was acknowledged: the last commits survive the death of the process, but
    /// may be lost with the power. The file is never damaged by it.
    Normal,
}

/// How a [`SqliteStore`](super::SqliteStore) is opened.
///
/// ```
/// use std::time::Duration;
/// use es_stores::{SqliteOptions, Synchronous};
///
/// let options = SqliteOptions::new()
///     .synchronous(Synchronous::Normal)
///     .lock_wait(Duration::from_secs(5));
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct SqliteOptions {
    pub(super) synchronous: Synchronous,
    pub(super) create: bool,
    pub(super) max_size_bytes: Option<u64>,
    pub(super) readers: usize,
    pub(super) lock_wait: Duration,
}

impl SqliteOptions {
    /// The defaults: full durability, no bound on the size, 4 readers, 60 s for a lock.
    pub fn new() -> Self {
        Self {
            synchronous: Synchronous::Full,
            create: true,
            max_size_bytes: None,
            readers: 4,
            lock_wait: Duration::from_mins(1),
        }
    }

    /// When a commit is on the disk: before it is acknowledged, unless told otherwise.
    pub fn synchronous(mut self, synchronous: Synchronous) -> Self {
        self.synchronous = synchronous;
        self
    }

    /// Whether a file that is missing or empty is made a store, as it is unless told otherwise. Else
    /// it is refused as [`StoreErrorKind::Unavailable`](es_core::store::StoreErrorKind::Unavailable)
    /// where it is missing, and as
    /// [`StoreErrorKind::NotAStore`](es_core::store::StoreErrorKind::NotAStore) where it is empty.
    pub fn create(mut self, create: bool) -> Self {
        self.create = create;
        self
    }

    /// Bounds the database file, in whole pages of 4 KiB; a file that is larger already keeps its
    /// size. An append that would grow it further fails with
    /// [`StoreErrorKind::Full`](es_core::store::StoreErrorKind::Full). The write-ahead log beside
    /// the file does not count.
    pub fn max_size_bytes(mut self, bytes: u64) -> Self {
        self.max_size_bytes = Some(bytes);
        self
    }

    /// How many reads run at the same time, each on a thread of its own: 4 unless told otherwise,
    /// at least 1.
    pub fn readers(mut self, readers: usize) -> Self {
        self.readers = readers.max(1);
        self
    }

    /// How long to wait for a lock that another process holds, 60 s unless told otherwise. After it
    /// comes [`StoreErrorKind::Busy`](es_core::store::StoreErrorKind::Busy).
    pub fn lock_wait(mut self, wait: Duration) -> Self {
        self.lock_wait = wait;
        self
    }
}

impl Default for SqliteOptions {
    fn default() -> Self {
        Self::new()
    }
}
