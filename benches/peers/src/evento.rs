//! evento, with PostgreSQL and with SQLite, which in memory stands for a memory store. Its events
//! are bitcode, not JSON, and a stream ends at 65,535 events.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use async_trait::async_trait;
use es_bench_race::bank::{self, Account, BankEvent, account_name, event};
use es_bench_race::{Contestant, Work};
use evento::cursor::Args;
use evento::metadata::Event;
use evento::migrator::{Migrate as _, Plan};
use evento::projection::Projection;
use evento::{EventFilter, Executor, ProjectionAggregate as _, TenantFilter, WriteBuilder};
use sqlx09::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx09::{PgPool, SqlitePool};

use crate::servers::{Server, analyze09, pool09};

/// How many events are read at a time.
const PAGE: u64 = 1_000;

#[evento::aggregate(name = "bank/Account")]
enum BankAccount {
    Opened { owner: String },
    Deposited { amount: i64, memo: String },
    Withdrawn { amount: i64, memo: String },
}

fn push(writing: &mut WriteBuilder, event: BankEvent) {
    match event {
        BankEvent::Opened { owner } => writing.event(&Opened { owner }),
        BankEvent::Deposited { amount, memo } => writing.event(&Deposited { amount, memo }),
        BankEvent::Withdrawn { amount, memo } => writing.event(&Withdrawn { amount, memo }),
    };
}

/// What is folded of an account. Loading by a snapshot is left out: snapshots that a load was to
/// keep did not make the next one any shorter.
#[evento::projection(id = id)]
#[evento::snapshot(none)]
struct View {
    id: String,
    open: bool,
    balance: i64,
    events: u64,
}

impl View {
    fn account(&self) -> Account {
        Account {
            open: self.open,
            balance: self.balance,
            events: self.events,
        }
    }
}

#[evento::handler]
async fn on_opened(event: Event<Opened>, view: &mut View) -> anyhow::Result<()> {
    view.id = event.aggregate_id.to_owned();
    view.open = true;
    view.events += 1;
    Ok(())
}

#[evento::handler]
async fn on_deposited(event: Event<Deposited>, view: &mut View) -> anyhow::Result<()> {
    view.balance += event.data.amount;
    view.events += 1;
    Ok(())
}

#[evento::handler]
async fn on_withdrawn(event: Event<Withdrawn>, view: &mut View) -> anyhow::Result<()> {
    view.balance -= event.data.amount;
    view.events += 1;
    Ok(())
}

fn projection<E: Executor>() -> Projection<E, View> {
    Projection::new::<BankAccount>()
        .handler(on_opened())
        .handler(on_deposited())
        .handler(on_withdrawn())
        .strict()
}

/// One of its executors.
pub struct Evento<E: Executor> {
    executor: E,
    pool: Option<PgPool>,
}

/// PostgreSQL.
pub async fn postgres(server: &Server) -> Result<Evento<evento::Postgres>> {
    let pool = pool09(server.database09("peer_evento").await?).await?;
    let mut connection = pool.acquire().await?;
    let migrator = evento::sql_migrator::new::<sqlx09::Postgres>()?;
    migrator.run(&mut *connection, &Plan::apply_all()).await?;
    drop(connection);
    Ok(Evento {
        executor: pool.clone().into(),
        pool: Some(pool),
    })
}

/// A SQLite file, with `synchronous` FULL or NORMAL.
pub async fn sqlite(path: &Path, full: bool) -> Result<Evento<evento::Sqlite>> {
    let synchronous = match full {
        true => SqliteSynchronous::Full,
        false => SqliteSynchronous::Normal,
    };
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(synchronous)
        .busy_timeout(Duration::from_secs(10));
    of_sqlite(options, 16).await
}

/// SQLite in memory: one connection, which is never closed.
pub async fn memory() -> Result<Evento<evento::Sqlite>> {
    of_sqlite(SqliteConnectOptions::new().in_memory(true), 1).await
}

async fn of_sqlite(
    options: SqliteConnectOptions,
    connections: u32,
) -> Result<Evento<evento::Sqlite>> {
    let pooling = SqlitePoolOptions::new()
        .max_connections(connections)
        .min_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false);
    let pool: SqlitePool = pooling.connect_with(options).await?;
    let mut connection = pool.acquire().await?;
    let migrator = evento::sql_migrator::new::<sqlx09::Sqlite>()?;
    migrator.run(&mut *connection, &Plan::apply_all()).await?;
    drop(connection);
    Ok(Evento {
        executor: pool.into(),
        pool: None,
    })
}

impl<E: Executor> Evento<E> {
    async fn read(&self, filters: Option<Arc<[EventFilter]>>, at_most: u64) -> Result<u64> {
        let (mut after, mut read) = (None, 0);
        while read < at_most {
            let limit = u16::try_from(PAGE.min(at_most - read))?;
            let page = Args::forward(limit, after);
            let (filters, tenant) = (filters.clone(), TenantFilter::All);
            let page = self
                .executor
                .read(filters, None, tenant, page, None)
                .await?;
            for edge in &page.edges {
                std::hint::black_box(BankAccountEvent::try_from(&edge.node)?);
                read += 1;
            }
            if !page.page_info.has_next_page {
                break;
            }
            after = page.page_info.end_cursor;
        }
        Ok(read)
    }
}

#[async_trait]
impl<E: Executor> Contestant for Evento<E> {
    fn name(&self) -> String {
        "evento".into()
    }

    async fn append(&self, account: u64, from: u64, count: u64) -> Result<Option<()>> {
        let mut writing = evento::append(account_name(account));
        writing.original_version(u16::try_from(from)?);
        for nth in from..from + count {
            push(&mut writing, event(nth));
        }
        writing.commit(&self.executor).await?;
        Ok(Some(()))
    }

    async fn command_each(&self, work: Work) -> Result<Option<u64>> {
        let mut turns = work.turns();
        for (account, events) in &mut turns {
            let view = projection::<E>().load(account_name(account));
            let view = view.execute(&self.executor).await?;
            let view = view.context("there is no such account")?;
            let event = view.account().decide(bank::command(events))?;
            let mut writing = view.write()?;
            push(&mut writing, event);
            writing.commit(&self.executor).await?;
        }
        Ok(Some(turns.taken()))
    }

    async fn load(&self, account: u64) -> Result<Option<Account>> {
        let view = projection::<E>().load(account_name(account));
        let view = view.execute(&self.executor).await?;
        Ok(view.map(|view| view.account()))
    }

    async fn read_category(&self, at_most: u64) -> Result<Option<u64>> {
        let accounts = Arc::from([EventFilter::by_type::<BankAccount>()]);
        self.read(Some(accounts), at_most).await.map(Some)
    }

    async fn read_all(&self, at_most: u64) -> Result<Option<u64>> {
        self.read(None, at_most).await.map(Some)
    }

    async fn preloaded(&self) -> Result<()> {
        match &self.pool {
            Some(pool) => analyze09(pool).await,
            None => Ok(()),
        }
    }
}
