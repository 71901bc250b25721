//! A program of Protean's and one of ours keep the same accounts, in the same Message DB.
//!
//! They take turns, one event at a time; after each, both load the account and must agree on it.
//! Both take snapshots. `./tests/run --interop` brings Protean and runs this.

mod account;
mod database;
mod protean;

use std::collections::BTreeSet;

use anyhow::{Context as _, ensure};
use es_core::prelude::*;
use es_core::record::Context as Circumstances;
use es_stores::{MessageDbOptions, MessageDbStore};

use account::{BankAccount, BankAccountEvent};
use database::Database;
use protean::Protean;

/// How many each side makes to each account.
const DEPOSITS: u64 = 30;
const OWNER: &str = "Ada";

#[tokio::test]
#[ignore = "it needs Protean: ./tests/run --interop"]
async fn accounts_are_kept_by_turns_with_snapshots_in_the_same_stream() -> anyhow::Result<()> {
    in_a_database(None).await
}

#[tokio::test]
#[ignore = "it needs Protean: ./tests/run --interop"]
async fn accounts_are_kept_by_turns_with_snapshots_kept_apart() -> anyhow::Result<()> {
    in_a_database(Some("es")).await
}

async fn in_a_database(suffix: Option<&'static str>) -> anyhow::Result<()> {
    let database = Database::make().await?;
    let outcome = keep_accounts(&database, suffix).await;
    let removed = database.remove().await;
    outcome.and(removed)
}

async fn keep_accounts(database: &Database, suffix: Option<&'static str>) -> anyhow::Result<()> {
    let options = MessageDbOptions::new();
    let options = match suffix {
        Some(suffix) => options.snapshot_suffix(suffix),
        None => options,
    };
    let store = MessageDbStore::connect_with(&database.uri(), options).await?;
    let domain = Domain::builder("bank").event_store(store);
    let mut bank = Bank {
        domain: domain.snapshot_every(5).build()?,
        protean: Protean::start(&database.uri())?,
    };
    for opener in [Side::Protean, Side::Ours] {
        let account = bank.keep(opener).await.context(opener.name())?;
        bank.check_histories(&account).await?;
        bank.check_command_line(&account)?;
        check_snapshots(database, account.id, suffix).await?;
    }
    let found = bank.protean.verify()?;
    ensure!(found["ok"] == true, "`verify` of Protean: {found}");
    Ok(())
}

#[derive(Clone, Copy, PartialEq)]
enum Side {
    Ours,
    Protean,
}

impl Side {
    fn other(self) -> Self {
        match self {
            Self::Ours => Self::Protean,
            Self::Protean => Self::Ours,
        }
    }

    /// Short: Protean's command line shows eight letters of a correlation id.
    fn name(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::Protean => "theirs",
        }
    }
}

/// An account as it must be.
struct Expected {
    id: Uuid,
    cents: u64,
    events: Vec<Event>,
}

/// An event as it must be, or as one side reads it.
#[derive(Clone, Debug, PartialEq)]
struct Event {
    kind: String,
    cents: Option<u64>,
    correlation: Option<String>,
}

impl Expected {
    fn add(&mut self, kind: &str, cents: Option<u64>, correlation: String) {
        self.cents += cents.unwrap_or_default();
        self.events.push(Event {
            kind: kind.to_owned(),
            cents,
            correlation: Some(correlation),
        });
    }
}

struct Bank {
    domain: Domain,
    protean: Protean,
}

impl Bank {
    /// Opens an account, and has both sides pay in by turns.
    async fn keep(&mut self, opener: Side) -> anyhow::Result<Expected> {
        let mut account = Expected {
            id: Uuid::new_v4(),
            cents: 0,
            events: Vec::new(),
        };
        let mut side = opener;
        for turn in 0..=2 * DEPOSITS {
            let correlation = format!("{}-{}", side.name(), turn % 10);
            let asked = match turn {
                0 => self.open(side, account.id, &correlation).await,
                cents => self.deposit(side, account.id, cents, &correlation).await,
            };
            asked.with_context(|| format!("turn {turn}, {}", side.name()))?;
            match turn {
                0 => account.add("Bank.Opened.v1", None, correlation),
                cents => account.add("Bank.Deposited.v1", Some(cents), correlation),
            }
            let agreed = self.check(&account).await;
            agreed.with_context(|| format!("after turn {turn}, {}", side.name()))?;
            side = side.other();
        }
        Ok(account)
    }

    async fn open(&mut self, side: Side, id: Uuid, correlation: &str) -> anyhow::Result<()> {
        if side == Side::Protean {
            return self.protean.open(id, OWNER, correlation);
        }
        let mut account = BankAccount::open(id, OWNER);
        self.ours(correlation).add(&mut account).await?;
        Ok(())
    }

