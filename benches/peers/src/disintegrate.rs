//! disintegrate with PostgreSQL. It knows no streams: what concerns an account is found by its
//! fields, so that each event carries the account's id and its payload is longer.

use std::error::Error as StdError;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Result, anyhow};
use async_trait::async_trait;
use disintegrate::serde::json::Json;
use disintegrate::{
    Decision, DecisionError, Event, EventStore, IntoState as _, NoSnapshot, StateMutate, StatePart,
    StateQuery, StateSnapshotter as _, query,
};
use disintegrate_postgres::{
    Error as PgError, PgDecisionMaker, PgEventId, PgEventStore, PgSnapshotter, decision_maker,
};
use es_bench_race::bank::{self, Account, BankError, BankEvent, account_name, event};
use es_bench_race::{Categories, Contestant, Work};
use futures::StreamExt as _;
use serde::{Deserialize, Serialize};
use sqlx08::{Executor as _, PgPool};

use crate::SNAPSHOT_OF;
use crate::servers::{Server, analyze08, pooling08};

#[derive(Clone, Debug, PartialEq, Eq, Event, Serialize, Deserialize)]
#[stream(AccountEvent, [Opened, Deposited, Withdrawn])]
enum Happened {
    Opened {
        #[id]
        account_id: String,
        owner: String,
    },
    Deposited {
        #[id]
        account_id: String,
        amount: i64,
        memo: String,
    },
    Withdrawn {
        #[id]
        account_id: String,
        amount: i64,
        memo: String,
    },
}

fn happened(account_id: String, event: BankEvent) -> Happened {
    match event {
        BankEvent::Opened { owner } => Happened::Opened { account_id, owner },
        BankEvent::Deposited { amount, memo } => Happened::Deposited {
            account_id,
            amount,
            memo,
        },
        BankEvent::Withdrawn { amount, memo } => Happened::Withdrawn {
            account_id,
            amount,
            memo,
        },
    }
}

#[derive(Clone, Debug, Default, StateQuery, Serialize, Deserialize)]
#[state_query(AccountEvent)]
struct BankAccount {
    #[id]
    account_id: String,
    account: Account,
}

impl BankAccount {
    fn of(account: u64) -> Self {
        Self {
            account_id: account_name(account),
            account: Account::default(),
        }
    }
}

impl StateMutate for BankAccount {
    fn mutate(&mut self, event: AccountEvent) {
        let account = &mut self.account;
        account.events += 1;
        match event {
            AccountEvent::Opened { .. } => account.open = true,
            AccountEvent::Deposited { amount, .. } => account.balance += amount,
            AccountEvent::Withdrawn { amount, .. } => account.balance -= amount,
        }
    }
}

struct Do(u64, bank::Command);

impl Decision for Do {
    type Event = Happened;
    type StateQuery = BankAccount;
    type Error = BankError;

    fn state_query(&self) -> BankAccount {
        BankAccount::of(self.0)
    }

    fn process(&self, state: &BankAccount) -> Result<Vec<Happened>, BankError> {
        let event = state.account.decide(self.1.clone())?;
        Ok(vec![happened(account_name(self.0), event)])
    }
}

/// Its store.
pub struct Postgres {
    pool: PgPool,
    store: PgEventStore<Happened, Json<Happened>>,
    decisions: PgDecisionMaker<Happened, Json<Happened>, NoSnapshot>,
    snapshots: PgSnapshotter,
    false_conflicts: AtomicU64,
}

impl Postgres {
    /// It asks for PostgreSQL 16 by one hexadecimal number in a function of its. Older ones are told
    /// to take the function unseen, and the number is then written in decimals.
    pub async fn new(server: &Server) -> Result<Self> {
        let database = server.database08("peer_disintegrate").await?;
        let database = database.options([("check_function_bodies", "off")]);
        let pool = pooling08().connect_with(database).await?;
        let store = PgEventStore::try_new(pool.clone(), Json::default()).await?;
        let function = "SELECT pg_get_functiondef('event_store_begin_epoch'::regproc)";
        let function: String = sqlx08::query_scalar(function).fetch_one(&pool).await?;
        let function = function.replace("0xFFFFFFFF", "4294967295");
        pool.execute(function.as_str()).await?;
        Ok(Self {
            decisions: decision_maker(store.clone(), NoSnapshot),
            snapshots: PgSnapshotter::try_new(pool.clone(), 100).await?,
            false_conflicts: AtomicU64::new(0),
            store,
            pool,
        })
    }

