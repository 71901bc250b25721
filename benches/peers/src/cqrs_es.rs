//! cqrs-es, with its memory store and with postgres-es.

use std::collections::HashMap;
use std::mem::take;

use anyhow::{Result, anyhow};
use async_trait::async_trait;
use cqrs_es::event_sink::EventSink;
use cqrs_es::mem_store::{MemStore, MemStoreAggregateContext};
use cqrs_es::persist::{PersistedEventRepository as _, PersistedEventStore, SerializedEvent};
use cqrs_es::{Aggregate, AggregateContext as _, CqrsFramework, DomainEvent, EventStore};
use es_bench_race::bank::{self, Account, BankError, BankEvent, account_name, event};
use es_bench_race::{Contestant, Work};
use postgres_es::PostgresEventRepository;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx08::{Executor as _, PgPool};

use crate::servers::{Server, analyze08, pooling08};
use crate::{SNAPSHOT_AT, SNAPSHOT_OF};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
struct Happened(BankEvent);

impl DomainEvent for Happened {
    fn event_type(&self) -> String {
        self.0.kind().into()
    }

    fn event_version(&self) -> String {
        "1.0".into()
    }
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct BankAccount(Account);

impl Aggregate for BankAccount {
    const TYPE: &'static str = "account";
    type Command = bank::Command;
    type Event = Happened;
    type Error = BankError;
    type Services = ();

    async fn handle(
        &mut self,
        command: bank::Command,
        (): &(),
        sink: &EventSink<Self>,
    ) -> Result<(), BankError> {
        let event = self.0.decide(command)?;
        sink.write(Happened(event), self).await;
        Ok(())
    }

    fn apply(&mut self, event: Happened) {
        self.0.apply(&event.0);
    }
}

async fn command_each<S: EventStore<BankAccount>>(
    framework: &CqrsFramework<BankAccount, S>,
    work: Work,
) -> Result<u64> {
    let mut turns = work.turns();
    for (account, events) in &mut turns {
        let name = account_name(account);
        let done = framework.execute(&name, bank::command(events));
        done.await.map_err(|error| anyhow!("{error}"))?;
    }
    Ok(turns.taken())
}

async fn load<S: EventStore<BankAccount>>(store: &S, account: u64) -> Result<Account> {
    let loaded = store.load_aggregate(&account_name(account)).await;
    let mut context = loaded.map_err(|error| anyhow!("{error}"))?;
    Ok(take(&mut context.aggregate().0))
}

/// The memory store: meant for tests, it keeps events as they are and checks no version.
pub struct Memory {
    store: MemStore<BankAccount>,
    framework: CqrsFramework<BankAccount, MemStore<BankAccount>>,
}

impl Memory {
    pub fn new() -> Self {
        let store = MemStore::default();
        let framework = CqrsFramework::new(store.clone(), vec![], ());
        Self { store, framework }
    }
}

#[async_trait]
impl Contestant for Memory {
    fn name(&self) -> String {
        "cqrs-es".into()
    }

    async fn append(&self, account: u64, from: u64, count: u64) -> Result<Option<()>> {
        let context = MemStoreAggregateContext {
            aggregate_id: account_name(account),
            aggregate: BankAccount::default(),
            current_sequence: usize::try_from(from)?,
        };
        let events = (from..from + count).map(|nth| Happened(event(nth)));
        let committed = self.store.commit(events.collect(), context, HashMap::new());
        committed.await.map_err(|error| anyhow!("{error}"))?;
        Ok(Some(()))
    }

    // No `append_each`: the store would take events that expect any version.

    /// No version would be expected.
    async fn append_each(&self, _: Work) -> Result<Option<u64>> {
        Ok(None)
    }

    async fn command_each(&self, work: Work) -> Result<Option<u64>> {
        command_each(&self.framework, work).await.map(Some)
    }

