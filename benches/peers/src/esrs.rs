//! esrs. PostgreSQL is all that it stores in.

use anyhow::Result;
use async_trait::async_trait;
use es_bench_race::bank::{self, Account, BankError, BankEvent, event};
use es_bench_race::{Categories, Contestant, Work};
use esrs::manager::AggregateManager;
use esrs::store::EventStore as _;
use esrs::store::postgres::{PgStore, PgStoreBuilder};
use esrs::{Aggregate, AggregateState};
use futures::StreamExt as _;
use sqlx08::PgPool;

use crate::account_uuid;
use crate::servers::{Server, analyze08, pooling08};

struct BankAccount;

impl Aggregate for BankAccount {
    const NAME: &'static str = "account";
    type State = Account;
    type Command = bank::Command;
    type Event = BankEvent;
    type Error = BankError;

    fn handle_command(
        state: &Account,
        command: bank::Command,
    ) -> Result<Vec<BankEvent>, BankError> {
        Ok(vec![state.decide(command)?])
    }

    fn apply_event(mut state: Account, event: BankEvent) -> Account {
        state.apply(&event);
        state
    }
}

/// Its store.
pub struct Postgres {
    pool: PgPool,
    store: PgStore<BankAccount>,
    manager: AggregateManager<PgStore<BankAccount>>,
}

impl Postgres {
    pub async fn new(server: &Server) -> Result<Self> {
        let database = server.database08("peer_esrs").await?;
        let pool = pooling08().connect_with(database).await?;
        let store: PgStore<BankAccount> = PgStoreBuilder::new(pool.clone()).try_build().await?;
        Ok(Self {
            manager: AggregateManager::new(store.clone()),
            store,
            pool,
        })
    }
}

/// A state that expects to append after `events`; there is no shorter way to say so.
fn state_at(account: u64, events: u64) -> AggregateState<Account> {
    let mut state = AggregateState::with_id(account_uuid(account));
    for _ in 0..events {
        state.next_sequence_number();
    }
    state
}

#[async_trait]
impl Contestant for Postgres {
    fn name(&self) -> String {
        "esrs".into()
    }

    async fn append(&self, account: u64, from: u64, count: u64) -> Result<Option<()>> {
        let mut state = state_at(account, from);
        let events = (from..from + count).map(event).collect();
        self.store.persist(&mut state, events).await?;
        Ok(Some(()))
    }

    async fn append_each(&self, work: Work) -> Result<Option<u64>> {
        if work.categories == Categories::Each {
            return Ok(None);
        }
        let accounts = work.first..work.first + work.accounts;
        let mut states: Vec<_> = accounts.map(|it| state_at(it, work.events)).collect();
        let mut turns = work.turns();
        for (account, events) in &mut turns {
            let state = &mut states[usize::try_from(account - work.first)?];
            self.store.persist(state, vec![event(events)]).await?;
        }
        Ok(Some(turns.taken()))
    }

    async fn command_each(&self, work: Work) -> Result<Option<u64>> {
        let mut turns = work.turns();
        for (account, events) in &mut turns {
            let id = account_uuid(account);
            let loaded = self.manager.load(id).await?;
            let state = loaded.unwrap_or_else(|| AggregateState::with_id(id));
            let handled = self.manager.handle_command(state, bank::command(events));
            handled.await??;
        }
        Ok(Some(turns.taken()))
    }

    async fn load(&self, account: u64) -> Result<Option<Account>> {
        let loaded = self.manager.load(account_uuid(account)).await?;
        Ok(loaded.map(AggregateState::into_inner))
    }

    /// By the time of the writers' clocks. An aggregate has a table of its own: nothing reads
    /// across them.
    async fn read_category(&self, at_most: u64) -> Result<Option<u64>> {
        let mut events = self.store.stream_events(&self.pool);
        let mut read = 0;
        while read < at_most
            && let Some(event) = events.next().await
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
