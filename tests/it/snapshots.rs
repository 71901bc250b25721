//! Snapshots: a cache that changes no result.

use std::sync::Arc;

use es_core::Snapshots;
use es_core::prelude::*;
use es_core::record::NewEvents;
use es_core::serde_json::{Value, json};
use es_core::store::{Append, Expected, Fingerprint, Snapshot, SnapshotStore};
use es_tests::bank::{BankAccount, Counter};
use es_tests::places::Place;
use es_tests::stores::CountsReads;

use crate::on_stores::on_every_store;

on_every_store! {
    one_is_taken_after_every_ten_events_and_holds_the_state_alone
    the_snapshot_and_the_tail_are_all_that_a_load_reads
    one_made_by_other_handlers_is_discarded_and_replaced
    one_that_is_ahead_of_its_stream_is_discarded
    deleting_all_changes_no_result
    a_handler_that_changed_between_two_runs_gives_the_right_state
}

fn snapshots(domain: &Domain) -> &dyn SnapshotStore {
    domain.store().snapshots().unwrap()
}

async fn account_with(domain: &Domain, deposits: u64) -> anyhow::Result<Uuid> {
    let mut account = BankAccount::open("Ada");
    let accounts = domain.repository::<BankAccount>();
    accounts.add(&mut account).await?;
    for _ in 0..deposits {
        account.deposit(1);
        accounts.add(&mut account).await?;
    }
    Ok(*account.id())
}

async fn one_is_taken_after_every_ten_events_and_holds_the_state_alone(
    place: &Place,
) -> anyhow::Result<()> {
    let domain = Domain::builder("bank")
        .event_store(place.open().await?)
        .build()?;
    let id = account_with(&domain, 8).await?;
    let accounts = domain.repository::<BankAccount>();
    let stream = accounts.stream(&id)?;
    assert_eq!(snapshots(&domain).load(&stream).await?, None);

    accounts.update(&id, |account| account.deposit(1)).await?;

    let snapshot = snapshots(&domain).load(&stream).await?.unwrap();
    assert_eq!(snapshot.version, 10);
    let state: Value = es_core::serde_json::from_slice(&snapshot.state)?;
    let expected = json!({"owner": "Ada", "balance_cents": 9, "open": true});
    assert_eq!(state, expected);
    for _ in 0..9 {
        accounts.update(&id, |account| account.deposit(1)).await?;
    }
    assert_eq!(snapshots(&domain).load(&stream).await?.unwrap().version, 10);
    accounts.update(&id, |account| account.deposit(1)).await?;
    assert_eq!(snapshots(&domain).load(&stream).await?.unwrap().version, 20);
    Ok(())
}

/// How many events a load reads of an account with so many deposits.
async fn read_by_a_load(store: impl EventStore, deposits: u64) -> anyhow::Result<usize> {
    let (store, read) = CountsReads::new(store);
    let domain = Domain::builder("bank").event_store(store).build()?;
    let id = account_with(&domain, deposits).await?;
    let before = read.load(std::sync::atomic::Ordering::SeqCst);

    let account = domain.repository::<BankAccount>().get(&id).await?;

    assert_eq!(account.balance_cents(), deposits);
    Ok(read.load(std::sync::atomic::Ordering::SeqCst) - before)
}

/// The event that the snapshot has seen is read once more, to know that it is there.
#[tokio::test]
async fn a_load_reads_the_snapshot_and_the_tail() -> anyhow::Result<()> {
    assert_eq!(read_by_a_load(MemoryStore::new(), 5_014).await?, 6);
    Ok(())
}

async fn the_snapshot_and_the_tail_are_all_that_a_load_reads(place: &Place) -> anyhow::Result<()> {
    assert_eq!(read_by_a_load(place.open().await?, 34).await?, 6);
    Ok(())
}

async fn one_made_by_other_handlers_is_discarded_and_replaced(place: &Place) -> anyhow::Result<()> {
    let domain = Domain::builder("bank")
        .event_store(place.open().await?)
        .build()?;
    let id = account_with(&domain, 19).await?;
    let accounts = domain.repository::<BankAccount>();
    let stream = accounts.stream(&id)?;
    let mut stale = snapshots(&domain).load(&stream).await?.unwrap();
    stale.state = br#"{"owner":"Eve","balance_cents":1000000,"open":true}"#.to_vec();
    stale.fingerprint = Fingerprint::new(stale.fingerprint.get() ^ 1);
    snapshots(&domain).save(stale.clone()).await?;

    let account = accounts.get(&id).await?;
    assert_eq!((account.owner(), account.balance_cents()), ("Ada", 19));

    accounts.update(&id, |account| account.deposit(1)).await?;
    let replaced = snapshots(&domain).load(&stream).await?.unwrap();
    assert_eq!(replaced.version, 21);
    assert_ne!(replaced.fingerprint, stale.fingerprint);
    Ok(())
}