    async fn load(&self, account: u64) -> Result<Option<Account>> {
        load(&self.store, account).await.map(Some)
    }
}

type PostgresStore = PersistedEventStore<PostgresEventRepository, BankAccount>;

/// postgres-es.
pub struct Postgres {
    pool: PgPool,
    repository: PostgresEventRepository,
    reader: PostgresEventRepository,
    store: PostgresStore,
    snapshots: PostgresStore,
    framework: CqrsFramework<BankAccount, PostgresStore>,
}

impl Postgres {
    pub async fn new(server: &Server) -> Result<Self> {
        let database = server.database08("peer_cqrs_es").await?;
        let pool = pooling08().connect_with(database).await?;
        // The tables that its documentation says to make.
        pool.execute(
            "CREATE TABLE events (
               aggregate_type text NOT NULL, aggregate_id text NOT NULL,
               sequence bigint CHECK (sequence >= 0) NOT NULL,
               event_type text NOT NULL, event_version text NOT NULL,
               payload json NOT NULL, metadata json NOT NULL,
               PRIMARY KEY (aggregate_type, aggregate_id, sequence));
             CREATE TABLE snapshots (
               aggregate_type text NOT NULL, aggregate_id text NOT NULL,
               last_sequence bigint CHECK (last_sequence >= 0) NOT NULL,
               current_snapshot bigint CHECK (current_snapshot >= 0) NOT NULL,
               payload json NOT NULL,
               PRIMARY KEY (aggregate_type, aggregate_id, last_sequence));",
        )
        .await?;
        let repository = || PostgresEventRepository::new(pool.clone());
        Ok(Self {
            repository: repository(),
            // Its channel holds 200 events unless told otherwise.
            reader: repository().with_streaming_channel_size(5_000),
            store: PersistedEventStore::new_event_store(repository()),
            snapshots: PersistedEventStore::new_snapshot_store(repository(), 100),
            framework: postgres_es::postgres_cqrs(pool.clone(), vec![], ()),
            pool,
        })
    }
}

#[async_trait]
impl Contestant for Postgres {
    fn name(&self) -> String {
        "cqrs-es".into()
    }

    async fn append(&self, account: u64, from: u64, count: u64) -> Result<Option<()>> {
        let name = account_name(account);
        let events = (from..from + count)
            .map(|nth| {
                let event = event(nth);
                Ok(SerializedEvent::new(
                    name.clone(),
                    usize::try_from(nth)? + 1,
                    BankAccount::TYPE.into(),
                    event.kind().into(),
                    "1.0".into(),
                    serde_json::to_value(&event)?,
                    json!({}),
                ))
            })
            .collect::<Result<Vec<_>>>()?;
        let ends_in_snapshot = account == SNAPSHOT_OF && from + count == SNAPSHOT_AT;
        let snapshot = match ends_in_snapshot {
            true => Some((name, serde_json::to_value(bank::expected(SNAPSHOT_AT))?, 1)),
            false => None,
        };
        let persisted = self.repository.persist::<BankAccount>(&events, snapshot);
        persisted.await?;
        Ok(Some(()))
    }

    async fn command_each(&self, work: Work) -> Result<Option<u64>> {
        command_each(&self.framework, work).await.map(Some)
    }

    async fn load(&self, account: u64) -> Result<Option<Account>> {
        load(&self.store, account).await.map(Some)
    }

    async fn load_by_snapshot(&self, account: u64) -> Result<Option<Account>> {
        load(&self.snapshots, account).await.map(Some)
    }

    /// It reads an aggregate type by the numbers within the streams: all first events come before
    /// all second ones. It has no order of the category, and does not read across types.
    async fn read_category(&self, at_most: u64) -> Result<Option<u64>> {
        let mut events = self.reader.stream_all_events::<BankAccount>().await?;
        let mut read = 0;
        while read < at_most
            && let Some(event) = events.next::<BankAccount>(&[]).await
        {
            std::hint::black_box(event?);
            read += 1;
        }
        Ok(Some(read))
    }

    async fn preloaded(&self) -> Result<()> {
        analyze08(&self.pool).await
    }
}
