//! eventastic, with its memory repository and with PostgreSQL. Each event carries an id of its own,
//! so that its payload is longer, and each save writes a snapshot. Nothing reads across aggregates.

use anyhow::{Result, anyhow};
use async_trait::async_trait;
use es_bench_race::bank::{self, Account, BankError, BankEvent, event};
use es_bench_race::{Categories, Contestant, Work};
use eventastic::aggregate::{Aggregate, Context, Root as _, SideEffect};
use eventastic::event::DomainEvent;
use eventastic::memory::{InMemoryRepository, InMemoryTransaction};
use eventastic::repository::Repository as _;
use eventastic_postgres::{
    NoEncryption, NoEncryptionError, PostgresRepository, SideEffectDbError, SideEffectStorage,
    TableConfig,
};
use serde::{Deserialize, Serialize};
use sqlx08::{Executor as _, PgPool, Transaction};
use uuid::Uuid;

use crate::account_uuid;
use crate::servers::{Server, analyze08, pooling08};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Happened {
    id: Uuid,
    /// Whose it is: the first event tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<Uuid>,
    #[serde(flatten)]
    event: BankEvent,
}

impl Happened {
    fn opening(account: Uuid) -> Self {
        Self {
            id: Uuid::new_v4(),
            account: Some(account),
            event: event(0),
        }
    }

    fn later(event: BankEvent) -> Self {
        Self {
            id: Uuid::new_v4(),
            account: None,
            event,
        }
    }
}

impl DomainEvent for Happened {
    type EventId = Uuid;

    fn id(&self) -> &Uuid {
        &self.id
    }
}

/// There are no side effects.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Nothing {}

impl SideEffect for Nothing {
    type SideEffectId = Uuid;

