//! Aggregates as they were.

use std::sync::Arc;

use es_core::chrono::TimeDelta;
use es_core::prelude::*;
use es_core::record::{NewEvent, NewEvents};
use es_core::store::{Append, Expected};
use es_core::testing::ManualClock;
use es_tests::bank::{BankAccount, BankAccountEvent, Counter};
use es_tests::places::Place;
use es_tests::stores::Stalls;

use crate::on_stores::on_every_store;

on_every_store! {
    a_version_is_the_state_after_that_many_events_with_snapshots_or_without
    a_time_is_the_state_before_the_first_later_event
    where_times_go_back_in_a_foreign_stream_a_time_is_still_a_prefix
    beyond_the_end_and_before_the_beginning_are_told
}

/// An account with a deposit of a cent an hour, from 1 o'clock to `hours` o'clock; opened at 0.
async fn hourly(
    store: impl EventStore,
    snapshot_every: u64,
    hours: u64,
) -> anyhow::Result<(Repository<BankAccount>, Uuid, DateTime<Utc>)> {
    let midnight = "2024-06-15T00:00:00Z".parse()?;
    let clock = ManualClock::at(midnight);
    let domain = Domain::builder("bank")
        .event_store(store)
        .clock(clock.source())
        .snapshot_every(snapshot_every)
        .build()?;
    let accounts = domain.repository::<BankAccount>();
    let mut account = BankAccount::open("Ada");
    accounts.add(&mut account).await?;
    for _ in 0..hours {
        clock.advance(TimeDelta::hours(1));
        accounts
            .update(account.id(), |account| account.deposit(1))
            .await?;
    }
    Ok((accounts, *account.id(), midnight))
}

async fn a_version_is_the_state_after_that_many_events_with_snapshots_or_without(
    place: &Place,
) -> anyhow::Result<()> {
    for snapshot_every in [1, 2, 7, 10, 1_000] {
        let (accounts, id, _) = hourly(place.open().await?, snapshot_every, 25).await?;

        for version in 1..=26 {
            let then = accounts.get_at_version(&id, Version::new(version)).await?;
            assert_eq!(
                (then.version(), then.balance_cents()),
                (Version::new(version), version - 1)
            );
        }
    }
    Ok(())
}

async fn a_time_is_the_state_before_the_first_later_event(place: &Place) -> anyhow::Result<()> {
    for snapshot_every in [1, 7, 1_000] {
        let (accounts, id, midnight) = hourly(place.open().await?, snapshot_every, 25).await?;

        for hour in 0..=25_u32 {
            let at = midnight + TimeDelta::hours(hour.into());
            for time in [at, at + TimeDelta::minutes(59)] {
                let then = accounts.get_as_of(&id, time).await?;
                assert_eq!(then.balance_cents(), u64::from(hour));
            }
        }
        let far = accounts
            .get_as_of(&id, "9999-01-01T00:00:00Z".parse()?)
            .await?;
        assert_eq!(far.version(), 26);
    }
    Ok(())
}

/// What another program wrote may go back in time: as of a time is a prefix all the same, so that no
/// state is ever shown that never was.
async fn where_times_go_back_in_a_foreign_stream_a_time_is_still_a_prefix(
    place: &Place,
) -> anyhow::Result<()> {
    for snapshot_every in [1, 2, 1_000] {
        let at = |hour: i64| -> DateTime<Utc> {
            let noon = "2024-06-15T12:00:00Z".parse::<DateTime<Utc>>();
            noon.expect("a time") + TimeDelta::hours(hour - 12)
        };
        let clock = ManualClock::at(at(12));
        let domain = Domain::builder("bank")
            .event_store(place.open().await?)
            .clock(clock.source())
            .snapshot_every(snapshot_every)
            .build()?;
        let accounts = domain.repository::<BankAccount>();
        let mut account = BankAccount::open("Ada");
        accounts.add(&mut account).await?;
        let stream = StreamName::new(format!("bank::bank_account-{}", account.id()))?;
        let mut foreign = NewEvents::new();
        for hour in [14_i64, 13, 15] {
            foreign.push(NewEvent {
                id: Uuid::now_v7(),
                time: at(hour),
                event_type: "Bank.Deposited.v1",
                data: br#"{"cents":1}"#,
                metadata: b"",
            });
        }
        let unit = Append::to(stream, Expected::Version(Version::new(1)), foreign);
        domain.store().append(Arc::new(unit)).await?;
        clock.set(at(16));
        accounts
            .update(account.id(), |account| account.deposit(1))
            .await?;

        for (hour, balance_cents) in [(12, 0), (13, 0), (14, 2), (15, 3), (16, 4), (17, 4)] {
            let then = accounts.get_as_of(account.id(), at(hour)).await?;

            assert_eq!(then.balance_cents(), balance_cents, "{hour} o'clock");
        }
    }
    Ok(())
}

