//! Two who write at once, and replies that get lost.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use es_core::prelude::*;
use es_tests::bank::{BankAccount, Counter};
use es_tests::places::Place;
use es_tests::stores::{CountsReads, LosesReplies, Losses};

use crate::on_stores::on_every_store;

on_every_store! {
    the_second_of_two_copies_conflicts_writes_nothing_and_stays_readable
    a_new_aggregate_under_a_taken_id_conflicts
    two_domains_on_one_store_conflict_and_all_succeed
    lost_replies_write_once_and_tell_the_outcome
}

fn behind_a_bad_connection() -> anyhow::Result<(Domain, Losses)> {
    let (store, losses) = LosesReplies::new(MemoryStore::new());
    let domain = Domain::builder("bank").event_store(store).build()?;
    Ok((domain, losses))
}

async fn opened(domain: &Domain) -> anyhow::Result<(Repository<BankAccount>, BankAccount)> {
    let accounts = domain.repository::<BankAccount>();
    let mut account = BankAccount::open("Ada");
    accounts.add(&mut account).await?;
    Ok((accounts, account))
}

async fn the_second_of_two_copies_conflicts_writes_nothing_and_stays_readable(
    place: &Place,
) -> anyhow::Result<()> {
    let domain = Domain::builder("bank")
        .event_store(place.open().await?)
        .build()?;
    let (accounts, mut first) = opened(&domain).await?;
    let mut second = accounts.get(first.id()).await?;
    first.deposit(1);
    second.deposit(10);
    accounts.add(&mut first).await?;

    let error = accounts.add(&mut second).await.unwrap_err();

    let stream = accounts.stream(first.id())?;
    let text = format!("the stream `{stream}` is at version 2, expected was version 1");
    assert_eq!(error.to_string(), text);
    let SaveError::Conflict(conflict) = error else {
        panic!("{error}")
    };
    assert_eq!(
        (conflict.expected, conflict.actual),
        (Version::new(1), Version::new(2))
    );
    assert_eq!(
        (second.balance_cents(), second.pending_events().len()),
        (10, 1)
    );
    assert_eq!(accounts.get(first.id()).await?.balance_cents(), 1);
    Ok(())
}

async fn a_new_aggregate_under_a_taken_id_conflicts(place: &Place) -> anyhow::Result<()> {
    let domain = Domain::builder("bank")
        .event_store(place.open().await?)
        .build()?;
    let (accounts, account) = opened(&domain).await?;

    let mut impostor = BankAccount::open_as(*account.id(), "Eve");
    let error = accounts.add(&mut impostor).await.unwrap_err();

    assert!(matches!(error, SaveError::Conflict(conflict) if conflict.expected == 0));
    assert_eq!(accounts.get(account.id()).await?.owner(), "Ada");
    Ok(())
}

