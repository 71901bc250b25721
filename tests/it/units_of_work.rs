//! Several aggregates committed together, or not at all.

use std::time::Duration;

use es_core::prelude::*;
use es_tests::places::Place;
use es_tests::stores::LosesReplies;
use es_tests::wallets::{Book, Wallet};

use crate::on_stores::on_every_store;

on_every_store! {
    a_transfer_between_two_is_written_whole
    a_conflict_of_the_last_one_writes_nothing
    what_was_only_looked_at_must_still_hold
    events_and_states_are_one_unit
    a_unit_without_changes_writes_nothing
}

async fn bank(place: &Place) -> anyhow::Result<(Domain, Repository<Wallet>)> {
    let domain = Domain::builder("bank")
        .event_store(place.open().await?)
        .build()?;
    let wallets = domain.repository::<Wallet>();
    for name in ["ada", "bob", "eve"] {
        wallets.add(&mut Wallet::open(name, 100)).await?;
    }
    Ok((domain, wallets))
}

fn id(name: &str) -> String {
    name.to_owned()
}

async fn cents(wallets: &Repository<Wallet>) -> anyhow::Result<[i64; 3]> {
    let mut cents = [0; 3];
    for (cents, name) in cents.iter_mut().zip(["ada", "bob", "eve"]) {
        *cents = wallets.get(&id(name)).await?.cents();
    }
    Ok(cents)
}

async fn a_transfer_between_two_is_written_whole(place: &Place) -> anyhow::Result<()> {
    let (domain, wallets) = bank(place).await?;

    let mut unit = domain.unit_of_work();
    let from = unit.get::<Wallet>(&id("ada")).await?;
    let to = unit.get::<Wallet>(&id("bob")).await?;
    unit[from].pay(30)?;
    unit[to].receive(30);
    let new = unit.add(Wallet::open("new", 1))?;
    let position = unit.commit().await?;

    assert_eq!(cents(&wallets).await?, [70, 130, 100]);
    assert_eq!(unit[from].version(), 2);
    assert_eq!(unit[new].stored_version(), 1);
    assert!(unit[to].pending_events().is_empty());
    let last = domain
        .store()
        .read_last(wallets.stream(&id("new"))?)
        .await?;
    assert!(position >= last.map(|last| last.position));
    // The unit goes on.
    unit[from].pay(1)?;
    unit.commit().await?;
    assert_eq!(wallets.get(&id("ada")).await?.cents(), 69);
    Ok(())
}

async fn a_conflict_of_the_last_one_writes_nothing(place: &Place) -> anyhow::Result<()> {
    let (domain, wallets) = bank(place).await?;

    let mut unit = domain.unit_of_work();
    for name in ["ada", "bob", "eve"] {
        let wallet = unit.get::<Wallet>(&id(name)).await?;
        unit[wallet].receive(1);
    }
    wallets.update(&id("eve"), |eve| eve.receive(5)).await?;
    let outcome = unit.commit().await;

    let Err(SaveError::Conflict(conflict)) = outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!(conflict.stream, wallets.stream(&id("eve"))?);
    assert_eq!(cents(&wallets).await?, [100, 100, 105]);
    assert!(matches!(unit.commit().await, Err(SaveError::Conflict(_))));
    Ok(())
}

async fn what_was_only_looked_at_must_still_hold(place: &Place) -> anyhow::Result<()> {
    let (domain, wallets) = bank(place).await?;

    let mut unit = domain.unit_of_work();
    let looked_at = unit.get::<Wallet>(&id("ada")).await?;
    let changed = unit.get::<Wallet>(&id("bob")).await?;
    if unit[looked_at].cents() == 100 {
        unit[changed].receive(1);
    }
    wallets.update(&id("ada"), |ada| ada.receive(1)).await?;

    let outcome = unit.commit().await;

    assert!(
        matches!(outcome, Err(SaveError::Conflict(_))),
        "{outcome:?}"
    );
    assert_eq!(cents(&wallets).await?, [101, 100, 100]);
    Ok(())
}

async fn events_and_states_are_one_unit(place: &Place) -> anyhow::Result<()> {
    let (domain, wallets) = bank(place).await?;
    let books = domain.repository::<Book>();
    let mut unit = domain.unit_of_work();
    let ada = unit.get::<Wallet>(&id("ada")).await?;
    let Ok(book) = unit.add(Book::new("Ledger")) else {
        assert!(domain.store().states().is_none());
        return Ok(());
    };
    let id_of_book = *unit[book].id();

    unit[ada].pay(10)?;
    unit[book].moved("ada", "bob", 10);
    unit.commit().await?;
    assert_eq!(
        (
            books.get(&id_of_book).await?.moves(),
            unit[book].version().get()
        ),
        (1, 1)
    );

    // The state conflicts: no event is written.
    unit[ada].pay(10)?;
    unit[book].moved("ada", "bob", 10);
    books
        .update(&id_of_book, |book| book.retitle("Journal"))
        .await?;
    assert!(matches!(unit.commit().await, Err(SaveError::Conflict(_))));
    assert_eq!(cents(&wallets).await?, [90, 100, 100]);

    // The stream conflicts: no state is written.
    let mut unit = domain.unit_of_work();
    let ada = unit.get::<Wallet>(&id("ada")).await?;
    let book = unit.get::<Book>(&id_of_book).await?;
    unit[ada].pay(10)?;
    unit[book].moved("ada", "bob", 10);
    wallets.update(&id("ada"), |ada| ada.receive(1)).await?;
    assert!(matches!(unit.commit().await, Err(SaveError::Conflict(_))));
    assert_eq!(books.get(&id_of_book).await?.moves(), 1);

    // Removed in a unit.
    let mut unit = domain.unit_of_work();
    let ada = unit.get::<Wallet>(&id("ada")).await?;
    let book = unit.get::<Book>(&id_of_book).await?;
    unit[ada].pay(1)?;
    unit.remove(book);
    unit.commit().await?;
    assert!(books.find(&id_of_book).await?.is_none());
    assert_eq!(cents(&wallets).await?, [90, 100, 100]);
    Ok(())
}

