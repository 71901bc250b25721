//! Message DB: the message store of Eventide and Protean, on a PostgreSQL server.
//!
//! Message DB is taken as it is: streams, categories, consumer groups and expected versions are its
//! own, and so are the functions that write. Programs of Eventide and Protean read what is written
//! here, and what they write is read: see [the groups](#metadata) that an event's metadata is
//! stored in. Installing it is [`install`], its own `install.sh`, or a container.
//!
//! One category has one writer at a time, from before a stream's version is looked at until the
//! commit: that is how Message DB gives readers of a category every event in order. Appends that
//! wait at the same time share a transaction, so that many streams of one category need not wait
//! for a commit each. Readers of everything are handed only what no transaction that is still
//! writing could come before.
//!
//! Payloads are `jsonb`: they come back equal as JSON
//! ([`Payloads::Json`]). An event's id is unique in the whole
//! database. Snapshots are messages, in `{category}:snapshot-{id}`; deleting them needs a right that
//! Message DB's own role has not.
//!
//! # Metadata
//!
//! An event's [context](es_core::record::Context) is stored in Protean's groups: correlation and
//! causation in `domain`, headers in `extensions`, the time in `headers`. Metadata of any other
//! shape stands whole in `extensions._es`. Eventide's `correlationStreamName`,
//! `causationMessageStreamName` and `properties` are read as correlation, causation and headers.

mod batch;
mod catalog;
mod install;
mod metadata;
mod options;
mod payload;
mod plan;
mod probe;
mod read;
mod snapshots;
mod sources;
mod units;
mod values;

use std::sync::Arc;
use std::time::Duration;

use es_core::record::{Page, ReadRequest, Source};
use es_core::store::{
    Append, AppendError, Appended, BoxFuture, Capabilities, Catalog, Durability, EventStore,
    Payloads, SnapshotStore, StoreError, no_states,
};
use es_core::stream::Position;

pub use install::install;
pub use options::MessageDbOptions;

use crate::pg::{
    Address, Ahead, Batches, Bell, Density, Fill, Link, Reads, Settled, Trouble, repeatably,
};
use probe::Probe;
use read::{MessageRows, read_sql};
use snapshots::Snapshots;
use units::Units;

/// How often a waiting reader looks without having been woken: programs of others wake nobody.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Events and snapshots in a Message DB.
///
/// Clones share their connections.
///
/// ```no_run
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use es_stores::MessageDbStore;
///
/// let store = MessageDbStore::connect("postgres://message_store@localhost/message_store").await?;
/// # drop(store);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct MessageDbStore {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    link: Arc<Link>,
    batches: Batches<Units>,
    bell: Arc<Bell>,
    reads: Reads<MessageRows>,
    ahead: Ahead,
    settled: Arc<Settled>,
    snapshots: Snapshots,
    durability: Durability,
}

impl MessageDbStore {
    /// Opens the Message DB in the database that `uri` names, with the default options.
    ///
    /// # Errors
    /// As [`MessageDbStore::connect_with`].
    pub async fn connect(uri: &str) -> Result<Self, StoreError> {
        Self::connect_with(uri, MessageDbOptions::new()).await
    }

