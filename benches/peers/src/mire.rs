//! mire with PostgreSQL. Its SQLite is a feature that takes PostgreSQL away, so that one program
//! can not hold both.

use anyhow::{Result, anyhow};
use async_trait::async_trait;
use es_bench_race::bank::{self, Account, BankError, BankEvent, account_name, event};
use es_bench_race::{Contestant, Work};
use mire::Snapshot;
use mire::{Aggregate, Command, Event, EventData, EventStore, ExpectedVersion};
use serde::{Deserialize, Serialize};
use sqlx09::PgPool;

use crate::SNAPSHOT_OF;
use crate::servers::{Server, analyze09, pool09};

const CATEGORY: &str = "account";

/// How many events are read at a time: as many as it reads to rebuild an aggregate.
const PAGE: u64 = 1_000;

#[derive(Clone, Debug, Serialize, Deserialize, EventData)]
#[mire(entity = "account")]
enum Happened {
    Opened { owner: String },
    Deposited { amount: i64, memo: String },
    Withdrawn { amount: i64, memo: String },
}

impl From<BankEvent> for Happened {
    fn from(event: BankEvent) -> Self {
        match event {
            BankEvent::Opened { owner } => Self::Opened { owner },
            BankEvent::Deposited { amount, memo } => Self::Deposited { amount, memo },
            BankEvent::Withdrawn { amount, memo } => Self::Withdrawn { amount, memo },
        }
    }
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct BankAccount(Account);

impl Aggregate for BankAccount {
    type Event = Happened;

    fn stream_category() -> &'static str {
        CATEGORY
    }

    fn apply(&mut self, event: &Happened) {
        let account = &mut self.0;
        account.events += 1;
        match event {
            Happened::Opened { .. } => account.open = true,
            Happened::Deposited { amount, .. } => account.balance += amount,
            Happened::Withdrawn { amount, .. } => account.balance -= amount,
        }
    }
}

impl Snapshot for BankAccount {}

struct Do(bank::Command);

impl Command for Do {
    type Aggregate = BankAccount;
    type Events = Vec<Happened>;
    type Error = BankError;

    fn handle(self, state: &BankAccount) -> Result<Vec<Happened>, BankError> {
        Ok(vec![state.0.decide(self.0)?.into()])
    }
}

/// Its store.
pub struct Postgres {
    store: EventStore,
    pool: PgPool,
}

impl Postgres {
    pub async fn new(server: &Server) -> Result<Self> {
        let pool = pool09(server.database09("peer_mire").await?).await?;
        let store = EventStore::new(pool.clone());
        store.migrate().await?;
        Ok(Self { store, pool })
    }

    /// Reads a category, or everything, page by page.
    async fn read(&self, category: Option<&str>, at_most: u64) -> Result<u64> {
        let (mut transaction, mut position, mut read) = (0, 0, 0);
        while read < at_most {
            let asked = PAGE.min(at_most - read);
            let limit = i64::try_from(asked)?;
            let store = &self.store;
            let events = match category {
                Some(category) => {
                    let page = store.read_category_after(category, transaction, position, limit);
                    page.await?
                }
                None => store.read_all_after(transaction, position, limit).await?,
            };
            let count = events.len() as u64;
            for event in events {
                (transaction, position) = (event.transaction_id, event.global_position);
                std::hint::black_box(serde_json::from_value::<Happened>(event.data)?);
            }
            read += count;
            if count < asked {
                break;
            }
        }
        Ok(read)
    }
}

#[async_trait]
impl Contestant for Postgres {
    fn name(&self) -> String {
        "mire".into()
    }

    async fn append(&self, account: u64, from: u64, count: u64) -> Result<Option<()>> {
        let expected = match from {
            0 => ExpectedVersion::NoStream,
            _ => ExpectedVersion::Exact(i64::try_from(from)?),
        };
        let events = (from..from + count).map(|nth| Event::new(Happened::from(event(nth))));
        let events: Vec<_> = events.collect();
        let stream = format!("{CATEGORY}-{}", account_name(account));
        let appended = self.store.append(&stream, CATEGORY, expected, &events);
        appended.await?;
        Ok(Some(()))
    }

    async fn command_each(&self, work: Work) -> Result<Option<u64>> {
        let repository = self.store.repository::<BankAccount>();
        let mut turns = work.turns();
        for (account, events) in &mut turns {
            let name = account_name(account);
            let sent = repository.send(&name, Do(bank::command(events)));
            sent.await.map_err(|error| anyhow!("{error:?}"))?;
        }
        Ok(Some(turns.taken()))
    }

    async fn load(&self, account: u64) -> Result<Option<Account>> {
        let loaded = self
            .store
            .load::<BankAccount>(&account_name(account))
            .await?;
        Ok(loaded.map(|root| root.state.0))
    }

    async fn load_by_snapshot(&self, account: u64) -> Result<Option<Account>> {
        let name = account_name(account);
        let loaded = self.store.load_snapshotted::<BankAccount>(&name).await?;
        Ok(loaded.map(|root| root.state.0))
    }

    async fn read_category(&self, at_most: u64) -> Result<Option<u64>> {
        self.read(Some(CATEGORY), at_most).await.map(Some)
    }

    async fn read_all(&self, at_most: u64) -> Result<Option<u64>> {
        self.read(None, at_most).await.map(Some)
    }

    async fn preloaded(&self) -> Result<()> {
        let name = account_name(SNAPSHOT_OF);
        if let Some(root) = self.store.load::<BankAccount>(&name).await? {
            self.store.save_snapshot(&root).await?;
        }
        analyze09(&self.pool).await
    }
}
