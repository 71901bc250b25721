//! Stores of every kind, each empty and of a test's own.

use std::sync::Arc;

use anyhow::Context as _;
use es_core::store::{EventStore, MemoryStore};
use tempfile::TempDir;
use tokio_postgres::NoTls;
use uuid::Uuid;

use crate::servers::message_db_package;

/// A kind of store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The memory of this process.
    Memory,
    /// A file.
    Sqlite,
    /// A schema on the server that all tests share.
    Postgres,
    /// A database on that server, with a Message DB.
    MessageDb,
}

/// Where one test keeps its events; cleared away when it is dropped.
#[derive(Debug)]
pub struct Place {
    inside: Inside,
}

#[derive(Debug)]
enum Inside {
    Memory(MemoryStore),
    File(TempDir),
    Server(OnServer),
}

#[derive(Debug)]
struct OnServer {
    /// The store's.
    uri: String,
    server: String,
    clear: String,
}

impl Place {
    /// An empty one.
    ///
    /// # Errors
    /// Where it needs a server and there is none, told with how to start one.
    pub async fn new(kind: Kind) -> anyhow::Result<Self> {
        let inside = match kind {
            Kind::Memory => Inside::Memory(MemoryStore::new()),
            Kind::Sqlite => Inside::File(tempfile::tempdir()?),
            Kind::Postgres => Inside::Server(OnServer::schema()?),
            Kind::MessageDb => Inside::Server(OnServer::message_db().await?),
        };
        Ok(Self { inside })
    }

    /// Opens the store, by connections of its own.
    ///
    /// # Errors
    /// Where it does not open.
    pub async fn open(&self) -> anyhow::Result<Arc<dyn EventStore>> {
        if let Inside::Memory(store) = &self.inside {
            return Ok(Arc::new(store.clone()));
        }
        let uri = self.uri().context("it is kept in memory")?;
        Ok(es_stores::connect(&uri).await?)
    }

    /// The URI of the store, for other processes; memory has none.
    pub fn uri(&self) -> Option<String> {
        match &self.inside {
            Inside::Memory(_) => None,
            Inside::File(folder) => {
                let file = folder.path().join("events.db");
                Some(format!("sqlite://{}?synchronous=normal", file.display()))
            }
            Inside::Server(place) => Some(place.uri.clone()),
        }
    }
}

impl OnServer {
    fn schema() -> anyhow::Result<Self> {
        let (server, schema) = (server()?, fresh_name());
        let joint = if server.contains('?') { '&' } else { '?' };
        Ok(Self {
            uri: format!("{server}{joint}schema={schema}"),
            clear: format!("DROP SCHEMA IF EXISTS {schema} CASCADE"),
            server,
        })
    }

    async fn message_db() -> anyhow::Result<Self> {
        let (server, database) = (server()?, fresh_name());
        let package = message_db_package()?;
        let uri = with_database(&server, &database).context("ES_TEST_POSTGRES is no URI")?;
        let (_, behind_scheme) = uri.split_once(':').context("ES_TEST_POSTGRES is no URI")?;
        run(&server, &format!("CREATE DATABASE {database}")).await?;
        let place = Self {
            uri: format!("message-db:{behind_scheme}"),
            clear: format!("DROP DATABASE IF EXISTS {database} WITH (FORCE)"),
            server,
        };
        es_stores::message_db::install(&uri, package).await?;
        Ok(place)
    }
}

impl Drop for OnServer {
    fn drop(&mut self) {
        let (server, clear) = (self.server.clone(), self.clear.clone());
        let run = move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()?;
            runtime.block_on(run(&server, &clear))
        };
        // A panic in a drop would hide why the test failed.
        if let Ok(Err(error)) = std::thread::spawn(run).join() {
            eprintln!("could not clear away: {error:#}");
        }
    }
}

fn server() -> anyhow::Result<String> {
    std::env::var("ES_TEST_POSTGRES").context(
        "this test needs a PostgreSQL server: run it by `./tests/run`, or start one by `./tests/run \
         --serve` and set in this shell what that prints",
    )
}

/// A name that no other test has, in this process or another.
fn fresh_name() -> String {
    format!("es_test_{}", Uuid::now_v7().simple())
}

/// The same server by another database.
fn with_database(uri: &str, database: &str) -> Option<String> {
    let (scheme, rest) = uri.split_once("://")?;
    let (target, options) = rest.split_once('?').unwrap_or((rest, ""));
    let (server, _) = target.split_once('/').unwrap_or((target, ""));
    Some(format!("{scheme}://{server}/{database}?{options}"))
}

async fn run(server: &str, statement: &str) -> anyhow::Result<()> {
    let (client, connection) = tokio_postgres::connect(server, NoTls)
        .await
        .context("the server of ES_TEST_POSTGRES can not be reached")?;
    let connection = tokio::spawn(connection);
    client
        .batch_execute("SET client_min_messages = warning")
        .await?;
    client.batch_execute(statement).await?;
    drop(client);
    let _ = connection.await;
    Ok(())
}
