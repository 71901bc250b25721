//! eventcore, with its memory, PostgreSQL and SQLite stores. Each event carries the id of its
//! stream, so that its payload is longer.

use std::fmt::Debug;
use std::path::Path;

use anyhow::{Result, anyhow};
use async_trait::async_trait;
use es_bench_race::bank::{self, Account, BankEvent, account_name, event};
use es_bench_race::{Contestant, Work};
use eventcore::{
    Command, CommandError, CommandLogic, Event, NewEvents, RetryPolicy, StreamId, collect_events,
    execute,
};
use eventcore_memory::InMemoryEventStore;
use eventcore_postgres::PostgresEventStore;
use eventcore_sqlite::SqliteEventStore;
use eventcore_types::{
    BatchSize, EventFilter, EventPage, EventReader, EventStore, StreamPrefix, StreamVersion,
    StreamWrites,
};
use serde::{Deserialize, Serialize};
use sqlx08::PgPool;

use crate::servers::{Server, analyze08, pooling08};

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Happened {
    account_id: StreamId,
    #[serde(flatten)]
    event: BankEvent,
}

impl Event for Happened {
    fn stream_id(&self) -> &StreamId {
        &self.account_id
    }

    fn event_type_name() -> &'static str {
        "account-event"
    }
}

#[derive(Clone, Command)]
struct Do {
    #[stream]
    account_id: StreamId,
    command: bank::Command,
}

impl CommandLogic for Do {
    type Event = Happened;
    type State = Account;

    fn apply(&self, mut state: Account, event: &Happened) -> Account {
        state.apply(&event.event);
        state
    }

    fn handle(&self, state: Account) -> Result<NewEvents<Happened>, CommandError> {
        let decided = state.decide(self.command.clone());
        let event = decided.map_err(|refusal| CommandError::from(refusal.to_string()))?;
        let account_id = self.account_id.clone();
        Ok(vec![Happened { account_id, event }].into())
    }
}

fn stream(account: u64) -> Result<StreamId> {
    Ok(StreamId::try_new(account_name(account))?)
}

/// One of its stores.
pub struct Eventcore<S> {
    store: S,
    /// How many events are read at a time.
    page: u64,
    pool: Option<PgPool>,
}

/// The memory store. Each page of it is looked for from the start, so all is read as one.
pub fn memory() -> Eventcore<InMemoryEventStore> {
    Eventcore {
        store: InMemoryEventStore::new(),
        page: u64::MAX,
        pool: None,
    }
}

/// The PostgreSQL store.
pub async fn postgres(server: &Server) -> Result<Eventcore<PostgresEventStore>> {
    let database = server.database08("peer_eventcore").await?;
    let pool = pooling08().connect_with(database).await?;
    let store = PostgresEventStore::from_pool(pool.clone());
    store.migrate().await;
    Ok(Eventcore {
        store,
        page: 1_000,
        pool: Some(pool),
    })
}

/// The SQLite store, with `synchronous` FULL or NORMAL.
pub async fn sqlite(path: &Path, full: bool) -> Result<Eventcore<SqliteEventStore>> {
    let connection = rusqlite::Connection::open(path)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    let synchronous = if full { "FULL" } else { "NORMAL" };
    connection.pragma_update(None, "synchronous", synchronous)?;
    let store = SqliteEventStore::from_connection(connection);
    store
        .migrate()
        .await
        .map_err(|error| anyhow!("{error:?}"))?;
    Ok(Eventcore {
        store,
        page: 1_000,
        pool: None,
    })
}

impl<S> Eventcore<S>
where
    S: EventReader,
    S::Error: Debug,
{
    async fn read(&self, filter: EventFilter, at_most: u64) -> Result<u64> {
        let size = |read: u64| self.page.min(at_most - read);
        let mut page = EventPage::first(BatchSize::new(usize::try_from(size(0))?));
        let mut read = 0;
        loop {
            let events = self.store.read_events(filter.clone(), page).await;
            let events: Vec<(Happened, _)> = events.map_err(|error| anyhow!("{error:?}"))?;
            let asked = size(read);
            read += events.len() as u64;
            match events.last() {
                Some((_, last)) if events.len() as u64 == asked && read < at_most => {
                    let size = BatchSize::new(usize::try_from(size(read))?);
                    page = EventPage::after(*last, size);
                }
                _ => return Ok(read),
            }
        }
    }
}

#[async_trait]
impl<S> Contestant for Eventcore<S>
where
    S: EventStore + EventReader + Send + Sync + 'static,
    <S as EventReader>::Error: Debug,
{
    fn name(&self) -> String {
        "eventcore".into()
    }

    async fn append(&self, account: u64, from: u64, count: u64) -> Result<Option<()>> {
        let account_id = stream(account)?;
        let expected = StreamVersion::new(usize::try_from(from)?);
        let mut writes = StreamWrites::new().register_stream(account_id.clone(), expected)?;
        for nth in from..from + count {
            writes = writes.append(Happened {
                account_id: account_id.clone(),
                event: event(nth),
            })?;
        }
        self.store.append_events(writes).await?;
        Ok(Some(()))
    }

    async fn command_each(&self, work: Work) -> Result<Option<u64>> {
        let mut turns = work.turns();
        for (account, events) in &mut turns {
            let command = Do {
                account_id: stream(account)?,
                command: bank::command(events),
            };
            let executed = execute(&self.store, command, RetryPolicy::new()).await;
            executed.map_err(|error| anyhow!("{error}"))?;
        }
        Ok(Some(turns.taken()))
    }

    /// It has no public way to load: this is what `execute` does before it hands over the state.
    async fn load(&self, account: u64) -> Result<Option<Account>> {
        let events = self.store.read_stream::<Happened>(stream(account)?).await?;
        let mut account = Account::default();
        for event in collect_events(events).await? {
            account.apply(&event.event);
        }
        Ok(Some(account))
    }

    /// In the order of the events' UUIDs, which the writing process has made.
    async fn read_category(&self, at_most: u64) -> Result<Option<u64>> {
        let accounts = EventFilter::prefix(StreamPrefix::try_new("acc-")?);
        self.read(accounts, at_most).await.map(Some)
    }

    async fn read_all(&self, at_most: u64) -> Result<Option<u64>> {
        self.read(EventFilter::all(), at_most).await.map(Some)
    }

    async fn preloaded(&self) -> Result<()> {
        match &self.pool {
            Some(pool) => analyze08(pool).await,
            None => Ok(()),
        }
    }
}
