//! Cached aggregates: faster, and never another result.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use es_core::prelude::*;
use es_tests::bank::{BankAccount, Counter, Overdrawn, Tally};
use es_tests::places::Place;
use es_tests::stores::{CountsReads, Exchanged, LosesReplies, Stalls};
use proptest::prelude::*;

use crate::on_stores::on_every_store;

on_every_store! {
    what_others_appended_is_seen
    a_stale_decision_conflicts_and_is_made_again
    a_rejection_of_a_stale_state_is_decided_again
    a_decision_that_raises_nothing_on_a_stale_state_is_made_again
    two_cached_domains_on_one_store_conflict_and_all_succeed
}

fn domain(store: impl EventStore) -> anyhow::Result<Domain> {
    Ok(Domain::builder("bank").event_store(store).build()?)
}

/// Two processes on one store: the first has a cache, and in it Ada's account with 100 cents.
async fn two_processes(
    place: &Place,
) -> anyhow::Result<(Repository<BankAccount>, Repository<BankAccount>, Uuid)> {
    let ours = domain(place.open().await?)?.repository().cached(10);
    let theirs = domain(place.open().await?)?.repository();
    let id = Uuid::now_v7();
    let mut account = BankAccount::open_as(id, "Ada");
    account.deposit(100);
    ours.add(&mut account).await?;
    Ok((ours, theirs, id))
}

async fn what_others_appended_is_seen(place: &Place) -> anyhow::Result<()> {
    let (ours, theirs, id) = two_processes(place).await?;
    for cents in 1..=3 {
        theirs.update(&id, |account| account.deposit(cents)).await?;

        let account = ours.get(&id).await?;

        assert_eq!(account, theirs.get(&id).await?);
        assert_eq!(ours.find(&id).await?.as_ref(), Some(&account));
    }
    Ok(())
}

async fn a_stale_decision_conflicts_and_is_made_again(place: &Place) -> anyhow::Result<()> {
    let (ours, theirs, id) = two_processes(place).await?;
    theirs.update(&id, |account| account.deposit(20)).await?;

    let mut decided_on = Vec::new();
    let done = ours
        .update(&id, |account| {
            decided_on.push(account.balance_cents());
            account.deposit(3);
        })
        .await?;

    assert_eq!(decided_on, [100, 120]);
    assert_eq!(done.version(), 4);
    assert_eq!(theirs.get(&id).await?.balance_cents(), 123);
    Ok(())
}

async fn a_rejection_of_a_stale_state_is_decided_again(place: &Place) -> anyhow::Result<()> {
    let (ours, theirs, id) = two_processes(place).await?;
    theirs.update(&id, |account| account.deposit(20)).await?;

    ours.update(&id, |account| account.withdraw(120)).await?;
    let rejected = ours.update(&id, |account| account.withdraw(1)).await;

    let overdrawn = Overdrawn {
        balance_cents: 0,
        asked_cents: 1,
    };
    assert_eq!(rejected.unwrap_err().into_rejection(), Some(overdrawn));
    assert_eq!(theirs.get(&id).await?.version(), 4);
    Ok(())
}

async fn a_decision_that_raises_nothing_on_a_stale_state_is_made_again(
    place: &Place,
) -> anyhow::Result<()> {
    let (ours, theirs, id) = two_processes(place).await?;
    theirs.update(&id, |account| account.deposit(20)).await?;

    let asked = ours
        .update(&id, |account| Ok::<_, Infallible>(account.balance_cents()))
        .await?;

    assert_eq!((asked.value, asked.version()), (120, Version::new(3)));
    assert_eq!(asked.position(), None);
    Ok(())
}

async fn two_cached_domains_on_one_store_conflict_and_all_succeed(
    place: &Place,
) -> anyhow::Result<()> {
    let (tasks_each, times) = (4, 25);
    let id = "a".to_owned();
    let mut tasks = Vec::new();
    for first in [true, false] {
        let counters = domain(place.open().await?)?.repository().cached(1);
        if first {
            counters.add(&mut Counter::begin("a", 0)).await?;
        }
        for _ in 0..tasks_each {
            let (counters, id) = (counters.clone(), id.clone());
            tasks.push(tokio::spawn(async move {
                for _ in 0..times {
                    let counted = counters.update(&id, |counter| counter.count(1));
                    let committed = counted.await.unwrap();
                    let seen = counters.get(&id).await.unwrap();
                    assert!(seen.version() >= committed.version());
                    assert_eq!(seen.total() + 1, seen.version().get());
                }
            }));
        }
    }
    for task in tasks {
        task.await?;
    }

    let counted = domain(place.open().await?)?.repository::<Counter>();
    assert_eq!(counted.get(&id).await?.total(), 2 * tasks_each * times);
    Ok(())
}