#[tokio::test]
async fn a_conflict_in_an_update_reads_the_tail_alone_and_decides_again() -> anyhow::Result<()> {
    let (store, read) = CountsReads::new(MemoryStore::new());
    let store = Arc::new(store);
    let ours = Domain::builder("bank")
        .event_store(Arc::clone(&store))
        .build()?;
    let theirs = Domain::builder("bank").event_store(store).build()?;
    let counters = ours.repository::<Counter>();
    let id = "a".to_owned();
    let mut counter = Counter::begin("a", 1);
    for _ in 0..4_999 {
        counter.count(1);
    }
    counters.add(&mut counter).await?;
    let mut rival = theirs.repository::<Counter>().get(&id).await?;
    rival.count(1_000);
    let mut rival = Some(rival);
    let before = read.load(Ordering::SeqCst);

    let mut decisions = Vec::new();
    let done = counters
        .update(&id, |counter| {
            if let Some(mut rival) = rival.take() {
                // Between our load and our append, as another process would.
                let theirs = theirs.repository::<Counter>();
                let added = std::thread::scope(|scope| {
                    scope
                        .spawn(|| {
                            let runtime = tokio::runtime::Builder::new_current_thread().build();
                            runtime.unwrap().block_on(theirs.add(&mut rival))
                        })
                        .join()
                });
                added.unwrap().unwrap();
            }
            decisions.push(counter.total());
            counter.count(1);
        })
        .await?;

    assert_eq!(decisions, [5_000, 6_000]);
    assert_eq!(done.version(), 5_002);
    assert_eq!(read.load(Ordering::SeqCst) - before, 5_000 + 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn updates_of_one_process_queue_and_all_succeed() -> anyhow::Result<()> {
    let domain = Domain::builder("bank")
        .conflict_deadline(Duration::ZERO)
        .build()?;
    let counters = domain.repository::<Counter>();
    counters.add(&mut Counter::begin("a", 0)).await?;

    let tasks: Vec<_> = (0..16)
        .map(|_| {
            let counters = counters.clone();
            tokio::spawn(async move {
                for _ in 0..100 {
                    counters
                        .update(&"a".to_owned(), |counter| counter.count(1))
                        .await
                        .unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await?;
    }

    let counter = counters.get(&"a".to_owned()).await?;
    assert_eq!(
        (counter.total(), counter.version()),
        (1_600, Version::new(1_601))
    );
    Ok(())
}

async fn two_domains_on_one_store_conflict_and_all_succeed(place: &Place) -> anyhow::Result<()> {
    let (tasks_each, times) = (8, 25);
    let id = "a".to_owned();
    let mut tasks = Vec::new();
    for first in [true, false] {
        let store = place.open().await?;
        let domain = Domain::builder("bank").event_store(store).build()?;
        let counters = domain.repository::<Counter>();
        if first {
            counters.add(&mut Counter::begin("a", 0)).await?;
        }
        for _ in 0..tasks_each {
            let (counters, id) = (counters.clone(), id.clone());
            tasks.push(tokio::spawn(async move {
                for _ in 0..times {
                    counters
                        .update(&id, |counter| counter.count(1))
                        .await
                        .unwrap();
                }
            }));
        }
    }
    for task in tasks {
        task.await?;
    }

    let store = place.open().await?;
    let domain = Domain::builder("bank").event_store(store).build()?;
    let counted = domain.repository::<Counter>().get(&id).await?.total();
    assert_eq!(counted, 2 * tasks_each * times);
    Ok(())
}

#[tokio::test]
async fn conflicts_end_at_the_deadline_with_the_last_conflict() -> anyhow::Result<()> {
    let store = MemoryStore::new();
    let ours = Domain::builder("bank")
        .event_store(store.clone())
        .conflict_deadline(Duration::from_millis(50))
        .build()?;
    let id = "a".to_owned();
    let counters = ours.repository::<Counter>();
    counters.add(&mut Counter::begin("a", 0)).await?;

    // Somebody else is faster every single time.
    let result = counters
        .update(&id, |counter| {
            let theirs = Domain::builder("bank")
                .event_store(store.clone())
                .build()
                .unwrap();
            std::thread::scope(|scope| {
                scope.spawn(|| {
                    let runtime = tokio::runtime::Builder::new_current_thread()
                        .build()
                        .unwrap();
                    let theirs = theirs.repository::<Counter>();
                    runtime
                        .block_on(theirs.update(&id, |counter| counter.count(1)))
                        .unwrap();
                });
            });
            counter.count(1_000_000);
        })
        .await;

    let Err(UpdateError::Save(SaveError::Conflict(conflict))) = result else {
        panic!("{result:?}")
    };
    let last = counters.get(&id).await?;
    assert_eq!(conflict.actual, last.version());
    assert!(last.total() < 1_000_000);
    Ok(())
}

async fn a_lost_reply_writes_once(store: impl EventStore, replies: usize) -> anyhow::Result<()> {
    let (store, losses) = LosesReplies::new(store);
    let domain = Domain::builder("bank").event_store(store).build()?;
    let (accounts, mut account) = opened(&domain).await?;
    let written_before = domain.store().read_all().collect().await?.len();

    losses.lose(replies);
    account.deposit(5);
    let added = accounts.add(&mut account).await?;
    losses.lose(replies);
    let updated = accounts
        .update(account.id(), |account| account.deposit(6))
        .await?;

    assert_eq!(
        (added.version(), updated.version()),
        (Version::new(2), Version::new(3))
    );
    let events = domain.store().read_all().collect().await?;
    assert_eq!(events.len(), written_before + 2);
    let position = |nth: usize| events.get(nth).map(|event| event.position);
    assert_eq!(added.position(), position(written_before));
    assert_eq!(updated.position(), position(written_before + 1));
    assert_eq!(accounts.get(account.id()).await?.balance_cents(), 11);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn an_append_whose_reply_is_lost_is_written_once() -> anyhow::Result<()> {
    for replies in [1, 3, 5] {
        a_lost_reply_writes_once(MemoryStore::new(), replies).await?;
    }
    Ok(())
}

async fn lost_replies_write_once_and_tell_the_outcome(place: &Place) -> anyhow::Result<()> {
    for replies in [1, 3] {
        a_lost_reply_writes_once(place.open().await?, replies).await?;
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn an_outcome_that_stays_unknown_can_be_retried_and_is_written_once() -> anyhow::Result<()> {
    let (domain, losses) = behind_a_bad_connection()?;
    let (accounts, account) = opened(&domain).await?;

    losses.lose(1_000);
    let result = accounts
        .update(account.id(), |account| account.deposit(6))
        .await;
    let Err(UpdateError::Save(SaveError::OutcomeUnknown(unknown))) = result else {
        panic!("{result:?}")
    };
    assert_eq!(unknown.stream(), &accounts.stream(account.id())?);
    losses.lose(0);
    let committed = unknown.retry().await?;

    assert_eq!(
        (committed.version(), committed.position()),
        (Version::new(2), Some(Position::new(2)))
    );
    assert_eq!(accounts.get(account.id()).await?.balance_cents(), 6);

    // An aggregate that was added keeps what is pending, with its ids: adding it again is a retry.
    let mut account = accounts.get(account.id()).await?;
    losses.lose(1_000);
    account.deposit(7);
    let error = accounts.add(&mut account).await.unwrap_err();
    assert!(matches!(error, SaveError::OutcomeUnknown(_)));
    losses.lose(0);
    let committed = accounts.add(&mut account).await?;

    assert_eq!(committed.version(), 3);
    assert!(account.pending_events().is_empty());
    assert_eq!(accounts.get(account.id()).await?.balance_cents(), 13);
    Ok(())
}

/// After a lost reply the store could not be reached, and the caller was told that nothing had been
/// written: whoever then deposited again had deposited twice.
#[tokio::test(start_paused = true)]
async fn an_unknown_outcome_stays_unknown_while_the_store_can_not_be_reached() -> anyhow::Result<()>
{
    let (domain, losses) = behind_a_bad_connection()?;
    let (accounts, account) = opened(&domain).await?;

    losses.lose(1);
    losses.refuse(2);
    let done = accounts
        .update(account.id(), |account| account.deposit(5))
        .await?;
    losses.lose(1);
    losses.refuse(1_000);
    let result = accounts
        .update(account.id(), |account| account.deposit(6))
        .await;
    let Err(UpdateError::Save(SaveError::OutcomeUnknown(unknown))) = result else {
        panic!("{result:?}")
    };
    let Err(SaveError::OutcomeUnknown(unknown)) = unknown.retry().await else {
        panic!("nobody can know")
    };
    losses.refuse(0);
    let committed = unknown.retry().await?;

    assert_eq!(
        (done.version(), committed.version()),
        (Version::new(2), Version::new(3))
    );
    assert_eq!(accounts.get(account.id()).await?.balance_cents(), 11);
    assert_eq!(domain.store().read_all().collect().await?.len(), 3);
    Ok(())
}

#[tokio::test]
async fn an_append_that_surely_failed_says_so() -> anyhow::Result<()> {
    let (domain, losses) = behind_a_bad_connection()?;
    let (accounts, mut account) = opened(&domain).await?;
    account.deposit(5);

    losses.refuse(1);
    let error = accounts.add(&mut account).await.unwrap_err();

    assert!(matches!(error, SaveError::Store(_)), "{error:?}");
    assert_eq!(accounts.add(&mut account).await?.version(), 2);
    Ok(())
}

/// What was raised after an add that had been given up made another append of both: it conflicted
/// with the part that stood there, and the caller was told that nothing had been written.
#[tokio::test]
async fn what_is_raised_after_a_dropped_add_is_appended_behind_it() -> anyhow::Result<()> {
    let (domain, losses) = behind_a_bad_connection()?;
    let (accounts, mut account) = opened(&domain).await?;
    account.deposit(5);
    losses.lose(1);
    losses.refuse(1_000);
    let adding = accounts.add(&mut account);
    let given_up = tokio::time::timeout(Duration::from_millis(5), adding).await;
    assert!(given_up.is_err());

    account.deposit(6);
    losses.refuse(0);
    let committed = accounts.add(&mut account).await?;

    assert_eq!(
        (committed.version(), account.version()),
        (Version::new(3), Version::new(3))
    );
    assert_eq!(account.pending_events().len(), 0);
    assert_eq!(accounts.get(account.id()).await?.balance_cents(), 11);
    assert_eq!(domain.store().read_all().collect().await?.len(), 3);
    Ok(())
}

/// A repetition by the caller told of a store that could not be reached, and not of the doubt.
#[tokio::test(start_paused = true)]
async fn adding_again_stays_in_doubt_while_the_store_can_not_be_reached() -> anyhow::Result<()> {
    let (domain, losses) = behind_a_bad_connection()?;
    let (accounts, mut account) = opened(&domain).await?;
    account.deposit(5);
    losses.lose(1);
    losses.refuse(1_000);
    let first = accounts.add(&mut account).await;

    let second = accounts.add(&mut account).await;
    losses.refuse(0);
    let third = accounts.add(&mut account).await?;

    for doubt in [first, second] {
        assert!(
            matches!(doubt, Err(SaveError::OutcomeUnknown(_))),
            "{doubt:?}"
        );
    }
    assert_eq!(third.version(), 2);
    assert_eq!(accounts.get(account.id()).await?.balance_cents(), 5);
    Ok(())
}

#[tokio::test]
async fn a_dropped_add_can_be_added_again_and_is_written_once() -> anyhow::Result<()> {
    let (domain, losses) = behind_a_bad_connection()?;
    let (accounts, mut account) = opened(&domain).await?;
    account.deposit(5);

    // The store writes, the reply is lost, and the caller gives up before the repetition.
    losses.lose(2);
    let given_up = tokio::time::timeout(Duration::from_millis(1), accounts.add(&mut account)).await;
    assert!(given_up.is_err());
    losses.lose(0);
    let committed = accounts.add(&mut account).await?;

    assert_eq!(committed.version(), 2);
    assert_eq!(domain.store().read_all().collect().await?.len(), 2);
    Ok(())
}