#[tokio::test]
async fn one_that_does_not_decode_is_discarded() -> anyhow::Result<()> {
    let domain = Domain::builder("bank").build()?;
    let id = account_with(&domain, 19).await?;
    let accounts = domain.repository::<BankAccount>();
    let mut broken = snapshots(&domain)
        .load(&accounts.stream(&id)?)
        .await?
        .unwrap();
    broken.state = b"{".to_vec();
    snapshots(&domain).save(broken).await?;

    assert_eq!(accounts.get(&id).await?.balance_cents(), 19);
    Ok(())
}

async fn one_that_is_ahead_of_its_stream_is_discarded(place: &Place) -> anyhow::Result<()> {
    let domain = Domain::builder("bank").build()?;
    let id = account_with(&domain, 19).await?;
    let accounts = domain.repository::<BankAccount>();
    let snapshot = snapshots(&domain)
        .load(&accounts.stream(&id)?)
        .await?
        .unwrap();

    // The events were restored from an older backup, the snapshots were not.
    let restored = Domain::builder("bank")
        .event_store(place.open().await?)
        .build()?;
    let store = restored.store();
    let mut events = NewEvents::new();
    let old = domain.store().read_all().limit(5).collect().await?;
    for event in &old {
        events.push(es_core::record::NewEvent {
            id: event.id,
            time: event.time,
            event_type: &event.event_type,
            data: &event.data,
            metadata: &event.metadata,
        });
    }
    let append = Append::to(accounts.stream(&id)?, Expected::Any, events);
    store.append(Arc::new(append)).await?;
    snapshots(&restored)
        .save(Snapshot {
            version: Version::new(20),
            ..snapshot
        })
        .await?;

    let account = restored.repository::<BankAccount>().get(&id).await?;
    assert_eq!(
        (account.version(), account.balance_cents()),
        (Version::new(5), 4)
    );
    Ok(())
}

async fn deleting_all_changes_no_result(place: &Place) -> anyhow::Result<()> {
    let domain = Domain::builder("bank")
        .event_store(place.open().await?)
        .snapshot_every(3)
        .build()?;
    let id = account_with(&domain, 40).await?;
    let accounts = domain.repository::<BankAccount>();
    let with = accounts.get(&id).await?;

    assert_eq!(snapshots(&domain).delete_all().await?, 1);

    assert_eq!(accounts.get(&id).await?, with);
    Ok(())
}

#[tokio::test]
async fn none_is_taken_where_they_are_off() -> anyhow::Result<()> {
    let domain = Domain::builder("bank").snapshot_every(1).build()?;
    let counters = domain.repository::<Counter>();
    let mut counter = Counter::begin("a", 1);
    counters.add(&mut counter).await?;

    assert_eq!(snapshots(&domain).delete_all().await?, 0);
    assert_eq!(counters.get(&"a".to_owned()).await?.total(), 1);
    Ok(())
}

/// The same aggregate in two programs: what a change does to the fingerprint.
mod fingerprints {
    use es_core::Aggregate;

    macro_rules! program {
        ($name:ident { $($option:tt)* } $field:ty, $body:expr) => {
            mod $name {
                use es_core::prelude::*;

                #[event]
                pub struct Counted { pub by: u64 }

                #[aggregate(event_sourced $($option)*)]
                #[derive(Default)]
                pub struct Counter { total: $field }

                #[aggregate]
                impl Counter {
                    #[apply]
                    fn counted(&mut self, event: &Counted) {
                        let apply: fn(&mut $field, u64) = $body;
                        apply(&mut self.total, event.by);
                    }
                }
            }
        };
    }

    program!(before {} u64, |total, by| *total += by);
    program!(same {} u64, |total, by| *total += by);
    program!(other_body {} u64, |sum, by| *sum += by);
    program!(other_field {} u128, |total, by| *total += u128::from(by));
    program!(other_version { , snapshot_version = 2 } u64, |total, by| *total += by);

    #[test]
    fn a_change_of_shape_body_or_version_is_another_fingerprint() {
        let before = before::Counter::FINGERPRINT;

        assert_eq!(before, same::Counter::FINGERPRINT);
        assert_ne!(before, other_body::Counter::FINGERPRINT);
        assert_ne!(before, other_field::Counter::FINGERPRINT);
        assert_ne!(before, other_version::Counter::FINGERPRINT);
    }
}

/// Two deployments of one program whose handler changed in between.
mod deployments {
    // One program begins and counts, the other reads.
    #![allow(dead_code, reason = "both are one text")]

    macro_rules! deployment {
        ($name:ident, $factor:literal) => {
            pub mod $name {
                use es_core::prelude::*;

                #[event]
                pub struct Counted {
                    pub by: u64,
                }

                #[aggregate(event_sourced, id = String, category = "counter", snapshot_every = 5)]
                #[derive(Default)]
                pub struct Counter {
                    pub total: u64,
                }

                #[aggregate]
                impl Counter {
                    pub fn begin(id: &str) -> Self {
                        Self::raise_new_as(id.to_owned(), Counted { by: 1 })
                    }

                    pub fn count(&mut self) {
                        self.raise_(Counted { by: 1 });
                    }

                    #[apply]
                    fn counted(&mut self, event: &Counted) {
                        self.total += event.by * $factor;
                    }
                }
            }
        };
    }

