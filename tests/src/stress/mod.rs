//! Writers, readers and disasters on a real server, and what must hold afterwards.
//!
//! Writers append to shared streams, some of them to several at once, and repeat whatever they were
//! not told the outcome of. Others write and roll back. Connections are killed at random, the server
//! is restarted as in a crash. Readers follow everything, a category or a share of it. In the end
//! each reader must have seen exactly what stands in the table, in its order, and every
//! acknowledged event must stand there once.

mod disasters;
mod kinds;
mod readers;
mod writers;

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use es_core::store::EventStore;
use uuid::Uuid;

use crate::servers::Cluster;
use disasters::Disasters;
pub use kinds::{MessageDb, Postgres};
use readers::{Reader, What};

/// How long, how many, how bad.
#[derive(Clone, Debug)]
pub struct Stress {
    /// How long writers write.
    pub duration: Duration,
    /// How many write at a time, over two stores.
    pub writers: usize,
    /// How many write and roll back, or commit late.
    pub undecided: usize,
    /// How often the server is restarted as in a crash.
    pub restarts: u32,
    /// How often a connection is killed.
    pub kill_every: Duration,
}

/// What stands in the store, and what was seen of it.
#[derive(Debug)]
pub struct Report {
    /// How many events stand there.
    pub events: usize,
    /// How many were acknowledged.
    pub acknowledged: usize,
    /// How many appends had to be repeated since their outcome was unknown.
    pub repeated: u64,
    /// How many appends met a conflict.
    pub conflicts: u64,
    /// How many transactions were rolled back behind a position they had taken.
    pub rolled_back: u64,
    /// How many connections were killed.
    pub killed: u64,
    /// How many positions nobody has.
    pub holes: u64,
}

/// A kind of store on a server, as this needs it.
pub trait Kind: Copy + Send + Sync + 'static {
    /// The store.
    type Store: EventStore + Clone;

    /// Makes ready the database that the server's URI names.
    fn prepare(self, uri: &str) -> impl Future<Output = anyhow::Result<()>> + Send;

    /// Opens a store of its own.
    fn open(self, uri: &str) -> impl Future<Output = anyhow::Result<Self::Store>> + Send;

    /// Stream `nth` of those that only the undecided write to, who are told apart by `who`. Whoever
    /// holds what the others need holds them up, which is no disaster but the rule.
    fn undecided_stream(self, who: usize, nth: u64) -> String;

    /// Writes one event to a stream, by statements that take a position.
    fn write_sql(self, stream: &str, id: Uuid) -> String;

    /// Id, stream, version from 1 and position of every event, in the order of positions.
    fn all_sql(self) -> &'static str;
}

/// What the tasks share.
#[derive(Debug, Default)]
struct Shared {
    done: AtomicBool,
}

impl Shared {
    fn is_done(&self) -> bool {
        self.done.load(Ordering::Acquire)
    }
}

impl Stress {
    /// Runs it on a server of its own, made by `tests/servers/postgres`.
    ///
    /// # Errors
    /// Where anything was missed, doubled, out of order or lost, or the server could not be run.
    pub async fn run<K: Kind>(&self, kind: K) -> anyhow::Result<Report> {
        let cluster = Arc::new(Cluster::start(&["--durable"])?);
        let uri = cluster.uri("stress")?;
        create_database(&cluster, "stress").await?;
        kind.prepare(&uri).await?;
        let stores = [kind.open(&uri).await?, kind.open(&uri).await?];
        let shared = Arc::new(Shared::default());

        let readers: Vec<Reader> = [What::All, What::All, What::Category, What::Share]
            .into_iter()
            .zip(stores.iter().cycle())
            .map(|(what, store)| Reader::start(store.clone(), what))
            .collect();
        let writers: Vec<_> = (0..self.writers)
            .zip(stores.iter().cycle())
            .map(|(nth, store)| {
                let shared = Arc::clone(&shared);
                tokio::spawn(writers::write(store.clone(), nth as u64, shared))
            })
            .collect();
        let disasters = Disasters::start(self, kind, Arc::clone(&cluster), &uri, &shared);

        tokio::time::sleep(self.duration).await;
        shared.done.store(true, Ordering::Release);
        let mut acknowledged = HashSet::new();
        let (mut repeated, mut conflicts) = (0, 0);
        for writer in writers {
            let wrote = writer.await?;
            for id in wrote.acknowledged {
                ensure!(acknowledged.insert(id), "{id} was acknowledged twice");
            }
            repeated += wrote.repeated;
            conflicts += wrote.conflicts;
        }
        let (killed, rolled_back) = disasters.end().await?;
        ensure!(
            rolled_back > 0,
            "nobody who wavers could write: see `write_sql`"
        );

        let standing = Standing::read(kind, &uri).await?;
        standing.check(&acknowledged)?;
        for reader in readers {
            reader.check(&standing.events).await?;
        }
        Ok(Report {
            events: standing.events.len(),
            acknowledged: acknowledged.len(),
            repeated,
            conflicts,
            rolled_back,
            killed,
            holes: standing.holes(),
        })
    }
}

/// An event as it stands in the table.
#[derive(Clone, Debug)]
struct Stands {
    id: Uuid,
    stream: String,
    version: i64,
    position: i64,
}

/// The whole table.
struct Standing {
    events: Vec<Stands>,
}

impl Standing {
    async fn read<K: Kind>(kind: K, uri: &str) -> anyhow::Result<Self> {
        let client = connect(uri).await?;
        let rows = client.query(kind.all_sql(), &[]).await?;
        let events = rows.iter().map(|row| Stands {
            id: row.get(0),
            stream: row.get(1),
            version: row.get(2),
            position: row.get(3),
        });
        Ok(Self {
            events: events.collect(),
        })
    }

    /// Every acknowledged event stands there, none twice, and no stream has a gap.
    fn check(&self, acknowledged: &HashSet<Uuid>) -> anyhow::Result<()> {
        let ids: HashSet<Uuid> = self.events.iter().map(|event| event.id).collect();
        ensure!(ids.len() == self.events.len(), "an event stands twice");
        let lost = acknowledged.difference(&ids).count();
        ensure!(lost == 0, "{lost} acknowledged events are lost");
        let mut versions = std::collections::HashMap::new();
        for event in &self.events {
            let version = versions.entry(event.stream.as_str()).or_insert(0);
            *version += 1;
            ensure!(
                event.version == *version,
                "{} goes from {} to {}",
                event.stream,
                *version - 1,
                event.version
            );
        }
        Ok(())
    }

    fn holes(&self) -> u64 {
        let last = self.events.last().map_or(0, |event| event.position);
        u64::try_from(last).unwrap_or(0) - self.events.len() as u64
    }
}

async fn create_database(cluster: &Cluster, name: &str) -> anyhow::Result<()> {
    let client = connect(&cluster.uri("postgres")?).await?;
    client
        .batch_execute(&format!("CREATE DATABASE {name}"))
        .await?;
    Ok(())
}

/// A connection outside all stores, tried until the server answers.
async fn connect(uri: &str) -> anyhow::Result<tokio_postgres::Client> {
    let begun = Instant::now();
    loop {
        match tokio_postgres::connect(uri, tokio_postgres::NoTls).await {
            Ok((client, connection)) => {
                tokio::spawn(connection);
                return Ok(client);
            }
            Err(error) if begun.elapsed() > Duration::from_mins(1) => {
                return Err(error).context("the server does not answer");
            }
            Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
}
