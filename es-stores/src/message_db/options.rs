//! How a Message DB store is opened.

use std::time::Duration;

use es_core::store::{StoreError, StoreErrorKind};
use es_core::stream::MAX_NAME_BYTES;

use crate::pg::LinkOptions;

/// With the longest name of a stream it still fits into an index.
const MAX_SUFFIX_BYTES: usize = 100;
const _: () = assert!(MAX_NAME_BYTES + ":snapshot".len() + 1 + MAX_SUFFIX_BYTES < 2_600);

/// How a [`MessageDbStore`](super::MessageDbStore) is opened.
///
/// ```
/// use es_stores::MessageDbOptions;
///
/// let options = MessageDbOptions::new().pool_size(16).snapshot_suffix("es");
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct MessageDbOptions {
    pub(super) writers: usize,
    pub(super) snapshot_suffix: Option<String>,
    pub(super) link: LinkOptions,
}

impl MessageDbOptions {
    /// The defaults: 16 connections, 10 s to connect, 30 s for one of the pool's connections and
    /// 60 s for a statement; snapshots where Protean has its own.
    pub fn new() -> Self {
        Self {
            writers: 4,
            snapshot_suffix: None,
            link: LinkOptions {
                pool_size: 16,
                connect_timeout: Duration::from_secs(10),
                wait_timeout: Duration::from_secs(30),
                statement_timeout: Duration::from_mins(1),
                // Message DB's functions call each other by their bare names.
                session_sql: "SET search_path = message_store, public".to_owned(),
            },
        }
    }

    /// The most connections at a time: 16 unless told otherwise, at least 2. One more listens for
    /// the appends of other processes. Whoever reads much has two while more than half are free.
    pub fn pool_size(mut self, connections: usize) -> Self {
        self.link.pool_size = connections.max(2);
        self
    }

    /// How many batches of appends are written at a time, each to categories of its own: 4 unless
    /// told otherwise, at least 1.
    pub fn writers(mut self, writers: usize) -> Self {
        self.writers = writers.max(1);
        self
    }

    /// How long making a connection may take, 10 s unless told otherwise. After it comes
    /// [`StoreErrorKind::Unavailable`].
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.link.connect_timeout = timeout;
        self
    }

    /// How long to wait for a connection when all are in use, 30 s unless told otherwise. After it
    /// comes [`StoreErrorKind::Busy`].
    pub fn wait_timeout(mut self, timeout: Duration) -> Self {
        self.link.wait_timeout = timeout;
        self
    }

    /// How long one statement may take, 60 s unless told otherwise; zero is for ever. Waiting for
    /// another program that writes to the same category counts. After it comes
    /// [`StoreErrorKind::Busy`], and nothing was written.
    pub fn statement_timeout(mut self, timeout: Duration) -> Self {
        self.link.statement_timeout = timeout;
        self
    }

    /// Keeps snapshots in `{category}:snapshot-{id}+{suffix}` instead of `{category}:snapshot-{id}`.
    ///
    /// For aggregates that a Protean program loads too: it takes whatever stands last in
    /// `{category}:snapshot-{id}` for a snapshot of its own. Versions from 0.18 on discard ours and
    /// replay, older ones can not load the aggregate any more.
    pub fn snapshot_suffix(mut self, suffix: impl Into<String>) -> Self {
        self.snapshot_suffix = Some(suffix.into());
        self
    }

    /// Refuses what would break the names of streams.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        let Some(suffix) = &self.snapshot_suffix else {
            return Ok(());
        };
        if !suffix.is_empty()
            && suffix.len() <= MAX_SUFFIX_BYTES
            && !suffix.contains(char::is_control)
        {
            return Ok(());
        }
        let action = format!(
            "use {suffix:?} as the suffix of snapshots: write 1 to {MAX_SUFFIX_BYTES} bytes without \
             control characters, as in `es`"
        );
        Err(StoreError::new(StoreErrorKind::Invalid, action))
    }
}

impl Default for MessageDbOptions {
    fn default() -> Self {
        Self::new()
    }
}
