//! Snapshots: a cache of states, kept apart from the events.

use std::fmt;

use chrono::{DateTime, Utc};

use super::{BoxFuture, StoreError};
use crate::stream::{StreamName, Version};

/// What a snapshot's state was made by: a hash of the aggregate's shape and of its handlers. A
/// snapshot with another fingerprint than the program's is stale.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint(u64);

impl Fingerprint {
    /// Wraps the hash.
    pub const fn new(hash: u64) -> Self {
        Self(hash)
    }

    /// The hash.
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({:016x})", self.0)
    }
}

/// The state of one aggregate at one version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// The aggregate's own stream, whose state this is.
    pub stream: StreamName,
    /// How many events the state has seen.
    pub version: Version,
    /// The latest time among them.
    pub time: DateTime<Utc>,
    /// What made it.
    pub fingerprint: Fingerprint,
    /// The encoded state.
    pub state: Vec<u8>,
}

/// Keeps the latest snapshot of each stream.
///
/// A snapshot is a cache: losing any or all of them changes no result.
pub trait SnapshotStore: Send + Sync {
    /// Keeps `snapshot` in place of an older one of its stream. One of a higher version with the
    /// same fingerprint stays.
    ///
    /// # Errors
    /// [`StoreError`] where it could not be kept.
    fn save(&self, snapshot: Snapshot) -> BoxFuture<'_, Result<(), StoreError>>;

    /// The snapshot of `stream`, if there is one.
    ///
    /// # Errors
    /// [`StoreError`] where the store can not read.
    fn load<'a>(
        &'a self,
        stream: &'a StreamName,
    ) -> BoxFuture<'a, Result<Option<Snapshot>, StoreError>>;

    /// Deletes the snapshot of `stream`; answers whether there was one.
    ///
    /// # Errors
    /// [`StoreError`] where it could not be deleted.
    fn delete<'a>(&'a self, stream: &'a StreamName) -> BoxFuture<'a, Result<bool, StoreError>>;

    /// Deletes all snapshots; answers how many there were.
    ///
    /// # Errors
    /// [`StoreError`] where they could not be deleted.
    fn delete_all(&self) -> BoxFuture<'_, Result<u64, StoreError>>;
}
