//! PostgreSQL by tokio-postgres alone.

use std::hint::black_box;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, Result};
use async_trait::async_trait;
use es_bench_race::bank::{self, Account, BankEvent, account_name};
use es_bench_race::{Contestant, Role, Work};
use futures_util::TryStreamExt as _;
use tokio::sync::{mpsc, oneshot};
use tokio_postgres::{Client, NoTls, Statement};

const SCHEMA: &str = "CREATE TABLE IF NOT EXISTS events (
    position bigserial PRIMARY KEY, stream text NOT NULL, version bigint NOT NULL,
    type text NOT NULL, payload bytea NOT NULL, UNIQUE (stream, version))";
const INSERT: &str = "INSERT INTO events (stream, version, type, payload) VALUES ($1, $2, $3, $4)";
const INSERT_MANY: &str = "INSERT INTO events (stream, version, type, payload)
    SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[], $4::bytea[])";
const STREAM: &str = "SELECT type, payload FROM events WHERE stream = $1 ORDER BY version";
const ALL: &str =
    "SELECT stream, version, position, type, payload FROM events ORDER BY position LIMIT $1";

/// A connection with its statements.
struct Connected {
    client: Client,
    insert: Statement,
    insert_many: Statement,
    stream: Statement,
    all: Statement,
}

async fn connect(uri: &str) -> Result<Connected> {
    let (client, connection) = tokio_postgres::connect(uri, NoTls).await?;
    tokio::spawn(connection);
    client.batch_execute("SET jit = off").await?;
    Ok(Connected {
        insert: client.prepare(INSERT).await?,
        insert_many: client.prepare(INSERT_MANY).await?,
        stream: client.prepare(STREAM).await?,
        all: client.prepare(ALL).await?,
        client,
    })
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

    async fn insert(&self, connected: &Connected) -> Result<()> {
        let (statement, client) = (&connected.insert_many, &connected.client);
        client
            .execute(
                statement,
                &[&self.streams, &self.versions, &self.types, &self.payloads],
            )
            .await?;
        Ok(())
    }
}

/// One prepared statement a commit, a connection for each writer; rows are decoded as they come.
pub struct InsertACommit {
    uri: String,
    idle: Mutex<Vec<Connected>>,
}

impl InsertACommit {
    /// In an empty database.
    ///
    /// # Errors
    /// Where it can not be reached.
    pub async fn new(uri: String) -> Result<Self> {
        let (client, connection) = tokio_postgres::connect(&uri, NoTls).await?;
        tokio::spawn(connection);
        client.batch_execute(SCHEMA).await?;
        Ok(Self {
            uri,
            idle: Mutex::default(),
        })
    }

    async fn take(&self) -> Result<Connected> {
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let connected = idle().pop();
        match connected {
            Some(connected) => Ok(connected),
            None => connect(&self.uri).await,
        }
    }

    fn put(&self, connected: Connected) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.push(connected);
    }
}

impl Connected {
    async fn insert(&self, account: u64, version: u64, event: &BankEvent) -> Result<()> {
        let (stream, version) = (account_name(account), i64::try_from(version)?);
        self.client
            .execute(
                &self.insert,
                &[&stream, &version, &event.kind(), &event.fields()?],
            )
            .await?;
        Ok(())
    }

    async fn load(&self, account: u64) -> Result<Account> {
        let name = account_name(account);
        let rows = self.client.query_raw(&self.stream, [&name]).await?;
        let mut rows = pin!(rows);
        let mut account = Account::default();
        while let Some(row) = rows.try_next().await? {
            account.apply(&BankEvent::decode(row.get(0), row.get(1))?);
        }
        Ok(account)
    }

    async fn read(&self, at_most: u64, decode: bool) -> Result<u64> {
        let limit = i64::try_from(at_most)?;
        let rows = self.client.query_raw(&self.all, [&limit]).await?;
        let mut rows = pin!(rows);
        let mut count = 0;
        while let Some(row) = rows.try_next().await? {
            black_box((row.get::<_, &str>(0), row.get::<_, i64>(1)));
            let (kind, fields): (&str, &[u8]) = (row.get(3), row.get(4));
            match decode {
                true => drop(black_box(BankEvent::decode(kind, fields)?)),
                false => drop(black_box((kind, fields))),
            }
            count += 1;
        }
        Ok(count)
    }
}