async fn beyond_the_end_and_before_the_beginning_are_told(place: &Place) -> anyhow::Result<()> {
    for snapshot_every in [2, 1_000] {
        let (accounts, id, midnight) = hourly(place.open().await?, snapshot_every, 4).await?;

        let error = accounts
            .get_at_version(&id, Version::new(6))
            .await
            .unwrap_err();
        let text = format!("`bank::bank_account-{id}` has no version 6, its last is version 5");
        assert_eq!(error.to_string(), text);

        let error = accounts
            .get_at_version(&id, Version::EMPTY)
            .await
            .unwrap_err();
        assert!(matches!(error, LoadError::NoSuchVersion { .. }), "{error}");

        let error = accounts
            .get_as_of(&id, midnight - TimeDelta::microseconds(1))
            .await
            .unwrap_err();
        let LoadError::NotYet { first, .. } = error else {
            panic!("{error}")
        };
        assert_eq!(first, midnight);

        let unknown = Uuid::nil();
        let error = accounts
            .get_at_version(&unknown, Version::new(1))
            .await
            .unwrap_err();
        assert!(matches!(error, LoadError::NotFound { .. }));
        let error = accounts.get_as_of(&unknown, midnight).await.unwrap_err();
        assert!(matches!(error, LoadError::NotFound { .. }));
    }
    Ok(())
}

#[tokio::test]
async fn a_life_is_told_event_by_event_with_the_state_after_each() -> anyhow::Result<()> {
    let (accounts, id, midnight) = hourly(MemoryStore::new(), 10, 2_500).await?;

    let mut life = accounts.history(&id);
    let mut seen = 0_u64;
    while let Some(entry) = life.next().await? {
        seen += 1;
        assert_eq!(entry.metadata.version, seen);
        assert_eq!(entry.state.version(), seen);
        assert_eq!(entry.state.balance_cents(), seen - 1);
        let hours = (entry.metadata.time - midnight).num_hours();
        assert_eq!(u64::try_from(hours)?, seen - 1);
        assert_eq!(
            matches!(*entry.events, [BankAccountEvent::Opened(_)]),
            seen == 1
        );
    }

    assert_eq!(seen, 2_501);
    assert!(life.next().await?.is_none());
    Ok(())
}

/// A reader that gave up while a page was on its way went on as if the page had been read, or had
/// been the last: events were missing or came twice.
#[tokio::test(start_paused = true)]
async fn a_reader_that_gives_up_goes_on_where_it_was() -> anyhow::Result<()> {
    let store = Stalls::new(MemoryStore::new());
    let domain = Domain::builder("bank").event_store(store).build()?;
    let counters = domain.repository::<Counter>();
    let mut counter = Counter::begin("a", 1);
    while counter.version() < 2_500 {
        counter.count(1);
    }
    counters.add(&mut counter).await?;
    let patience = std::time::Duration::from_millis(1);

    let mut events = domain.store().read_all().page_size(100);
    let mut read = Vec::new();
    loop {
        match tokio::time::timeout(patience, events.next()).await {
            Ok(Ok(Some(event))) => read.push(event.position.get()),
            Ok(end) => break assert!(end?.is_none()),
            Err(_) => {}
        }
    }
    let mut life = counters.history(&"a".to_owned());
    let mut lived = Vec::new();
    loop {
        match tokio::time::timeout(patience, life.next()).await {
            Ok(Ok(Some(entry))) => lived.push(entry.state.total()),
            Ok(end) => break assert!(end?.is_none()),
            Err(_) => {}
        }
    }

    let all: Vec<u64> = (1..=2_500).collect();
    assert_eq!(read, all);
    assert_eq!(lived, all);
    Ok(())
}

/// It overflowed where the events up to it were counted.
#[tokio::test]
async fn the_largest_version_is_beyond_the_end() -> anyhow::Result<()> {
    for snapshot_every in [2, 1_000] {
        let (accounts, id, _) = hourly(MemoryStore::new(), snapshot_every, 4).await?;

        let largest = Version::new(u64::MAX);
        let error = accounts.get_at_version(&id, largest).await.unwrap_err();

        let LoadError::NoSuchVersion { last, .. } = error else {
            panic!("{error}")
        };
        assert_eq!(last, 5);
    }
    Ok(())
}