    fn id(&self) -> &Uuid {
        match *self {}
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct BankAccount {
    id: Uuid,
    account: Account,
}

impl Aggregate for BankAccount {
    const SNAPSHOT_VERSION: u64 = 1;
    type AggregateId = Uuid;
    type DomainEvent = Happened;
    type ApplyError = BankError;
    type SideEffect = Nothing;

    fn aggregate_id(&self) -> &Uuid {
        &self.id
    }

    fn apply_new(event: &Happened) -> Result<Self, BankError> {
        let id = event.account.ok_or(BankError::NotOpen)?;
        let mut account = Account::default();
        account.apply(&event.event);
        Ok(Self { id, account })
    }

    fn apply(&mut self, event: &Happened) -> Result<(), BankError> {
        self.account.apply(&event.event);
        Ok(())
    }

    fn side_effects(&self, _: &Happened) -> Option<Vec<Nothing>> {
        None
    }
}

/// A new account with its first `count` events, not yet stored.
fn opened(id: Uuid, count: u64) -> Result<Context<BankAccount>> {
    let mut context = BankAccount::record_new(Happened::opening(id))?;
    record(&mut context, 1, count.saturating_sub(1))?;
    Ok(context)
}

fn record(context: &mut Context<BankAccount>, from: u64, count: u64) -> Result<()> {
    for nth in from..from + count {
        context.record_that(Happened::later(event(nth)))?;
    }
    Ok(())
}

/// Where accounts are kept.
#[async_trait]
trait Kept: Sync {
    async fn get(&self, account: Uuid) -> Result<Context<BankAccount>>;

    async fn save(&self, context: &mut Context<BankAccount>) -> Result<()>;
}

async fn append(kept: &impl Kept, account: u64, from: u64, count: u64) -> Result<()> {
    let id = account_uuid(account);
    let mut context = match from {
        0 => opened(id, count)?,
        _ => {
            let mut context = kept.get(id).await?;
            record(&mut context, from, count)?;
            context
        }
    };
    kept.save(&mut context).await
}

/// The accounts are held, so that their versions are known without loading.
async fn append_each(kept: &impl Kept, work: Work) -> Result<Option<u64>> {
    if work.categories == Categories::Each {
        return Ok(None);
    }
    let mut contexts = Vec::new();
    let mut turns = work.turns();
    for (account, events) in &mut turns {
        if events == 0 {
            contexts.push(opened(account_uuid(account), 1)?);
        }
        let context = &mut contexts[usize::try_from(account - work.first)?];
        if events > 0 {
            record(context, events, 1)?;
        }
        kept.save(context).await?;
    }
    Ok(Some(turns.taken()))
}

/// The memory repository. It always loads the snapshot of the last save.
pub struct Memory(InMemoryRepository<BankAccount>);

impl Memory {
    pub fn new() -> Self {
        Self(InMemoryRepository::new())
    }

    fn begin(&self) -> InMemoryTransaction<BankAccount> {
        InMemoryTransaction::new(self.0.clone())
    }
}

#[async_trait]
impl Kept for Memory {
    async fn get(&self, account: Uuid) -> Result<Context<BankAccount>> {
        Ok(self.begin().get(&account).await?)
    }

    async fn save(&self, context: &mut Context<BankAccount>) -> Result<()> {
        let mut transaction = self.begin();
        transaction.store(context).await?;
        transaction.commit()?;
        Ok(())
    }
}

#[async_trait]
impl Contestant for Memory {
    fn name(&self) -> String {
        "eventastic".into()
    }

    async fn append(&self, account: u64, from: u64, count: u64) -> Result<Option<()>> {
        append(self, account, from, count).await.map(Some)
    }

    async fn append_each(&self, work: Work) -> Result<Option<u64>> {
        append_each(self, work).await
    }

    async fn command_each(&self, work: Work) -> Result<Option<u64>> {
        let mut turns = work.turns();
        for (account, events) in &mut turns {
            let mut transaction = self.begin();
            let mut context = transaction.get(&account_uuid(account)).await?;
            let event = context.state().account.decide(bank::command(events))?;
            context.record_that(Happened::later(event))?;
            transaction.store(&mut context).await?;
            transaction.commit()?;
        }
        Ok(Some(turns.taken()))
    }

    async fn load_by_snapshot(&self, account: u64) -> Result<Option<Account>> {
        let context = self.begin().get(&account_uuid(account)).await?;
        Ok(Some(context.state().account.clone()))
    }
}

#[derive(Clone)]
struct NoOutbox;

#[async_trait]
impl SideEffectStorage<NoEncryptionError, Nothing> for NoOutbox {
    async fn store_side_effects(
        &self,
        _: &mut Transaction<'_, sqlx08::Postgres>,
        _: Vec<Nothing>,
    ) -> Result<(), SideEffectDbError<NoEncryptionError, serde_json::Error>> {
        Ok(())
    }
}

type PostgresAccounts = PostgresRepository<BankAccount, NoOutbox, NoEncryption>;

/// PostgreSQL.
pub struct Postgres {
    repository: PostgresAccounts,
    /// The same events, and the snapshots that were there before the race.
    with_snapshots: PostgresAccounts,
    pool: PgPool,
}

impl Postgres {
    pub async fn new(server: &Server) -> Result<Self> {
        let database = server.database08("peer_eventastic").await?;
        let repository = async |snapshots: &str| {
            let tables = TableConfig::new("events", snapshots);
            let (database, pooling) = (database.clone(), pooling08());
            PostgresRepository::new(database, pooling, tables, NoOutbox, NoEncryption).await
        };
        let (repository, with_snapshots) =
            (repository("snapshots").await?, repository("kept").await?);
        repository.run_migrations().await?;
        let pool = pooling08().max_connections(1).connect_with(database);
        Ok(Self {
            pool: pool.await?,
            repository,
            with_snapshots,
        })
    }
}

#[async_trait]
impl Kept for Postgres {
    async fn get(&self, account: Uuid) -> Result<Context<BankAccount>> {
        load(&self.repository, account).await
    }

    async fn save(&self, context: &mut Context<BankAccount>) -> Result<()> {
        let mut transaction = self.repository.begin_transaction().await?;
        let stored = transaction.store(context).await;
        stored.map_err(|error| anyhow!("{error:?}"))?;
        let committed = transaction.commit().await;
        committed.map_err(|error| anyhow!("{error:?}"))
    }
}

async fn load(repository: &PostgresAccounts, account: Uuid) -> Result<Context<BankAccount>> {
    let loaded = repository.load(&account).await;
    loaded.map_err(|error| anyhow!("{error:?}"))
}

#[async_trait]
impl Contestant for Postgres {
    fn name(&self) -> String {
        "eventastic".into()
    }

    async fn append(&self, account: u64, from: u64, count: u64) -> Result<Option<()>> {
        append(self, account, from, count).await.map(Some)
    }

    async fn append_each(&self, work: Work) -> Result<Option<u64>> {
        append_each(self, work).await
    }

    async fn command_each(&self, work: Work) -> Result<Option<u64>> {
        let mut turns = work.turns();
        for (account, events) in &mut turns {
            let mut transaction = self.repository.begin_transaction().await?;
            let context = transaction.get(&account_uuid(account)).await;
            let mut context = context.map_err(|error| anyhow!("{error:?}"))?;
            let event = context.state().account.decide(bank::command(events))?;
            context.record_that(Happened::later(event))?;
            let stored = transaction.store(&mut context).await;
            stored.map_err(|error| anyhow!("{error:?}"))?;
            transaction
                .commit()
                .await
                .map_err(|error| anyhow!("{error:?}"))?;
        }
        Ok(Some(turns.taken()))
    }

    async fn load(&self, account: u64) -> Result<Option<Account>> {
        let context = load(&self.repository, account_uuid(account)).await?;
        Ok(Some(context.state().account.clone()))
    }

    async fn load_by_snapshot(&self, account: u64) -> Result<Option<Account>> {
        let context = load(&self.with_snapshots, account_uuid(account)).await?;
        Ok(Some(context.state().account.clone()))
    }

    /// Takes the snapshots away, so that loading is from events.
    async fn preloaded(&self) -> Result<()> {
        let pool = &self.pool;
        pool.execute("CREATE TABLE kept (LIKE snapshots INCLUDING ALL)")
            .await?;
        pool.execute("INSERT INTO kept SELECT * FROM snapshots")
            .await?;
        pool.execute("TRUNCATE snapshots").await?;
        analyze08(pool).await
    }
}
