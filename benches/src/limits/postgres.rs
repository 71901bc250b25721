//! PostgreSQL by one table.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use async_trait::async_trait;
use es_bench_race::bank::{self, BankEvent, account_name};
use es_bench_race::{Contestant, Role, Work};
use tokio::sync::mpsc;
use tokio_postgres::{Client, Statement};

use super::jobs::{self, BATCH, Job};
use super::server::{Connected, Sql};

/// What an empty database needs first.
pub const POSTGRES_SCHEMA: &str = "CREATE TABLE events (
    position bigserial PRIMARY KEY, stream text NOT NULL, version bigint NOT NULL,
    type text NOT NULL, payload bytea NOT NULL, UNIQUE (stream, version))";

/// One `INSERT` a commit, of one row or many.
pub struct Inserts {
    one: Statement,
    many: Statement,
}

#[async_trait]
impl Sql for Inserts {
    const NAME: &'static str = "tokio-postgres, a statement a commit";
    const SESSION: &'static str = "SET jit = off";
    const STREAM: &'static str =
        "SELECT type, payload FROM events WHERE stream = $1 ORDER BY version";
    const ALL: &'static str =
        "SELECT stream, version, position, type, payload FROM events ORDER BY position LIMIT $1";

    fn stream(account: u64) -> String {
        account_name(account)
    }

    async fn prepare(client: &Client) -> Result<Self> {
        const ONE: &str =
            "INSERT INTO events (stream, version, type, payload) VALUES ($1, $2, $3, $4)";
        const MANY: &str = "INSERT INTO events (stream, version, type, payload)
            SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[], $4::bytea[])";
        Ok(Self {
            one: client.prepare(ONE).await?,
            many: client.prepare(MANY).await?,
        })
    }

    async fn append(&self, client: &Client, account: u64, from: u64, count: u64) -> Result<()> {
        let mut columns = Columns::default();
        for nth in from..from + count {
            columns.push(account, nth, &bank::event(nth))?;
        }
        columns.insert(client, &self.many).await
    }

    /// The table knows no categories.
    async fn insert(
        &self,
        client: &Client,
        _: Option<u64>,
        account: u64,
        version: u64,
        event: &BankEvent,
    ) -> Result<()> {
        let (stream, version) = (Self::stream(account), i64::try_from(version)?);
        client
            .execute(
                &self.one,
                &[&stream, &version, &event.kind(), &event.fields()?],
            )
            .await?;
        Ok(())
    }
}

/// The columns of several events.
#[derive(Default)]
struct Columns {
    streams: Vec<String>,
    versions: Vec<i64>,
    types: Vec<&'static str>,
    payloads: Vec<Vec<u8>>,
}

impl Columns {
    fn push(&mut self, account: u64, version: u64, event: &BankEvent) -> Result<()> {
        self.streams.push(account_name(account));
        self.versions.push(i64::try_from(version)?);
        self.types.push(event.kind());
        self.payloads.push(event.fields()?);
        Ok(())
    }

    async fn insert(&self, client: &Client, insert: &Statement) -> Result<()> {
        client
            .execute(
                insert,
                &[&self.streams, &self.versions, &self.types, &self.payloads],
            )
            .await?;
        Ok(())
    }
}

/// What waits is written by one statement a commit, over a few connections.
pub struct OneBatchAtATime {
    jobs: mpsc::UnboundedSender<Job>,
}

impl OneBatchAtATime {
    /// In a database with an empty table.
    ///
    /// # Errors
    /// Where it can not be reached.
    pub async fn new(uri: &str) -> Result<Self> {
        const CONNECTIONS: usize = 2;
        let (jobs, queue) = mpsc::unbounded_channel();
        let queue = Arc::new(tokio::sync::Mutex::new(queue));
        for _ in 0..CONNECTIONS {
            let connected = Connected::to(uri).await?;
            let queue = Arc::clone(&queue);
            tokio::spawn(async move {
                if let Err(error) = write(&connected, &queue).await {
                    eprintln!("es-bench: the raw group commit failed: {error:#}");
                }
            });
        }
        Ok(Self { jobs })
    }
}

async fn write(
    connected: &Connected<Inserts>,
    queue: &tokio::sync::Mutex<mpsc::UnboundedReceiver<Job>>,
) -> Result<()> {
    loop {
        let mut batch = Vec::new();
        if queue.lock().await.recv_many(&mut batch, BATCH).await == 0 {
            return Ok(());
        }
        let mut columns = Columns::default();
        for job in &batch {
            columns.push(job.account, job.version, &job.event)?;
        }
        let insert = &connected.sql.many;
        columns.insert(&connected.client, insert).await?;
        for job in batch {
            let _ = job.done.send(());
        }
    }
}

#[async_trait]
impl Contestant for OneBatchAtATime {
    fn name(&self) -> String {
        "tokio-postgres, 2 connections, group commit".into()
    }

    fn role(&self) -> Role {
        Role::Limit
    }

    async fn append_each(&self, work: Work) -> Result<Option<u64>> {
        jobs::append_each(work, |job| {
            self.jobs.send(job).ok().context("the writers have ended")
        })
        .await
    }
}