    /// Opens the Message DB in the database that `uri` names, as any user that may: Message DB's
    /// role `message_store`, one that has been granted it, or the owner.
    ///
    /// # Errors
    /// [`StoreError`] of the kind [`NotAStore`] where the database has no Message DB, or an older
    /// one than 1.0; [`Unavailable`] where the server can not be reached, [`Denied`] where it does
    /// not let the user in, [`Invalid`] where the URI makes no sense. The URI itself never shows.
    ///
    /// [`NotAStore`]: es_core::store::StoreErrorKind::NotAStore
    /// [`Unavailable`]: es_core::store::StoreErrorKind::Unavailable
    /// [`Denied`]: es_core::store::StoreErrorKind::Denied
    /// [`Invalid`]: es_core::store::StoreErrorKind::Invalid
    pub async fn connect_with(uri: &str, options: MessageDbOptions) -> Result<Self, StoreError> {
        options.check()?;
        let link = Arc::new(Link::new(&Address::parse(uri)?, &options.link)?);
        let probe = Probe::of(&link).await;
        let probe = probe.map_err(|trouble| link.error("open", &trouble))?;
        probe.check(&link)?;
        let bell = Arc::new(Bell::new(Arc::clone(&link), "message_store".to_owned()));
        let units = Units {
            link: Arc::clone(&link),
            bell: Arc::clone(&bell),
        };
        let suffix = options.snapshot_suffix.as_deref();
        Ok(Self {
            shared: Arc::new(Shared {
                batches: Batches::new(units, options.writers),
                bell,
                reads: Reads::new(read_sql()),
                ahead: Ahead::default(),
                settled: Arc::new(Settled::new("message_store.messages", "global_position")),
                snapshots: Snapshots::new(Arc::clone(&link), suffix),
                durability: probe.durability,
                link,
            }),
        })
    }
}

impl Shared {
    async fn read(
        &self,
        request: &ReadRequest,
        density: Option<Density>,
        page: &mut Page,
    ) -> Result<(), Trouble> {
        let Self {
            link,
            reads,
            settled,
            ..
        } = self;
        match request.source {
            // A stream's and a category's events are committed in order: they share a lock.
            Source::Stream { .. } | Source::Category { .. } => {
                let known = settled.known();
                if density.is_some() && begins_behind(&request.source, known) {
                    let (link, settled) = (Arc::clone(link), Arc::clone(settled));
                    tokio::spawn(async move { settled.advance(&link).await });
                }
                reads.fill(link, known, request, density, page).await
            }
            Source::All { .. } => {
                reads
                    .fill_settled(link, settled, request, density, page)
                    .await
            }
        }
    }

    async fn head(&self) -> Result<Position, Trouble> {
        let settled = self.settled.advance(&self.link).await?;
        read::head(&self.link.client().await?, settled).await
    }
}

/// Whether this is a part of a category of which nobody knows yet that it is settled.
fn begins_behind(source: &Source, known: Position) -> bool {
    matches!(source, Source::Category { from: Some(from), .. } if *from > known)
}

impl Fill for Shared {
    async fn fill(
        &self,
        request: &ReadRequest,
        density: Option<Density>,
        page: &mut Page,
    ) -> Result<(), StoreError> {
        let filled = repeatably!(self.link, self.read(request, density, page));
        filled.map_err(|trouble| self.link.error("read from", &trouble))
    }
}

impl EventStore for MessageDbStore {
    fn append(&self, append: Arc<Append>) -> BoxFuture<'_, Result<Vec<Appended>, AppendError>> {
        Box::pin(async move {
            no_states(&append)?;
            self.shared.batches.append(append).await
        })
    }

    fn read<'a>(
        &'a self,
        request: &'a ReadRequest,
        page: &'a mut Page,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        let ahead = &self.shared.ahead;
        Box::pin(ahead.read(&self.shared, request, page))
    }

    fn head(&self) -> BoxFuture<'_, Result<Position, StoreError>> {
        Box::pin(async move {
            let head = repeatably!(self.shared.link, self.shared.head());
            head.map_err(|trouble| self.shared.link.error("read the head of", &trouble))
        })
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::new(true, self.shared.durability).payloads(Payloads::Json)
    }

    fn wait_beyond(&self, position: Position) -> BoxFuture<'_, Result<Position, StoreError>> {
        let Shared { bell, settled, .. } = &*self.shared;
        Box::pin(bell.wait_beyond(position, settled, LOOK_EVERY, || self.head()))
    }

    fn snapshots(&self) -> Option<&dyn SnapshotStore> {
        Some(&self.shared.snapshots)
    }

    fn catalog(&self) -> Option<&dyn Catalog> {
        Some(self)
    }
}