    async fn deposit(
        &mut self,
        side: Side,
        id: Uuid,
        cents: u64,
        correlation: &str,
    ) -> anyhow::Result<()> {
        if side == Side::Protean {
            return self.protean.deposit(id, cents, correlation);
        }
        let accounts = self.ours(correlation);
        accounts
            .update(&id, |account| account.deposit(cents))
            .await?;
        Ok(())
    }

    fn ours(&self, correlation: &str) -> Repository<BankAccount> {
        let circumstances = Circumstances::new().correlation_id(correlation);
        let circumstances = circumstances.causation_id(format!("why-{correlation}"));
        self.domain.with_context(circumstances).repository()
    }

    async fn check(&mut self, expected: &Expected) -> anyhow::Result<()> {
        let expected_state = (OWNER, expected.cents, expected.events.len() as u64);

        let ours = self.domain.repository::<BankAccount>();
        let ours = ours.get(&expected.id).await?;
        let theirs = self.protean.load(expected.id)?;

        let ours = (ours.owner(), ours.cents(), ours.version().get());
        let theirs = (&*theirs.owner, theirs.cents, theirs.version + 1);
        ensure!(
            ours == expected_state,
            "we load {ours:?}, expected was {expected_state:?}"
        );
        ensure!(
            theirs == expected_state,
            "Protean loads {theirs:?}, expected was {expected_state:?}"
        );
        Ok(())
    }

    /// Each side reads what the other wrote, with its circumstances.
    async fn check_histories(&mut self, expected: &Expected) -> anyhow::Result<()> {
        let theirs = self.protean.history(expected.id)?;
        let their_causes: Vec<_> = theirs.iter().map(|it| it.causation_id.clone()).collect();
        let theirs: Vec<_> = theirs
            .into_iter()
            .map(|it| Event {
                kind: it.r#type,
                cents: it.data["cents"].as_u64(),
                correlation: it.correlation_id,
            })
            .collect();

        let mut ours = Vec::new();
        let mut our_causes = Vec::new();
        let mut history = self
            .domain
            .repository::<BankAccount>()
            .history(&expected.id);
        while let Some(entry) = history.next().await? {
            let metadata = &entry.metadata;
            our_causes.push(metadata.causation_id().map(str::to_owned));
            ours.extend(entry.events.iter().map(|event| Event {
                kind: metadata.event_type.clone(),
                cents: match event {
                    BankAccountEvent::Opened(_) => None,
                    BankAccountEvent::Deposited(event) => Some(event.cents),
                },
                correlation: metadata.correlation_id().map(str::to_owned),
            }));
        }

        ensure!(ours == expected.events, "we read {ours:#?}");
        ensure!(theirs == expected.events, "Protean reads {theirs:#?}");
        ensure!(
            our_causes == their_causes,
            "{our_causes:#?}\n{their_causes:#?}"
        );
        // A command of Protean's, or what we named, for each event.
        let distinct: BTreeSet<_> = our_causes.iter().flatten().collect();
        ensure!(distinct.len() as u64 > DEPOSITS, "{distinct:#?}");
        Ok(())
    }

    fn check_command_line(&self, expected: &Expected) -> anyhow::Result<()> {
        let stream = format!("bank::bank_account-{}", expected.id);

        let printed = self.protean.events_read(&stream)?;

        let rows = printed.lines().filter(|line| line.contains("Bank."));
        let rows: Vec<_> = rows.collect();
        ensure!(rows.len() == expected.events.len(), "{printed}");
        for (row, event) in rows.iter().zip(&expected.events) {
            let correlation = event.correlation.as_deref().unwrap_or_default();
            ensure!(
                row.contains(&event.kind) && row.contains(correlation),
                "{event:?}: {row}"
            );
        }
        Ok(())
    }
}

/// Both sides have taken some, where they should stand.
async fn check_snapshots(
    database: &Database,
    id: Uuid,
    suffix: Option<&str>,
) -> anyhow::Result<()> {
    let stream = format!("bank::bank_account:snapshot-{id}");
    let there = database.snapshots(&stream).await?;
    ensure!(there.proteans > 0, "{stream}: {there:?}");
    let Some(suffix) = suffix else {
        ensure!(there.ours > 0, "{stream}: {there:?}");
        return Ok(());
    };
    let stream = format!("{stream}+{suffix}");
    let apart = database.snapshots(&stream).await?;
    ensure!(
        there.ours == 0 && apart.proteans == 0,
        "{there:?}, {stream}: {apart:?}"
    );
    ensure!(apart.ours > 0, "{stream}: {apart:?}");
    Ok(())
}