    /// Counts a conflict, which is false: no two writers share an account. Any other error stays one.
    fn retry(&self, error: impl Into<Box<dyn StdError + Send + Sync>>) -> Result<()> {
        let error = error.into();
        if !is_conflict(&*error) {
            return Err(anyhow!(error));
        }
        self.false_conflicts.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    /// Folds what came after `state`: as its `EventSourcedStateStore` does, whose answer is private.
    async fn fold(
        &self,
        mut state: StatePart<PgEventId, BankAccount>,
    ) -> Result<StatePart<PgEventId, BankAccount>> {
        let query = state.query_part();
        let mut items = self.store.stream(&query);
        while let Some(item) = items.next().await {
            state.mutate_part(item?);
        }
        Ok(state)
    }
}

/// Whether this comes of a conflict: a statement's failure to serialize comes as a plain one of the
/// database.
fn is_conflict(error: &(dyn StdError + 'static)) -> bool {
    let serialization = |error: &sqlx08::Error| {
        let error = error.as_database_error();
        error.and_then(|it| it.code()).as_deref() == Some("40001")
    };
    let mut next = Some(error);
    while let Some(error) = next {
        let found = match error.downcast_ref() {
            Some(PgError::Concurrency) => true,
            Some(PgError::Database(error)) => serialization(error),
            _ => error.downcast_ref().is_some_and(serialization),
        };
        if found {
            return true;
        }
        next = error.source();
    }
    false
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let retried = self.false_conflicts.load(Ordering::Relaxed);
        if retried > 0 {
            eprintln!("disintegrate: {retried} false conflicts were retried");
        }
    }
}

#[async_trait]
impl Contestant for Postgres {
    fn name(&self) -> String {
        "disintegrate".into()
    }

    async fn append(&self, account: u64, from: u64, count: u64) -> Result<Option<()>> {
        let name = account_name(account);
        let events = (from..from + count).map(|nth| happened(name.clone(), event(nth)));
        let events: Vec<_> = events.collect();
        if from > 0 {
            // The version of an account is the id of its last event, which is not known here.
            self.store.append_without_validation(events).await?;
            return Ok(Some(()));
        }
        loop {
            let account = query!(Happened; account_id == name.clone());
            match self.store.append(events.clone(), account, 0).await {
                Ok(_) => return Ok(Some(())),
                Err(error) => self.retry(error)?,
            }
        }
    }

    async fn append_each(&self, work: Work) -> Result<Option<u64>> {
        if work.categories == Categories::Each {
            return Ok(None);
        }
        let mut last = vec![0; usize::try_from(work.accounts)?];
        let mut turns = work.turns();
        for (account, events) in &mut turns {
            let last = &mut last[usize::try_from(account - work.first)?];
            let name = account_name(account);
            *last = loop {
                let account = query!(Happened; account_id == name.clone());
                let event = happened(name.clone(), event(events));
                match self.store.append(vec![event], account, *last).await {
                    Ok(appended) => break appended[0].id(),
                    Err(error) => self.retry(error)?,
                }
            };
        }
        Ok(Some(turns.taken()))
    }

    async fn command_each(&self, work: Work) -> Result<Option<u64>> {
        let mut turns = work.turns();
        for (account, events) in &mut turns {
            loop {
                let command = Do(account, bank::command(events));
                match self.decisions.make(command).await {
                    Ok(_) => break,
                    Err(DecisionError::StateStore(error)) => self.retry(error)?,
                    Err(error) => return Err(anyhow!("{error}")),
                }
            }
        }
        Ok(Some(turns.taken()))
    }

    async fn load(&self, account: u64) -> Result<Option<Account>> {
        let state = self
            .fold(StatePart::new(0, BankAccount::of(account)))
            .await?;
        Ok(Some(state.into_state().account))
    }

    async fn load_by_snapshot(&self, account: u64) -> Result<Option<Account>> {
        let empty = StatePart::new(0, BankAccount::of(account));
        let snapshot = self.snapshots.load_snapshot(empty).await;
        let state = self.fold(snapshot).await?;
        Ok(Some(state.into_state().account))
    }

    async fn read_category(&self, at_most: u64) -> Result<Option<u64>> {
        let everything = query!(Happened);
        let mut events = self.store.stream::<Happened>(&everything);
        let mut read = 0;
        while read < at_most
            && let Some(event) = events.next().await
        {
            std::hint::black_box(event?);
            read += 1;
        }
        Ok(Some(read))
    }

    /// It has no categories: events of some types are read, or of all.
    async fn read_all(&self, at_most: u64) -> Result<Option<u64>> {
        self.read_category(at_most).await
    }

    async fn preloaded(&self) -> Result<()> {
        let empty = StatePart::new(0, BankAccount::of(SNAPSHOT_OF));
        let state = self.fold(empty).await?;
        let stored = self.snapshots.store_snapshot(&state).await;
        stored.map_err(|error| anyhow!(error))?;
        analyze08(&self.pool).await
    }
}
