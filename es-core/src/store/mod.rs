//! The waist of the framework: what a store of events must do, in bytes, names and versions.

mod append;
mod catalog;
mod error;
mod memory;
mod read;
mod snapshots;
mod states;

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

pub use append::{
    Append, Appended, Decision, Expected, Standing, StandingState, StateChange, StateWrite,
    StreamAppend, StreamTwice,
};
pub use catalog::{About, Catalog, SnapshotEntry, StreamEntry, StreamsRequest, TypeEntry};
pub use error::{AppendError, ExpectedVersionError, StoreError, StoreErrorKind};
pub use memory::MemoryStore;
pub(crate) use read::Cursor;
pub use read::{EventStoreExt, Events};
pub use snapshots::{Fingerprint, Snapshot, SnapshotStore};
pub use states::{State, StateStore, no_states};

use crate::record::{Page, ReadRequest};
use crate::stream::Position;

/// A future on the heap: what keeps the store traits usable as `dyn`.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A store of events.
///
/// A store keeps five promises, which the conformance suite of `es-stores` shows for each, every
/// difference declared in [`EventStore::capabilities`]:
///
/// 1. An append to one stream is atomic, and its expected version holds or nothing is written; one
///    to several streams likewise where [`Capabilities::multi_stream`], else it is refused before
///    anything is written.
/// 2. A stream's versions are 1, 2, 3 … without gaps. Positions of the whole store only grow, and a
///    reader that has seen position p never later finds a new event at or below p. A read of a
///    stream sees an acknowledged append at once; a read of a category or of everything, and
///    `head`, may lag behind it and never skip.
/// 3. What was acknowledged survives what [`Capabilities::durability`] says.
/// 4. An append with an explicit expected version whose ids already stand there, in order, answers
///    its first outcome and writes nothing; some of them but not all is a conflict.
/// 5. Reading is paged by borrowing, without a limit that truncates.
///
/// Everything convenient is on [`EventStoreExt`]. [`MemoryStore`] is the reference implementation
/// to read before writing another.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no store of events",
    label = "not a store",
    note = "opening a store is waited for and can fail, as in `SqliteStore::open(\"bank.db\").await?`",
    note = "a URI is opened by `es_stores::connect(\"sqlite://bank.db\").await?`"
)]
pub trait EventStore: fmt::Debug + Send + Sync + 'static {
    /// Appends events, to one stream or atomically to several, and answers for each stream in
    /// order. Appending no events checks the expected version and answers the present one.
    ///
    /// A unit may write states as well, all or nothing with its events: the answers for these come
    /// behind those for the streams. A store without [`EventStore::states`] refuses such a unit by
    /// [`no_states`], before anything is written.
    ///
    /// # Errors
    /// [`AppendError::Conflict`] where an expected version does not hold: nothing is written.
    /// [`AppendError::OutcomeUnknown`] where the store can not know whether it was written: the
    /// caller repeats the same append. [`AppendError::Store`] where it was surely not written.
    fn append(&self, append: Arc<Append>) -> BoxFuture<'_, Result<Vec<Appended>, AppendError>>;

    /// Fills `page`, which it clears first, with what `request` asks for, and says by
    /// [`Page::set_has_more`] whether there is more behind it. A page with more behind it may hold
    /// less than was asked for, and always holds an event. A stream that does not exist is an empty
    /// one.
    ///
    /// # Errors
    /// [`StoreError`] where the store can not read.
    fn read<'a>(
        &'a self,
        request: &'a ReadRequest,
        page: &'a mut Page,
    ) -> BoxFuture<'a, Result<(), StoreError>>;

    /// The position of the last event that readers may see, [`Position::START`] without any.
    ///
    /// # Errors
    /// [`StoreError`] where the store can not read.
    fn head(&self) -> BoxFuture<'_, Result<Position, StoreError>>;

    /// What this store promises beyond the trait, and what it does not.
    fn capabilities(&self) -> Capabilities;

    /// Waits until there is an event behind `position` and answers the head.
    ///
    /// Unless the store knows better, it asks for the head every 20 ms.
    ///
    /// # Errors
    /// [`StoreError`] where the store can not read.
    fn wait_beyond(&self, position: Position) -> BoxFuture<'_, Result<Position, StoreError>> {
        Box::pin(async move {
            loop {
                let head = self.head().await?;
                if head > position {
                    return Ok(head);
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        })
    }

    /// The store's snapshots, where it keeps any.
    fn snapshots(&self) -> Option<&dyn SnapshotStore> {
        None
    }

    /// The current states that the store keeps beside its events, where it keeps any. They are
    /// written by [`append`](EventStore::append).
    fn states(&self) -> Option<&dyn StateStore> {
        None
    }

    /// What the store can tell of itself, where it can: for tools, which else read everything.
    fn catalog(&self) -> Option<&dyn Catalog> {
        None
    }
}

/// What a store promises beyond [`EventStore`], and what it does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Capabilities {
    /// Whether one append can write to several streams atomically.
    pub multi_stream: bool,
    /// What acknowledged events survive.
    pub durability: Durability,
    /// What payloads may hold, and how they come back.
    pub payloads: Payloads,
}

impl Capabilities {
    /// What a store promises that keeps payloads as they are.
    pub const fn new(multi_stream: bool, durability: Durability) -> Self {
        Self {
            multi_stream,
            durability,
            payloads: Payloads::Bytes,
        }
    }

    /// The same promises with other payloads.
    #[must_use]
    pub const fn payloads(mut self, payloads: Payloads) -> Self {
        self.payloads = payloads;
        self
    }
}

/// What the payloads, the metadata and the snapshots of a store may hold, and how they come back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Payloads {
    /// Any bytes; they come back as they were written. Metadata that is no JSON object may be
    /// refused.
    Bytes,
    /// JSON, which comes back equal as JSON: the order of keys, spaces, keys that stand twice, how
    /// letters are escaped and how numbers are written may change, and `-0.0` loses its sign.
    /// Metadata is an object or empty. Anything else is refused before anything of its unit is
    /// written, as [`StoreErrorKind::Invalid`], and so is JSON with `\u0000` in it.
    Json,
}

/// What acknowledged events survive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Durability {
    /// Nothing: they live as long as the store's value.
    None,
    /// The death of the process.
    Process,
    /// The loss of power.
    Power,
}

macro_rules! forward {
    ($pointer:ident) => {
        #[diagnostic::do_not_recommend]
        impl<S: EventStore + ?Sized> EventStore for $pointer<S> {
            fn append(
                &self,
                append: Arc<Append>,
            ) -> BoxFuture<'_, Result<Vec<Appended>, AppendError>> {
                (**self).append(append)
            }

            fn read<'a>(
                &'a self,
                request: &'a ReadRequest,
                page: &'a mut Page,
            ) -> BoxFuture<'a, Result<(), StoreError>> {
                (**self).read(request, page)
            }

            fn head(&self) -> BoxFuture<'_, Result<Position, StoreError>> {
                (**self).head()
            }

            fn capabilities(&self) -> Capabilities {
                (**self).capabilities()
            }

            fn wait_beyond(
                &self,
                position: Position,
            ) -> BoxFuture<'_, Result<Position, StoreError>> {
                (**self).wait_beyond(position)
            }

            fn snapshots(&self) -> Option<&dyn SnapshotStore> {
                (**self).snapshots()
            }

            fn states(&self) -> Option<&dyn StateStore> {
                (**self).states()
            }

            fn catalog(&self) -> Option<&dyn Catalog> {
                (**self).catalog()
            }
        }
    };
}

forward!(Arc);
forward!(Box);
