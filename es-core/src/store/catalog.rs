//! What a store can tell of itself by an index or an aggregate query, for tools.

use chrono::{DateTime, Utc};

use super::{BoxFuture, Fingerprint, StoreError};
use crate::stream::{Category, Position, StreamName, Version};

/// What a store can tell of itself without handing out its events one by one: from
/// [`EventStore::catalog`](super::EventStore::catalog), where it can.
///
/// It is for people and their tools: what is told is what was committed at some moment of the call,
/// which a reader of everything may not have been shown yet.
pub trait Catalog: Send + Sync {
    /// What kind of store it is, where it stands, and which tables it has.
    ///
    /// # Errors
    /// [`StoreError`] where the store can not read.
    fn about(&self) -> BoxFuture<'_, Result<About, StoreError>>;

    /// The streams that have events, in an order of the store's own, which stays the same: who asks
    /// for those behind the last one he was told meets each once.
    ///
    /// # Errors
    /// [`StoreError`] where the store can not read.
    fn streams<'a>(
        &'a self,
        request: &'a StreamsRequest,
    ) -> BoxFuture<'a, Result<Vec<StreamEntry>, StoreError>>;

    /// Each type of event in each category, by category and type. This may take as long as reading
    /// everything, but sends nothing of it.
    ///
    /// # Errors
    /// [`StoreError`] where the store can not read.
    fn types(&self) -> BoxFuture<'_, Result<Vec<TypeEntry>, StoreError>>;

    /// At most `max` snapshots of streams behind `after`, as [`Catalog::streams`] orders them.
    ///
    /// # Errors
    /// [`StoreError`] where the store can not read.
    fn snapshots<'a>(
        &'a self,
        after: Option<&'a StreamName>,
        max: usize,
    ) -> BoxFuture<'a, Result<Vec<SnapshotEntry>, StoreError>>;
}

/// What a store says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct About {
    /// The kind, as a configuration names it: `sqlite`.
    pub kind: &'static str,
    /// Where it is, without a password.
    pub place: String,
    /// What serves it, as in `PostgreSQL 17.2`.
    pub server: Option<String>,
    /// The version of its tables.
    pub schema: Option<String>,
    /// How much room it takes, of which some may be free.
    pub size_bytes: Option<u64>,
}

impl About {
    /// A store of this kind at this place.
    pub fn new(kind: &'static str, place: impl Into<String>) -> Self {
        Self {
            kind,
            place: place.into(),
            server: None,
            schema: None,
            size_bytes: None,
        }
    }
}

/// Which streams are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StreamsRequest {
    /// Only the streams of this category.
    pub category: Option<Category>,
    /// Only the streams behind this one.
    pub after: Option<StreamName>,
    /// At most so many.
    pub max: usize,
}

/// A stream, and its last event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamEntry {
    /// Its name.
    pub stream: StreamName,
    /// How many events it has.
    pub version: Version,
    /// Where its last event stands.
    pub position: Position,
    /// When that happened.
    pub time: DateTime<Utc>,
    /// Its type.
    pub event_type: String,
}

/// All events of one type in one category.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeEntry {
    /// The category.
    pub category: String,
    /// The stored type.
    pub event_type: String,
    /// How many events there are.
    pub events: u64,
    /// How many of them are the first of their stream: over all types of a category, its streams.
    pub begun: u64,
    /// The bytes of their payloads and their metadata, as the store writes them out.
    pub bytes: u64,
    /// The earliest time.
    pub first: DateTime<Utc>,
    /// The latest time.
    pub last: DateTime<Utc>,
}

/// A snapshot without its state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SnapshotEntry {
    /// The aggregate's own stream.
    pub stream: StreamName,
    /// How many events the state has seen.
    pub version: Version,
    /// The latest time among them.
    pub time: DateTime<Utc>,
    /// What made it.
    pub fingerprint: Fingerprint,
    /// The bytes of the state.
    pub bytes: u64,
}