    deployment!(first, 1);
    deployment!(second, 100);
}

async fn a_handler_that_changed_between_two_runs_gives_the_right_state(
    place: &Place,
) -> anyhow::Result<()> {
    let store = place.open().await?;
    let id = "a".to_owned();
    let first = Domain::builder("bank").event_store(store.clone()).build()?;
    let counters = first.repository::<deployments::first::Counter>();
    counters
        .add(&mut deployments::first::Counter::begin("a"))
        .await?;
    for _ in 0..6 {
        counters
            .update(&id, deployments::first::Counter::count)
            .await?;
    }
    assert_eq!(counters.get(&id).await?.total, 7);
    let kept = snapshots(&first).load(&counters.stream(&id)?).await?;
    assert!(kept.is_some());

    let second = Domain::builder("bank").event_store(store).build()?;
    let counters = second.repository::<deployments::second::Counter>();
    assert_eq!(counters.get(&id).await?.total, 700);
    Ok(())
}

mod configured {
    use super::*;
    use es_tests::bank::Tally;

    #[aggregate(event_sourced, id = String, category = "slow_tally", snapshot_every = 100)]
    #[derive(Default)]
    struct SlowTally {
        total: u64,
    }

    #[aggregate]
    impl SlowTally {
        fn begin(id: &str) -> Self {
            Self::raise_new_as(id.to_owned(), es_tests::bank::Counted { by: 1 })
        }

        #[apply]
        fn counted(&mut self, event: &es_tests::bank::Counted) {
            self.total += event.by;
        }
    }

    async fn snapshot_of_one_event(domain: &Domain) -> anyhow::Result<bool> {
        let tallies = domain.repository::<SlowTally>();
        let mut tally = SlowTally::begin("a");
        tallies.add(&mut tally).await?;
        let stream = tallies.stream(&"a".to_owned())?;
        Ok(snapshots(domain).load(&stream).await?.is_some())
    }

    #[tokio::test]
    async fn what_is_said_of_a_category_goes_before_the_aggregate_and_that_before_the_domain()
    -> anyhow::Result<()> {
        let domain = || Domain::builder("bank").snapshot_every(1);
        let all = domain().build()?;
        let one = |snapshots| domain().snapshots_of("slow_tally", snapshots).build();

        assert!(!snapshot_of_one_event(&all).await?);
        assert!(snapshot_of_one_event(&one(Snapshots::Every(1))?).await?);
        assert!(snapshot_of_one_event(&one(Snapshots::AsTheDomainSays)?).await?);
        assert!(!snapshot_of_one_event(&one(Snapshots::Off)?).await?);
        Ok(())
    }

    #[tokio::test]
    async fn of_a_category_that_is_off_none_is_taken_and_none_is_read() -> anyhow::Result<()> {
        let store = MemoryStore::new();
        let domain = Domain::builder("bank").event_store(store.clone());
        let id = account_with(&domain.build()?, 19).await?;
        let (store, read) = CountsReads::new(store);
        let off = Domain::builder("bank")
            .event_store(store)
            .snapshots_of("bank_account", Snapshots::Off)
            .build()?;

        let account = off.repository::<BankAccount>().get(&id).await?;

        assert_eq!(account.version(), 20);
        assert_eq!(read.load(std::sync::atomic::Ordering::SeqCst), 20);
        Ok(())
    }

    #[tokio::test]
    async fn what_can_not_be_is_told() {
        let told = |category, snapshots| {
            let domain = Domain::builder("bank").aggregate::<Counter>();
            let refused = domain.snapshots_of(category, snapshots).build();
            refused.unwrap_err().to_string()
        };

        assert_eq!(
            told("bank_acount", Snapshots::Every(5)),
            "snapshots of `bank_acount` are configured, but no aggregate of this program has that category"
        );
        assert_eq!(
            told("counter", Snapshots::Every(5)),
            "snapshots of `counter` are configured, but `es_tests::bank::Counter` takes none: it has \
             `snapshots = off`, or its state is what is stored; remove one of the two"
        );
        assert!(told("tally", Snapshots::Every(0)).starts_with("`snapshot_every` is 0"));
        let later = Domain::builder("bank").snapshots_of("counter", Snapshots::AsTheDomainSays);
        let later = later.build().unwrap();
        let refused = later.repository::<Counter>().get(&"a".to_owned()).await;
        assert!(refused.is_err_and(|error| error.to_string().contains("`snapshots = off`")));
        assert!(
            later
                .repository::<Tally>()
                .find(&"a".to_owned())
                .await
                .is_ok()
        );
    }
}