/// Repositories over one store in memory, and how many events are read from it by the first.
fn counted() -> anyhow::Result<(Repository<Counter>, Repository<Counter>, Arc<AtomicUsize>)> {
    let store = MemoryStore::new();
    let theirs = domain(store.clone())?.repository();
    let (store, read) = CountsReads::new(store);
    Ok((domain(store)?.repository().cached(2), theirs, read))
}

#[tokio::test]
async fn an_update_reads_nothing_and_a_load_the_last_event_and_the_tail() -> anyhow::Result<()> {
    let (ours, theirs, read) = counted()?;
    let id = "a".to_owned();
    let read = || read.swap(0, Ordering::SeqCst);
    let mut counter = Counter::begin("a", 1);
    for _ in 0..100 {
        counter.count(1);
    }
    theirs.add(&mut counter).await?;

    ours.update(&id, |counter| counter.count(1)).await?;
    assert_eq!(read(), 101, "all of it");
    for _ in 0..3 {
        ours.clone().update(&id, |counter| counter.count(1)).await?;
    }
    assert_eq!(read(), 0, "what is cached is what clones share");

    ours.get(&id).await?;
    assert_eq!(read(), 1, "the last event that the cached one has seen");
    for _ in 0..3 {
        theirs.update(&id, |counter| counter.count(1)).await?;
    }
    ours.get(&id).await?;
    assert_eq!(read(), 4, "that one and the tail");
    ours.update(&id, |counter| counter.count(1)).await?;
    assert_eq!(read(), 0, "the load is cached");

    assert_eq!(ours.get_at_version(&id, Version::new(2)).await?.total(), 2);
    assert_eq!(read(), 2, "the past is not cached");
    Ok(())
}

#[tokio::test]
async fn a_rejection_of_a_stale_state_is_verified_by_the_tail_alone() -> anyhow::Result<()> {
    let (ours, theirs, read) = counted()?;
    let id = "a".to_owned();
    ours.add(&mut Counter::begin("a", 1)).await?;
    theirs.update(&id, |counter| counter.count(9)).await?;

    let mut decided_on = Vec::new();
    let rejected = ours
        .update(&id, |counter| {
            decided_on.push(counter.total());
            // What a rejected decision raised is gone.
            counter.count(1_000);
            Err::<(), _>("no")
        })
        .await;

    assert!(matches!(rejected, Err(UpdateError::Rejected("no"))));
    assert_eq!(decided_on, [1, 10]);
    assert_eq!(read.load(Ordering::SeqCst), 2);
    assert_eq!(ours.get(&id).await?.total(), 10);
    Ok(())
}

#[tokio::test]
async fn no_more_are_cached_than_were_asked_for() -> anyhow::Result<()> {
    for (bound, cached) in [(0, 0), (1, 1), (5, 5), (usize::MAX, 20)] {
        let (store, read) = CountsReads::new(MemoryStore::new());
        let counters = domain(store)?.repository::<Counter>().cached(bound);
        let ids: Vec<_> = (0..20).map(|id| id.to_string()).collect();
        for id in &ids {
            counters.add(&mut Counter::begin(id, 1)).await?;
        }

        let mut from_cache = 0;
        for id in ids.iter().rev() {
            let before = read.load(Ordering::SeqCst);
            // A rejection of what is not cached is not looked after: it was loaded just now.
            let mut decisions = 0;
            let _ = counters
                .update(id, |_| {
                    decisions += 1;
                    Err::<(), _>("no")
                })
                .await;
            assert_eq!(read.load(Ordering::SeqCst) - before, 1);
            from_cache += decisions - 1;
        }

        assert!(from_cache <= cached, "{from_cache} of {bound}");
        assert!(from_cache >= cached.min(1), "{from_cache} of {bound}");
    }
    Ok(())
}

/// Even with no time for conflicts, what is cached may be old.
#[tokio::test]
async fn a_stale_state_is_no_conflict_of_the_deadline() -> anyhow::Result<()> {
    let store = MemoryStore::new();
    let theirs = domain(store.clone())?.repository::<Counter>();
    let ours = Domain::builder("bank")
        .event_store(store)
        .conflict_deadline(Duration::ZERO)
        .build()?;
    let (ours, id) = (ours.repository::<Counter>().cached(1), "a".to_owned());
    ours.add(&mut Counter::begin("a", 1)).await?;
    theirs.update(&id, |counter| counter.count(1)).await?;

    let done = ours.update(&id, |counter| counter.count(1)).await?;

    assert_eq!(done.version(), 3);
    Ok(())
}