#[async_trait]
impl Contestant for InsertACommit {
    fn name(&self) -> String {
        "tokio-postgres, a statement a commit".into()
    }

    fn role(&self) -> Role {
        Role::Limit
    }

    async fn append(&self, account: u64, from: u64, count: u64) -> Result<Option<()>> {
        let connected = self.take().await?;
        let mut columns = Columns::default();
        for nth in from..from + count {
            columns.push(account, nth, &bank::event(nth))?;
        }
        columns.insert(&connected).await?;
        self.put(connected);
        Ok(Some(()))
    }

    async fn append_each(&self, work: Work) -> Result<Option<u64>> {
        let connected = self.take().await?;
        let mut turns = 0;
        while !work.until.has_come(turns) {
            let (account, events) = work.turn(turns);
            connected
                .insert(account, events, &bank::event(events))
                .await?;
            turns += 1;
        }
        self.put(connected);
        Ok(Some(turns))
    }

    async fn command_each(&self, work: Work) -> Result<Option<u64>> {
        let connected = self.take().await?;
        let mut turns = 0;
        while !work.until.has_come(turns) {
            let (account, events) = work.turn(turns);
            let state = connected.load(account).await?;
            let event = state.decide(bank::command(events))?;
            connected.insert(account, state.events, &event).await?;
            turns += 1;
        }
        self.put(connected);
        Ok(Some(turns))
    }

    async fn load(&self, account: u64) -> Result<Option<Account>> {
        let connected = self.take().await?;
        let loaded = connected.load(account).await?;
        self.put(connected);
        Ok(Some(loaded))
    }

    async fn read_category(&self, at_most: u64) -> Result<Option<u64>> {
        let connected = self.take().await?;
        let count = connected.read(at_most, true).await?;
        self.put(connected);
        Ok(Some(count))
    }

    async fn read_all(&self, at_most: u64) -> Result<Option<u64>> {
        let connected = self.take().await?;
        let count = connected.read(at_most, false).await?;
        self.put(connected);
        Ok(Some(count))
    }

    async fn preloaded(&self) -> Result<()> {
        let connected = self.take().await?;
        connected.client.batch_execute("VACUUM ANALYZE").await?;
        self.put(connected);
        Ok(())
    }
}

/// What waits is written by one statement a commit, over a few connections.
pub struct OneBatchAtATime {
    jobs: mpsc::UnboundedSender<Job>,
}

struct Job {
    account: u64,
    version: u64,
    event: BankEvent,
    done: oneshot::Sender<()>,
}

impl OneBatchAtATime {
    /// In an empty database.
    ///
    /// # Errors
    /// Where it can not be reached.
    pub async fn new(uri: &str) -> Result<Self> {
        const CONNECTIONS: usize = 2;
        let (client, connection) = tokio_postgres::connect(uri, NoTls).await?;
        tokio::spawn(connection);
        client.batch_execute(SCHEMA).await?;
        let (jobs, queue) = mpsc::unbounded_channel();
        let queue = Arc::new(tokio::sync::Mutex::new(queue));
        for _ in 0..CONNECTIONS {
            let connected = connect(uri).await?;
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
    connected: &Connected,
    queue: &tokio::sync::Mutex<mpsc::UnboundedReceiver<Job>>,
) -> Result<()> {
    loop {
        let mut batch = Vec::new();
        if queue.lock().await.recv_many(&mut batch, 256).await == 0 {
            return Ok(());
        }
        let mut columns = Columns::default();
        for job in &batch {
            columns.push(job.account, job.version, &job.event)?;
        }
        columns.insert(connected).await?;
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
        let mut turns = 0;
        while !work.until.has_come(turns) {
            let (account, version) = work.turn(turns);
            let event = bank::event(version);
            let (done, answer) = oneshot::channel();
            let job = Job {
                account,
                version,
                event,
                done,
            };
            self.jobs.send(job).ok().context("the writers have ended")?;
            answer.await.context("the writers have ended")?;
            turns += 1;
        }
        Ok(Some(turns))
    }
}
