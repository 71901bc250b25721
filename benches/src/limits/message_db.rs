//! Message DB by tokio-postgres and its own functions.

use std::hint::black_box;
use std::pin::pin;
use std::sync::{Mutex, PoisonError};

use anyhow::Result;
use async_trait::async_trait;
use es_bench_race::bank::{self, Account, BankEvent, account_name};
use es_bench_race::{Categories, Contestant, Role, Work};
use futures_util::TryStreamExt as _;
use futures_util::future::try_join_all;
use tokio_postgres::{Client, NoTls, Statement};
use uuid::Uuid;

const WRITE: &str = "SELECT message_store.write_message($1::varchar, $2::varchar, $3::varchar, \
    $4::text::jsonb, NULL, $5::bigint)";
const STREAM: &str = "SELECT type, data FROM message_store.get_stream_messages($1::varchar, 0, -1)";
const ALL: &str = "SELECT stream_name, position, global_position, type, data::text \
    FROM message_store.messages ORDER BY global_position LIMIT $1";

/// A connection with its statements.
struct Connected {
    client: Client,
    write: Statement,
    stream: Statement,
    all: Statement,
}

/// One `write_message` a transaction, a connection for each writer.
pub struct WriteMessage {
    uri: String,
    idle: Mutex<Vec<Connected>>,
}

impl WriteMessage {
    /// In a database with Message DB and no messages.
    pub fn new(uri: String) -> Self {
        Self {
            uri,
            idle: Mutex::default(),
        }
    }

    async fn take(&self) -> Result<Connected> {
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let connected = idle().pop();
        if let Some(connected) = connected {
            return Ok(connected);
        }
        let (client, connection) = tokio_postgres::connect(&self.uri, NoTls).await?;
        tokio::spawn(connection);
        // Its own functions call each other without the schema.
        client
            .batch_execute("SET search_path = message_store, public; SET jit = off")
            .await?;
        Ok(Connected {
            write: client.prepare(WRITE).await?,
            stream: client.prepare(STREAM).await?,
            all: client.prepare(ALL).await?,
            client,
        })
    }

    fn put(&self, connected: Connected) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.push(connected);
    }
}

impl Connected {
    async fn write(
        &self,
        category: &str,
        account: u64,
        version: u64,
        event: &BankEvent,
    ) -> Result<()> {
        let stream = format!("{category}-{}", account_name(account));
        let (id, fields) = (
            Uuid::now_v7().to_string(),
            String::from_utf8(event.fields()?)?,
        );
        let expected = i64::try_from(version)? - 1;
        let values: [&(dyn tokio_postgres::types::ToSql + Sync); 5] =
            [&id, &stream, &event.kind(), &fields, &expected];
        self.client.execute(&self.write, &values).await?;
        Ok(())
    }

    async fn load(&self, account: u64) -> Result<Account> {
        let stream = format!("account-{}", account_name(account));
        let rows = self.client.query_raw(&self.stream, [&stream]).await?;
        let mut rows = pin!(rows);
        let mut account = Account::default();
        while let Some(row) = rows.try_next().await? {
            let (kind, fields): (&str, &str) = (row.get(0), row.get(1));
            account.apply(&BankEvent::decode(kind, fields.as_bytes())?);
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
            let (kind, fields): (&str, &str) = (row.get(3), row.get(4));
            match decode {
                true => drop(black_box(BankEvent::decode(kind, fields.as_bytes())?)),
                false => drop(black_box((kind, fields))),
            }
            count += 1;
        }
        Ok(count)
    }
}

#[async_trait]
impl Contestant for WriteMessage {
    fn name(&self) -> String {
        "tokio-postgres, a write_message a commit".into()
    }

    fn role(&self) -> Role {
        Role::Limit
    }

    async fn append(&self, account: u64, from: u64, count: u64) -> Result<Option<()>> {
        let connected = self.take().await?;
        connected.client.batch_execute("BEGIN").await?;
        // Sent one behind the other without waiting: they are still carried out in order.
        let events: Vec<_> = (from..from + count)
            .map(|nth| (nth, bank::event(nth)))
            .collect();
        let written = events
            .iter()
            .map(|(nth, event)| connected.write("account", account, *nth, event));
        try_join_all(written).await?;
        connected.client.batch_execute("COMMIT").await?;
        self.put(connected);
        Ok(Some(()))
    }

    async fn append_each(&self, work: Work) -> Result<Option<u64>> {
        let category = match work.categories {
            Categories::One => "account".to_owned(),
            Categories::Each => format!("account{}", work.writer),
        };
        let connected = self.take().await?;
        let mut turns = 0;
        while !work.until.has_come(turns) {
            let (account, events) = work.turn(turns);
            connected
                .write(&category, account, events, &bank::event(events))
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
            connected
                .write("account", account, state.events, &event)
                .await?;
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