async fn a_unit_without_changes_writes_nothing(place: &Place) -> anyhow::Result<()> {
    let (domain, wallets) = bank(place).await?;
    let mut unit = domain.unit_of_work();

    assert_eq!(unit.commit().await?, None);
    unit.get::<Wallet>(&id("ada")).await?;
    assert_eq!(unit.commit().await?, None);

    assert_eq!(wallets.get(&id("ada")).await?.version(), 1);
    Ok(())
}

#[tokio::test]
async fn a_unit_holds_each_aggregate_once() -> anyhow::Result<()> {
    let domain = Domain::builder("bank").build()?;
    let wallets = domain.repository::<Wallet>();
    wallets.add(&mut Wallet::open("ada", 100)).await?;
    let mut unit = domain.unit_of_work();

    let first = unit.get::<Wallet>(&id("ada")).await?;
    unit[first].pay(10)?;
    let second = unit.get::<Wallet>(&id("ada")).await?;

    assert_eq!((first, unit[second].cents()), (second, 90));
    assert_eq!(unit.find::<Wallet>(&id("nobody")).await?, None);
    let nobody = unit.get::<Wallet>(&id("nobody")).await;
    assert!(matches!(nobody, Err(LoadError::NotFound { .. })));
    let twice = unit.add(wallets.get(&id("ada")).await?);
    assert!(matches!(twice, Err(SaveError::HeldTwice { .. })));
    Ok(())
}

#[tokio::test]
async fn the_violations_of_all_aggregates_are_told_together() -> anyhow::Result<()> {
    let domain = Domain::builder("bank").build()?;
    let mut unit = domain.unit_of_work();
    let ada = unit.add(Wallet::open("ada", 0))?;
    unit.add(Wallet::open("bob", 13))?;
    unit[ada].pay_blindly(13);

    let refused = unit.commit().await.unwrap_err();

    assert_eq!(
        refused.to_string(),
        "`bank::wallet-ada` breaks never_below_zero: -13 cents are there, never_thirteen: thirteen \
         brings bad luck; `bank::wallet-bob` breaks never_thirteen: thirteen brings bad luck"
    );
    assert_eq!(domain.store().head().await?, Position::START);
    Ok(())
}

#[tokio::test]
async fn a_lost_reply_writes_a_unit_once() -> anyhow::Result<()> {
    let (store, losses) = LosesReplies::new(MemoryStore::new());
    let domain = Domain::builder("bank").event_store(store).build()?;
    let wallets = domain.repository::<Wallet>();
    for name in ["ada", "bob"] {
        wallets.add(&mut Wallet::open(name, 100)).await?;
    }
    let mut unit = domain.unit_of_work();
    let from = unit.get::<Wallet>(&id("ada")).await?;
    let to = unit.get::<Wallet>(&id("bob")).await?;
    let book = unit.add(Book::new("Ledger"))?;

    unit[from].pay(30)?;
    unit[to].receive(30);
    unit[book].moved("ada", "bob", 30);
    losses.lose(usize::MAX);
    let doubt = unit.commit().await.unwrap_err();
    assert!(matches!(doubt, SaveError::OutcomeUnknown(_)), "{doubt}");
    losses.lose(0);
    // More is raised while it is in doubt: it becomes a unit of its own.
    unit[from].pay(1)?;
    unit.commit().await?;

    assert_eq!(wallets.get(&id("ada")).await?.cents(), 69);
    assert_eq!(wallets.get(&id("bob")).await?.cents(), 130);
    let book = domain.repository::<Book>().get(unit[book].id()).await?;
    assert_eq!((book.moves(), book.version().get()), (1, 1));
    assert_eq!(unit[from].version(), 3);
    Ok(())
}

#[tokio::test]
async fn a_commit_that_is_given_up_is_written_once() -> anyhow::Result<()> {
    let (store, losses) = LosesReplies::new(MemoryStore::new());
    let domain = Domain::builder("bank").event_store(store).build()?;
    let wallets = domain.repository::<Wallet>();
    let mut unit = domain.unit_of_work();
    unit.add(Wallet::open("ada", 1))?;
    unit.add(Wallet::open("bob", 1))?;

    losses.lose(2);
    let given_up = tokio::time::timeout(Duration::from_millis(1), unit.commit()).await;
    assert!(given_up.is_err(), "{given_up:?}");
    assert_eq!(domain.store().head().await?, 4);
    unit.commit().await?;

    assert_eq!(domain.store().head().await?, 4);
    assert_eq!(wallets.get(&id("ada")).await?.version(), 1);
    assert_eq!(wallets.get(&id("bob")).await?.version(), 1);
    Ok(())
}

#[tokio::test]
#[should_panic(expected = "the handle is of another unit of work")]
async fn a_handle_of_another_unit_is_told() {
    let domain = Domain::builder("bank").build().unwrap();
    let mut first = domain.unit_of_work();
    let ada = first.add(Wallet::open("ada", 1)).unwrap();
    let second = domain.unit_of_work();

    let _ = second[ada].cents();
}