#[tokio::test]
async fn a_dropped_update_leaves_nothing_unconfirmed() -> anyhow::Result<()> {
    let (store, losses) = LosesReplies::new(MemoryStore::new());
    let counters = domain(store)?.repository::<Counter>().cached(1);
    let id = "a".to_owned();
    counters.add(&mut Counter::begin("a", 1)).await?;

    // What the first one wrote stands, the second one wrote nothing.
    for (written, refused) in [(1, 1_000), (0, 1_000)] {
        losses.lose(written);
        losses.refuse(refused);
        let updating = counters.update(&id, |counter| counter.count(10));
        let given_up = tokio::time::timeout(Duration::from_millis(5), updating).await;
        assert!(!matches!(given_up, Ok(Ok(_))));
        losses.refuse(0);

        assert_eq!(counters.get(&id).await?.total(), 11);
    }
    let done = counters.update(&id, |counter| counter.count(1)).await?;

    assert_eq!(done.version(), 3);
    assert_eq!(counters.get(&id).await?.total(), 12);
    Ok(())
}

#[tokio::test]
async fn a_load_given_up_leaves_the_cache_as_it_was() -> anyhow::Result<()> {
    let store = MemoryStore::new();
    let theirs = domain(store.clone())?.repository::<Counter>();
    let ours = domain(Stalls::new(store))?
        .repository::<Counter>()
        .cached(1);
    let id = "a".to_owned();
    ours.add(&mut Counter::begin("a", 1)).await?;
    theirs.update(&id, |counter| counter.count(1)).await?;

    let stalled = tokio::time::timeout(Duration::from_millis(5), ours.get(&id)).await;
    assert!(stalled.is_err());
    assert_eq!(ours.get(&id).await?.total(), 2);
    theirs.update(&id, |counter| counter.count(1)).await?;
    let updating = ours.update(&id, |counter| counter.count(1));
    let stalled = tokio::time::timeout(Duration::from_millis(5), updating).await;
    assert!(stalled.is_err());

    assert_eq!(
        ours.update(&id, |counter| counter.count(1))
            .await?
            .version(),
        4
    );
    assert_eq!(theirs.get(&id).await?.total(), 4);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn an_unknown_outcome_is_not_cached() -> anyhow::Result<()> {
    let (store, losses) = LosesReplies::new(MemoryStore::new());
    let counters = domain(store)?.repository::<Counter>().cached(1);
    let id = "a".to_owned();
    counters.add(&mut Counter::begin("a", 1)).await?;

    losses.refuse(1_000);
    losses.lose(1);
    let result = counters.update(&id, |counter| counter.count(10)).await;
    let Err(UpdateError::Save(SaveError::OutcomeUnknown(unknown))) = result else {
        panic!("{result:?}")
    };
    losses.refuse(0);

    assert_eq!(counters.get(&id).await?.total(), 11, "it was written");
    assert_eq!(unknown.retry().await?.version(), 2);
    let done = counters.update(&id, |counter| counter.count(1)).await?;
    assert_eq!(done.version(), 3);
    assert_eq!(counters.get(&id).await?.total(), 12);
    Ok(())
}

#[tokio::test]
async fn snapshots_are_taken_where_they_are_due() -> anyhow::Result<()> {
    let domain = Domain::builder("bank").build()?;
    let tallies = domain.repository::<Tally>().cached(1);
    let id = "a".to_owned();
    tallies.add(&mut Tally::begin("a")).await?;
    let snapshots = domain.store().snapshots().unwrap();
    let stream = tallies.stream(&id)?;

    for version in 2..=35 {
        tallies.update(&id, Tally::count).await?;
        let last = snapshots.load(&stream).await?;
        let expected = (version >= 10).then(|| Version::new(version / 10 * 10));
        assert_eq!(last.map(|snapshot| snapshot.version), expected);
    }
    Ok(())
}

#[tokio::test]
async fn one_that_is_ahead_of_its_stream_is_loaded_again() -> anyhow::Result<()> {
    let id = "a".to_owned();
    let restored = MemoryStore::new();
    let mut counter = Counter::begin("a", 1);
    counter.count(1);
    domain(restored.clone())?
        .repository()
        .add(&mut counter)
        .await?;
    for update_first in [false, true] {
        let store = Exchanged::new(MemoryStore::new());
        let counters = domain(store.clone())?.repository::<Counter>().cached(1);
        counters.add(&mut Counter::begin("a", 100)).await?;
        for _ in 0..4 {
            counters.update(&id, |counter| counter.count(100)).await?;
        }

        // An older backup.
        store.exchange(restored.clone());
        if update_first {
            let done = counters.update(&id, |counter| counter.count(1)).await?;
            assert_eq!(done.version(), 3);
        }

        let total = if update_first { 3 } else { 2 };
        assert_eq!(counters.get(&id).await?.total(), total);
        let asked = counters
            .update(&id, |counter| Err::<(), _>(counter.total()))
            .await;
        assert_eq!(asked.unwrap_err().into_rejection(), Some(total));
    }

    let store = Exchanged::new(restored);
    let counters = domain(store.clone())?.repository::<Counter>().cached(1);
    counters.get(&id).await?;
    store.exchange(MemoryStore::new());
    let updated = counters.update(&id, |counter| counter.count(1)).await;
    assert!(matches!(
        updated,
        Err(UpdateError::Load(LoadError::NotFound { .. }))
    ));
    assert!(counters.find(&id).await?.is_none());
    Ok(())
}

#[tokio::test]
async fn a_repository_under_a_context_shares_the_cache() -> anyhow::Result<()> {
    let (store, read) = CountsReads::new(MemoryStore::new());
    let domain = domain(store)?;
    let counters = domain.repository::<Counter>().cached(1);
    let id = "a".to_owned();
    counters.add(&mut Counter::begin("a", 1)).await?;

    let context = Context::new().correlation_id("c-1");
    let under = counters.with_context(context);
    under.update(&id, |counter| counter.count(1)).await?;

    assert_eq!(read.load(Ordering::SeqCst), 0);
    let stream = domain.store().read_stream("bank::counter-a");
    let last = stream.backwards().next().await?.unwrap().metadata()?;
    assert_eq!(last.correlation_id(), Some("c-1"));
    Ok(())
}

/// Who does something to which of two accounts.
#[derive(Clone, Debug)]
struct Step {
    process: usize,
    account: usize,
    action: Action,
}

#[derive(Clone, Debug)]
enum Action {
    Deposit(u8),
    /// Refused where there is less.
    Withdraw(u8),
    Ask,
    Get,
    /// Loads, deposits and adds.
    Add(u8),
}

fn step() -> impl Strategy<Value = Step> {
    let action = prop_oneof![
        any::<u8>().prop_map(Action::Deposit),
        any::<u8>().prop_map(Action::Withdraw),
        Just(Action::Ask),
        Just(Action::Get),
        any::<u8>().prop_map(Action::Add),
    ];
    (0..3_usize, 0..2_usize, action).prop_map(|(process, account, action)| Step {
        process,
        account,
        action,
    })
}

/// Two with a cache, of one and of two aggregates, and one without.
async fn check(steps: Vec<Step>) -> anyhow::Result<()> {
    let store = MemoryStore::new();
    let process = || anyhow::Ok(domain(store.clone())?.repository::<BankAccount>());
    let processes = [process()?.cached(1), process()?.cached(2), process()?];
    let mut model = Vec::new();
    for _ in 0..2 {
        let mut account = BankAccount::open("Ada");
        processes[0].add(&mut account).await?;
        model.push((*account.id(), 0_u64, 1_u64));
    }

    for step in steps {
        let accounts = &processes[step.process];
        let (id, balance, version) = &mut model[step.account];
        match step.action {
            Action::Deposit(cents) => {
                let cents = u64::from(cents);
                let done = accounts
                    .update(id, |account| account.deposit(cents))
                    .await?;
                *balance += cents;
                *version += 1;
                assert_eq!(done.version(), *version);
            }
            Action::Withdraw(cents) => {
                let cents = u64::from(cents);
                let done = accounts.update(id, |account| account.withdraw(cents)).await;
                match done {
                    Ok(_) => {
                        *balance = balance.checked_sub(cents).expect("there was enough");
                        *version += 1;
                    }
                    Err(error) => {
                        let overdrawn = Overdrawn {
                            balance_cents: *balance,
                            asked_cents: cents,
                        };
                        assert!(cents > *balance);
                        assert_eq!(error.into_rejection(), Some(overdrawn));
                    }
                }
            }
            Action::Ask => {
                let asked = accounts
                    .update(id, |account| Ok::<_, Infallible>(account.balance_cents()))
                    .await?;
                assert_eq!((asked.value, asked.version().get()), (*balance, *version));
            }
            Action::Get => {
                let account = accounts.get(id).await?;
                assert_eq!(account.balance_cents(), *balance);
                assert_eq!(account.version(), *version);
            }
            Action::Add(cents) => {
                let mut account = accounts.get(id).await?;
                account.deposit(cents.into());
                accounts.add(&mut account).await?;
                *balance += u64::from(cents);
                *version += 1;
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn processes_with_caches_and_without_agree_with_plain_code(
        steps in prop::collection::vec(step(), 0..60),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let checked = runtime.expect("it is plain").block_on(check(steps));
        checked.expect("nothing is wrong with the store");
    }
}
