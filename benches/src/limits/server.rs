//! A server by tokio-postgres alone: a connection for each writer, a statement a commit.

use std::error::Error;
use std::hint::black_box;
use std::pin::pin;
use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::Result;
use async_trait::async_trait;
use es_bench_race::bank::{self, Account, BankEvent};
use es_bench_race::{Categories, Contestant, Role, Work};
use futures_util::TryStreamExt as _;
use tokio_postgres::types::{FromSql, Type};
use tokio_postgres::{Client, NoTls, Statement};

/// What is sent to one kind of server; the value holds the statements that write.
#[async_trait]
pub trait Sql: Sized + Send + Sync + 'static {
    /// The contestant's name.
    const NAME: &'static str;
    /// Run first on each connection.
    const SESSION: &'static str;
    /// The types and payloads of the stream `$1`.
    const STREAM: &'static str;
    /// Stream, version, position, type and payload of the first `$1` events.
    const ALL: &'static str;

    /// The name of an account's stream.
    fn stream(account: u64) -> String;

    /// Prepares the statements that write.
    async fn prepare(client: &Client) -> Result<Self>;

    /// Appends the events behind the first `from` of an account, in one commit.
    async fn append(&self, client: &Client, account: u64, from: u64, count: u64) -> Result<()>;

    /// Appends one event, in a category of its writer's own where it says so.
    async fn insert(
        &self,
        client: &Client,
        writer: Option<u64>,
        account: u64,
        version: u64,
        event: &BankEvent,
    ) -> Result<()>;
}

/// A connection with its statements.
pub(super) struct Connected<S> {
    pub(super) client: Client,
    pub(super) sql: S,
    stream: Statement,
    all: Statement,
}

/// One prepared statement a commit, a connection for each writer; rows are decoded as they come.
pub struct Server<S> {
    uri: String,
    idle: Mutex<Vec<Connected<S>>>,
}

/// A payload as it comes.
struct Payload<'a>(&'a [u8]);

impl<'a> FromSql<'a> for Payload<'a> {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(raw))
    }

    fn accepts(kind: &Type) -> bool {
        matches!(*kind, Type::BYTEA | Type::TEXT | Type::VARCHAR)
    }
}

impl<S: Sql> Connected<S> {
    pub(super) async fn to(uri: &str) -> Result<Self> {
        let (client, connection) = tokio_postgres::connect(uri, NoTls).await?;
        tokio::spawn(connection);
        client.batch_execute(S::SESSION).await?;
        Ok(Self {
            sql: S::prepare(&client).await?,
            stream: client.prepare(S::STREAM).await?,
            all: client.prepare(S::ALL).await?,
            client,
        })
    }

    async fn load(&self, account: u64) -> Result<Account> {
        let stream = S::stream(account);
        let rows = self.client.query_raw(&self.stream, [&stream]).await?;
        let mut rows = pin!(rows);
        let mut account = Account::default();
        while let Some(row) = rows.try_next().await? {
            let (kind, Payload(fields)) = (row.get(0), row.get(1));
            account.apply(&BankEvent::decode(kind, fields)?);
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
            let (kind, Payload(fields)): (&str, _) = (row.get(3), row.get(4));
            match decode {
                true => drop(black_box(BankEvent::decode(kind, fields)?)),
                false => drop(black_box((kind, fields))),
            }
            count += 1;
        }
        Ok(count)
    }
}

impl<S: Sql> Server<S> {
    /// In a database that is ready and empty.
    pub fn new(uri: String) -> Self {
        Self {
            uri,
            idle: Mutex::default(),
        }
    }

    async fn take(&self) -> Result<Connected<S>> {
        let idle = self.idle().pop();
        match idle {
            Some(connected) => Ok(connected),
            None => Connected::to(&self.uri).await,
        }
    }

    fn put(&self, connected: Connected<S>) {
        self.idle().push(connected);
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Connected<S>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn read(&self, at_most: u64, decode: bool) -> Result<Option<u64>> {
        let connected = self.take().await?;
        let count = connected.read(at_most, decode).await?;
        self.put(connected);
        Ok(Some(count))
    }
}

#[async_trait]
impl<S: Sql> Contestant for Server<S> {
    fn name(&self) -> String {
        S::NAME.into()
    }

    fn role(&self) -> Role {
        Role::Limit
    }

    async fn append(&self, account: u64, from: u64, count: u64) -> Result<Option<()>> {
        let connected = self.take().await?;
        let Connected { client, sql, .. } = &connected;
        sql.append(client, account, from, count).await?;
        self.put(connected);
        Ok(Some(()))
    }

    async fn append_each(&self, work: Work) -> Result<Option<u64>> {
        let writer = match work.categories {
            Categories::One => None,
            Categories::Each => Some(work.writer),
        };
        let connected = self.take().await?;
        let Connected { client, sql, .. } = &connected;
        let mut turns = work.turns();
        for (account, events) in &mut turns {
            let event = bank::event(events);
            sql.insert(client, writer, account, events, &event).await?;
        }
        self.put(connected);
        Ok(Some(turns.taken()))
    }

    async fn command_each(&self, work: Work) -> Result<Option<u64>> {
        let connected = self.take().await?;
        let Connected { client, sql, .. } = &connected;
        let mut turns = work.turns();
        for (account, events) in &mut turns {
            let state = connected.load(account).await?;
            let event = state.decide(bank::command(events))?;
            sql.insert(client, None, account, state.events, &event)
                .await?;
        }
        self.put(connected);
        Ok(Some(turns.taken()))
    }

    async fn load(&self, account: u64) -> Result<Option<Account>> {
        let connected = self.take().await?;
        let loaded = connected.load(account).await?;
        self.put(connected);
        Ok(Some(loaded))
    }

    async fn read_category(&self, at_most: u64) -> Result<Option<u64>> {
        self.read(at_most, true).await
    }

    async fn read_all(&self, at_most: u64) -> Result<Option<u64>> {
        self.read(at_most, false).await
    }

    async fn preloaded(&self) -> Result<()> {
        let connected = self.take().await?;
        connected.client.batch_execute("VACUUM ANALYZE").await?;
        self.put(connected);
        Ok(())
    }
}
