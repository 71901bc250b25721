//! Events on a PostgreSQL server, in tables of our own.
//!
//! An append is one round trip, which locks nothing: it reads what its stream is at and inserts
//! behind it, and an index lets one of those through who insert the same. Where an append does not
//! fit, nothing of it is written, and the server is asked what stands there instead; in the moment in
//! which two programs race for one stream it is told by an error, which goes into the server's log,
//! and asks then. Appends that wait at the same time share a transaction. A read of a stream sees
//! what was acknowledged at once; a category and everything are read up to a horizon below which
//! nothing new can appear.
//!
//! Payloads that are JSON are kept in a column `json`, which keeps every letter; all others in a
//! column `bytea`. See the table `events` in `psql`, and `data ->> 'field'`.
//!
//! # The schema, and who may do what
//!
//! Opening a store makes its schema, or brings it up to date, which only a role that may `CREATE` in
//! the database can do. Where others change the database, have them run what [`sql`] prints, and
//! open the store with [`PostgresOptions::migrate`] turned off. A role that reads and writes needs no
//! more than this:
//!
//! ```sql
//! GRANT USAGE ON SCHEMA es TO app;
//! GRANT SELECT ON ALL TABLES IN SCHEMA es TO app;
//! GRANT INSERT ON es.events, es.snapshots TO app;
//! GRANT USAGE ON ALL SEQUENCES IN SCHEMA es TO app;
//! GRANT UPDATE, DELETE ON es.snapshots TO app;
//! ```
//!
//! and one that only reads the first two lines. Nobody needs to change or delete events.
//!
//! # Servers
//!
//! PostgreSQL 13 or newer, in the encoding UTF8. What was acknowledged survives what the server's
//! settings promise, which is looked at when opening: with `fsync` and `synchronous_commit` on, as
//! they are unless somebody turned them off, the loss of power. A standby answers reads of streams; categories and everything are
//! read from the primary, which alone knows who is writing. After a failover to a standby that had
//! not received everything, positions may be given anew: whoever was ahead of it has to begin again.
//! Every connection sets a few things for its session, such as the statement timeout: give a store
//! connections of its own, not those of a pooler in transaction mode that others share.

mod append;
mod catalog;
mod columns;
mod options;
mod plain;
mod read;
mod schema;
mod snapshots;
mod state_units;
mod states;
mod units;

use std::sync::Arc;
use std::time::Duration;

use es_core::record::{Page, ReadRequest};
use es_core::store::{
    Append, AppendError, Appended, BoxFuture, Capabilities, Catalog, Durability, EventStore,
    SnapshotStore, StateStore, StoreError,
};
use es_core::stream::Position;

pub use options::PostgresOptions;
pub use schema::{sql, sql_for};

use crate::pg::{Address, Ahead, Batches, Bell, Density, Fill, Link, Reads, Settled, repeatably};
use append::Writer;
use catalog::CatalogSql;
use read::{EventRows, read_sql};
use schema::named;
use snapshots::SnapshotSql;
use states::StateSql;

/// How often a waiting reader looks without having been woken.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Events, states and snapshots on a PostgreSQL server.
///
/// Clones share their connections.
///
/// ```no_run
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use es_stores::PostgresStore;
///
/// let store = PostgresStore::connect("postgres://ada:secret@localhost:5432/bank").await?;
/// # drop(store);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct PostgresStore {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    link: Arc<Link>,
    batches: Batches<Writer>,
    reads: Reads<EventRows>,
    ahead: Ahead,
    settled: Settled,
    bell: Arc<Bell>,
    snapshots: SnapshotSql,
    states: StateSql,
    catalog: CatalogSql,
    durability: Durability,
}

impl PostgresStore {
    /// Opens the store that `uri` names, with the default options; makes its schema where there is
    /// none.
    ///
    /// # Errors
    /// As [`PostgresStore::connect_with`].
    pub async fn connect(uri: &str) -> Result<Self, StoreError> {
        Self::connect_with(uri, PostgresOptions::new()).await
    }

    /// Opens the store that `uri` names, as in
    /// `postgres://user:password@host:5432/database?sslmode=verify-full`. Besides what PostgreSQL's
    /// own programs know in a URI, `sslmode` may be `disable`, `prefer` (the default), `require`,
    /// `verify-ca` or `verify-full`, and `sslrootcert` names a file of certificates to trust in
    /// place of the system's.
    ///
    /// # Errors
    /// [`StoreError`] of the kind [`Invalid`] where the URI or the schema's name does not read,
    /// [`Unavailable`] where the server or the database can not be reached, [`Denied`] where it
    /// does not let this user in or not make the schema, [`NewerSchema`] where a newer version of
    /// this library made the schema, [`NotAStore`] where there is none and none may be made, and
    /// [`Unsupported`] where the server is too old. The password never shows.
    ///
    /// [`Invalid`]: es_core::store::StoreErrorKind::Invalid
    /// [`Unavailable`]: es_core::store::StoreErrorKind::Unavailable
    /// [`Denied`]: es_core::store::StoreErrorKind::Denied
    /// [`NewerSchema`]: es_core::store::StoreErrorKind::NewerSchema
    /// [`NotAStore`]: es_core::store::StoreErrorKind::NotAStore
    /// [`Unsupported`]: es_core::store::StoreErrorKind::Unsupported
    pub async fn connect_with(uri: &str, options: PostgresOptions) -> Result<Self, StoreError> {
        let schema = options.schema.as_str();
        schema::check_name(schema)?;
        let link = Arc::new(Link::new(&Address::parse(uri)?, &options.link)?);
        let durability = schema::prepare(&link, schema, options.migrate).await?;
        let bell = Arc::new(Bell::new(Arc::clone(&link), format!("es {schema}")));
        let writer = Writer::new(Arc::clone(&link), Arc::clone(&bell), schema);
        let events = named("{schema}.events", schema);
        Ok(Self {
            shared: Arc::new(Shared {
                batches: Batches::new(writer, options.writers),
                reads: Reads::new(read_sql(schema)),
                ahead: Ahead::default(),
                settled: Settled::new(&events, "position"),
                snapshots: SnapshotSql::new(schema),
                states: StateSql::new(schema),
                catalog: CatalogSql::new(schema),
                durability,
                link,
                bell,
            }),
        })
    }

    async fn settled(&self) -> Result<Position, StoreError> {
        let Shared { link, settled, .. } = &*self.shared;
        let head = settled.advance(link).await;
        head.map_err(|trouble| link.error("read the head of", &trouble))
    }
}

impl Fill for Shared {
    async fn fill(
        &self,
        request: &ReadRequest,
        density: Option<Density>,
        page: &mut Page,
    ) -> Result<(), StoreError> {
        let Self { link, settled, .. } = self;
        let filled = repeatably!(
            link,
            self.reads
                .fill_settled(link, settled, request, density, page)
        );
        filled.map_err(|trouble| link.error("read from", &trouble))
    }
}

impl EventStore for PostgresStore {
    fn append(&self, append: Arc<Append>) -> BoxFuture<'_, Result<Vec<Appended>, AppendError>> {
        Box::pin(self.shared.batches.append(append))
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
        Box::pin(self.settled())
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::new(true, self.shared.durability)
    }

    fn wait_beyond(&self, position: Position) -> BoxFuture<'_, Result<Position, StoreError>> {
        let Shared { bell, settled, .. } = &*self.shared;
        Box::pin(bell.wait_beyond(position, settled, LOOK_EVERY, || self.head()))
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
