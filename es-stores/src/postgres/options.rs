//! How a PostgreSQL store is opened.

use std::time::Duration;

use crate::pg::LinkOptions;

/// How a [`PostgresStore`](super::PostgresStore) is opened.
///
/// ```
/// use std::time::Duration;
/// use es_stores::PostgresOptions;
///
/// let options = PostgresOptions::new()
///     .schema("bank_events")
///     .pool_size(8)
///     .statement_timeout(Duration::from_secs(5));
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct PostgresOptions {
    pub(super) schema: String,
    pub(super) migrate: bool,
    pub(super) writers: usize,
    pub(super) link: LinkOptions,
}

impl PostgresOptions {
    /// The defaults: the schema `es`, brought up to date when opening, 16 connections, 10 s to
    /// connect, 30 s for one of the pool's connections and 60 s for a statement.
    pub fn new() -> Self {
        Self {
            schema: "es".to_owned(),
            migrate: true,
            writers: 4,
            link: LinkOptions {
                pool_size: 16,
                connect_timeout: Duration::from_secs(10),
                wait_timeout: Duration::from_secs(30),
                statement_timeout: Duration::from_mins(1),
                session_sql: String::new(),
            },
        }
    }

    /// The schema that holds the tables: lower-case letters, digits and underscores. Stores in
    /// different schemas of one database know nothing of each other.
    pub fn schema(mut self, schema: impl Into<String>) -> Self {
        self.schema = schema.into();
        self
    }

    /// Whether opening makes the schema and brings it up to date; it does unless told otherwise.
    /// Without, [`sql`](super::sql) has been run by somebody else, and a schema that is missing or
    /// older is refused.
    pub fn migrate(mut self, migrate: bool) -> Self {
        self.migrate = migrate;
        self
    }

    /// The most connections at a time: 16 unless told otherwise, at least 2. One more listens for
    /// the appends of other processes. Whoever reads much has two while more than half are free.
    pub fn pool_size(mut self, connections: usize) -> Self {
        self.link.pool_size = connections.max(2);
        self
    }

    /// How many batches of appends are written at a time, 4 unless told otherwise, at least 1; more
    /// than two only where many appends wait.
    pub fn writers(mut self, writers: usize) -> Self {
        self.writers = writers.max(1);
        self
    }

    /// How long making a connection may take, 10 s unless told otherwise. After it comes
    /// [`StoreErrorKind::Unavailable`](es_core::store::StoreErrorKind::Unavailable).
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.link.connect_timeout = timeout;
        self
    }

    /// How long to wait for a connection when all are in use, 30 s unless told otherwise. After it
    /// comes [`StoreErrorKind::Busy`](es_core::store::StoreErrorKind::Busy).
    pub fn wait_timeout(mut self, timeout: Duration) -> Self {
        self.link.wait_timeout = timeout;
        self
    }

    /// How long one statement may take, 60 s unless told otherwise; zero is for ever. After it
    /// comes [`StoreErrorKind::Busy`](es_core::store::StoreErrorKind::Busy), and nothing was
    /// written.
    pub fn statement_timeout(mut self, timeout: Duration) -> Self {
        self.link.statement_timeout = timeout;
        self
    }
}

impl Default for PostgresOptions {
    fn default() -> Self {
        Self::new()
    }
}
