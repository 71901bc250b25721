//! Replay is a pure function of the stream, whatever is raised, added and kept as a snapshot.

use es_core::prelude::*;
use es_stores::{SqliteOptions, SqliteStore, Synchronous};
use es_tests::bank::BankAccount;
use es_tests::places::{Kind, Place};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

/// What somebody does to an account.
#[derive(Clone, Debug)]
enum Step {
    Deposit(u32),
    /// Refused where there is less.
    Withdraw(u32),
    Close,
    /// What is pending is added.
    Add,
    /// The aggregate is forgotten and loaded again.
    Reload,
    DeleteSnapshots,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => any::<u32>().prop_map(Step::Deposit),
        4 => any::<u32>().prop_map(Step::Withdraw),
        1 => Just(Step::Close),
        4 => Just(Step::Add),
        1 => Just(Step::Reload),
        1 => Just(Step::DeleteSnapshots),
    ]
}

/// The balance and openness after each event, as plain code would keep them.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Model {
    balance_cents: u64,
    open: bool,
}

async fn check(
    store: impl EventStore,
    snapshot_every: u64,
    steps: Vec<Step>,
) -> anyhow::Result<()> {
    let domain = Domain::builder("bank")
        .event_store(store)
        .snapshot_every(snapshot_every)
        .build()?;
    let accounts = domain.repository::<BankAccount>();
    let mut live = BankAccount::open("Ada");
    let id = *live.id();
    let mut after = vec![Model {
        balance_cents: 0,
        open: true,
    }];
    accounts.add(&mut live).await?;

    for step in steps {
        let last = *after.last().expect("it began with one");
        match step {
            Step::Deposit(cents) => {
                live.deposit(cents.into());
                after.push(Model {
                    balance_cents: last.balance_cents + u64::from(cents),
                    ..last
                });
            }
            Step::Withdraw(cents) => {
                if live.withdraw(cents.into()).is_ok() {
                    after.push(Model {
                        balance_cents: last.balance_cents - u64::from(cents),
                        ..last
                    });
                }
            }
            Step::Close => {
                live.close();
                after.push(Model {
                    open: false,
                    ..last
                });
            }
            Step::Add => {
                accounts.add(&mut live).await?;
            }
            Step::Reload => {
                accounts.add(&mut live).await?;
                live = accounts.get(&id).await?;
            }
            Step::DeleteSnapshots => {
                domain
                    .store()
                    .snapshots()
                    .expect("the store has them")
                    .delete_all()
                    .await?;
            }
        }
        let model = after.last().expect("it began with one");
        assert_eq!(live.version(), after.len() as u64);
        assert_eq!(
            (live.balance_cents(), live.is_open()),
            (model.balance_cents, model.open)
        );
    }

    accounts.add(&mut live).await?;
    assert_eq!(accounts.get(&id).await?, live, "snapshot and tail");
    for (index, model) in after.iter().enumerate() {
        let version = Version::new(index as u64 + 1);
        let then = accounts.get_at_version(&id, version).await?;
        assert_eq!(
            (then.balance_cents(), then.is_open()),
            (model.balance_cents, model.open)
        );
    }
    let mut history = accounts.history(&id);
    for model in &after {
        let entry = history.next().await?.expect("there is an event for each");
        assert_eq!(entry.state.balance_cents(), model.balance_cents);
    }
    assert!(history.next().await?.is_none());
    domain
        .store()
        .snapshots()
        .expect("the store has them")
        .delete_all()
        .await?;
    assert_eq!(accounts.get(&id).await?, live, "replay");
    Ok(())
}

fn runtime() -> tokio::runtime::Runtime {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_all().build().expect("it is plain")
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn live_replayed_snapshot_and_past_states_agree(
        snapshot_every in 1_u64..12,
        steps in prop::collection::vec(step(), 0..60),
    ) {
        let checked = runtime().block_on(check(MemoryStore::new(), snapshot_every, steps));
        checked.expect("nothing is wrong with the store");
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        cases: 32,
        ..ProptestConfig::default()
    })]

    #[test]
    fn they_agree_in_a_file_too(
        snapshot_every in 1_u64..12,
        steps in prop::collection::vec(step(), 0..60),
    ) {
        let folder = tempfile::tempdir().expect("there is room");
        let options = SqliteOptions::new().synchronous(Synchronous::Normal);
        let checked = runtime().block_on(async {
            let store = SqliteStore::open_with(folder.path().join("a.db"), options).await?;
            check(store, snapshot_every, steps).await
        });
        checked.expect("nothing is wrong with the store");
    }
}

/// A few cases in one place; `check` takes an account of its own.
fn agree_in(kind: Kind, cases: u32) -> anyhow::Result<()> {
    let runtime = runtime();
    let place = runtime.block_on(Place::new(kind))?;
    let config = ProptestConfig {
        failure_persistence: None,
        cases,
        ..ProptestConfig::default()
    };
    let ran = TestRunner::new(config).run(
        &(1_u64..12, prop::collection::vec(step(), 0..60)),
        |(snapshot_every, steps)| {
            let checked =
                runtime.block_on(async { check(place.open().await?, snapshot_every, steps).await });
            checked.map_err(|error| TestCaseError::fail(format!("{error:#}")))
        },
    );
    Ok(ran?)
}

#[test]
fn they_agree_in_postgres_too() -> anyhow::Result<()> {
    agree_in(Kind::Postgres, 12)
}

#[test]
fn they_agree_in_message_db_too() -> anyhow::Result<()> {
    agree_in(Kind::MessageDb, 12)
}

mod measured {
    use es_core::prelude::*;

    #[event]
    pub struct Measured {
        pub value: f64,
    }

    /// Sums, in which the last bit of each value tells.
    #[aggregate(event_sourced, snapshot_every = 5)]
    #[derive(Default)]
    pub struct Sum {
        pub total: f64,
    }

    #[aggregate]
    impl Sum {
        pub fn begin(value: f64) -> Self {
            Self::raise_new(Measured { value })
        }

        pub fn add(&mut self, value: f64) {
            self.raise_(Measured { value });
        }

        #[apply]
        fn measured(&mut self, event: &Measured) {
            self.total = self.total / 3.0 + event.value;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn floats_come_back_to_the_last_bit(
        values in prop::collection::vec(any::<f64>().prop_filter("JSON has no others", |v| v.is_finite()), 1..20),
    ) {
        let (live, loaded, replayed) = runtime().block_on(async {
            let domain = Domain::builder("lab").build()?;
            let sums = domain.repository::<measured::Sum>();
            let mut sum = measured::Sum::begin(values[0]);
            for value in &values[1..] {
                sum.add(*value);
            }
            sums.add(&mut sum).await?;
            let loaded = sums.get(sum.id()).await?.total;
            domain.store().snapshots().expect("the store has them").delete_all().await?;
            anyhow::Ok((sum.total, loaded, sums.get(sum.id()).await?.total))
        }).expect("nothing is wrong with the store");

        prop_assert_eq!(live.to_bits(), loaded.to_bits());
        prop_assert_eq!(live.to_bits(), replayed.to_bits());
    }
}
