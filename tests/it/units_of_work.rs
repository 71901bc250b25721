//! Several aggregates committed together, or not at all.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::Duration;

use es_core::prelude::*;
use es_stores::{SqliteOptions, SqliteStore, Synchronous};
use es_tests::places::Place;
use es_tests::stores::LosesReplies;
use es_tests::wallets::{self, Book, Wallet};
use proptest::prelude::*;

use crate::on_stores::on_every_store;

on_every_store! {
    a_transfer_between_two_is_written_whole
    a_conflict_of_the_last_one_writes_nothing
    what_was_only_looked_at_must_still_hold
    events_and_states_are_one_unit
    a_unit_without_changes_writes_nothing
    a_killed_process_leaves_no_unit_half_written
    units_in_each_others_way_are_whole
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

/// It was told as a conflict, though it was written: what was decided in it was decided again.
#[tokio::test]
async fn a_unit_in_doubt_that_was_written_over_is_told_as_unknown() -> anyhow::Result<()> {
    let memory = MemoryStore::new();
    let (store, losses) = LosesReplies::new(memory.clone());
    let domain = Domain::builder("bank").event_store(store).build()?;
    let others = Domain::builder("bank").event_store(memory).build()?;
    let mut book = Book::new("Ledger");
    domain.repository().add(&mut book).await?;
    domain.repository().add(&mut Wallet::open("ada", 1)).await?;
    let mut unit = domain.unit_of_work();
    unit.get::<Wallet>(&id("ada")).await?;
    let held = unit.get::<Book>(book.id()).await?;
    unit[held].retitle("Ours");

    losses.lose(usize::MAX);
    let doubt = unit.commit().await.unwrap_err();
    assert!(matches!(doubt, SaveError::OutcomeUnknown(_)), "{doubt}");
    losses.lose(0);
    let wallets = others.repository::<Wallet>();
    wallets.update(&id("ada"), |ada| ada.receive(1)).await?;
    let books = others.repository::<Book>();
    books
        .update(book.id(), |book| book.retitle("Theirs"))
        .await?;

    let doubt = unit.commit().await.unwrap_err();
    assert!(matches!(doubt, SaveError::OutcomeUnknown(_)), "{doubt}");
    assert_eq!(books.get(book.id()).await?.title(), "Theirs");
    Ok(())
}

/// A state whose events stand was written, whoever wrote over it since.
#[tokio::test]
async fn a_unit_in_doubt_is_found_by_its_events() -> anyhow::Result<()> {
    let memory = MemoryStore::new();
    let (store, losses) = LosesReplies::new(memory.clone());
    let domain = Domain::builder("bank").event_store(store).build()?;
    let others = Domain::builder("bank").event_store(memory).build()?;
    let mut book = Book::new("Ledger");
    domain.repository().add(&mut book).await?;
    let mut unit = domain.unit_of_work();
    let held = unit.get::<Book>(book.id()).await?;
    unit[held].moved("ada", "bob", 5);

    losses.lose(usize::MAX);
    unit.commit().await.unwrap_err();
    losses.lose(0);
    let books = others.repository::<Book>();
    for _ in 0..3 {
        let moved = books.update(book.id(), |book| book.moved("ada", "bob", 1));
        moved.await?;
    }

    assert_eq!(unit.commit().await?, Some(Position::new(1)));
    assert_eq!(books.get(book.id()).await?.moves(), 4);
    Ok(())
}

/// What took the place of another was written under the other's name.
#[tokio::test]
async fn an_aggregate_put_in_the_place_of_another_keeps_its_own_name() -> anyhow::Result<()> {
    let domain = Domain::builder("bank").build()?;
    let wallets = domain.repository::<Wallet>();
    let mut unit = domain.unit_of_work();
    let ada = unit.add(Wallet::open("ada", 1))?;
    unit[ada] = Wallet::open("eve", 2);

    unit.commit().await?;

    assert_eq!(wallets.get(&id("eve")).await?.cents(), 2);
    assert!(wallets.find(&id("ada")).await?.is_none());
    let bob = unit.add(Wallet::open("bob", 3))?;
    unit[bob] = Wallet::open("eve", 4);
    let twice = unit.commit().await;
    assert!(
        matches!(twice, Err(SaveError::HeldTwice { .. })),
        "{twice:?}"
    );
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
#[should_panic(expected = "one aggregate can not be borrowed twice")]
async fn one_aggregate_is_not_borrowed_twice() {
    let mut unit = Domain::builder("bank").build().unwrap().unit_of_work();
    let ada = unit.add(Wallet::open("ada", 1)).unwrap();
    let bob = unit.add(Wallet::open("bob", 2)).unwrap();

    let (one, other) = unit.both(ada, bob);
    assert_eq!((one.cents(), other.cents()), (1, 2));
    unit.both(ada, ada);
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

/// The same folder, schema or database for processes that die in the middle.
async fn a_killed_process_leaves_no_unit_half_written(place: &Place) -> anyhow::Result<()> {
    const KILLS: u64 = 12;
    let Some(uri) = place.uri() else {
        return Ok(());
    };
    let domain = bank_of(place).await?;
    wallets::begin(&domain).await?;
    let mut acknowledged = 0;

    for kill in 0..KILLS {
        let mut child = Command::new(env!("CARGO_BIN_EXE_es-child"));
        let mut child = child.args(["move", &uri]).stdout(Stdio::piped()).spawn()?;
        let out = BufReader::new(child.stdout.take().expect("it is piped"));
        let reader = std::thread::spawn(move || {
            let lines = out.lines().map_while(Result::ok);
            lines
                .filter_map(|line| line.parse::<u64>().ok())
                .sum::<u64>()
        });
        tokio::time::sleep(Duration::from_millis(fastrand::u64(30..300))).await;
        child.kill()?;
        child.wait()?;
        acknowledged += reader.join().expect("it only reads");

        let moved = wallets::check_whole(&domain).await?;
        assert!(
            moved >= acknowledged,
            "kill {kill}: {acknowledged} of {moved}"
        );
    }
    assert!(acknowledged > 0, "the child got something done");
    Ok(())
}

async fn units_in_each_others_way_are_whole(place: &Place) -> anyhow::Result<()> {
    let domain = bank_of(place).await?;
    wallets::begin(&domain).await?;

    let movers = (0..8).map(|_| {
        let domain = domain.clone();
        tokio::spawn(async move {
            let mut moved = 0;
            for _ in 0..10 {
                match wallets::move_at_random(&domain).await {
                    Ok(times) => moved += times,
                    Err(SaveError::Conflict(_)) => {}
                    Err(error) => return Err(error),
                }
            }
            Ok(moved)
        })
    });
    let mut moved = 0;
    for mover in movers.collect::<Vec<_>>() {
        moved += mover.await??;
    }

    assert_eq!(wallets::check_whole(&domain).await?, moved);
    Ok(())
}

async fn bank_of(place: &Place) -> anyhow::Result<Domain> {
    let store = place.open().await?;
    Ok(Domain::builder("bank").event_store(store).build()?)
}

/// What is done in a unit, and around it.
#[derive(Clone, Debug)]
enum Step {
    /// Moves between two wallets, by their numbers, and notes it in the book.
    Move(usize, usize, i64),
    /// Takes out without looking, which the invariants may refuse.
    PayBlindly(usize, i64),
    Retitle(String),
    /// Somebody else changes a wallet while the unit is open.
    Intrude(usize),
    /// Somebody else changes the book.
    IntrudeInTheBook,
}

fn step() -> impl Strategy<Value = Step> {
    let wallet = || 0..3_usize;
    prop_oneof![
        6 => (wallet(), wallet(), 1..150_i64).prop_map(|(a, b, cents)| Step::Move(a, b, cents)),
        1 => (wallet(), 1..300_i64).prop_map(|(a, cents)| Step::PayBlindly(a, cents)),
        1 => "[a-z]{0,3}".prop_map(Step::Retitle),
        1 => wallet().prop_map(Step::Intrude),
        1 => Just(Step::IntrudeInTheBook),
    ]
}

/// What everything is at, as plain code would keep it.
#[derive(Clone, Debug, PartialEq)]
struct Model {
    cents: [i64; 3],
    title: String,
    moves: u64,
}

/// A unit is written as the model says, or not at all.
async fn check(store: impl EventStore, units: Vec<Vec<Step>>) -> anyhow::Result<()> {
    const NAMES: [&str; 3] = ["ada", "bob", "eve"];
    let domain = Domain::builder("bank").event_store(store).build()?;
    let (wallets, books) = (domain.repository::<Wallet>(), domain.repository::<Book>());
    let mut book = Book::new("Ledger");
    books.add(&mut book).await?;
    for name in NAMES {
        wallets.add(&mut Wallet::open(name, 100)).await?;
    }
    let mut stored = Model {
        cents: [100; 3],
        title: "Ledger".to_owned(),
        moves: 0,
    };
    for steps in units {
        let mut unit = domain.unit_of_work();
        let mut wanted = stored.clone();
        let mut held = [false; 3];
        let (mut holds_book, mut conflicts, mut changes) = (false, false, false);
        let mut held_title = None;
        for step in steps {
            match step {
                Step::Move(from, to, cents) => {
                    let one = unit.get::<Wallet>(&id(NAMES[from])).await?;
                    let other = unit.get::<Wallet>(&id(NAMES[to])).await?;
                    let in_book = unit.get::<Book>(book.id()).await?;
                    (held[from], held[to], holds_book) = (true, true, true);
                    if unit[one].pay(cents).is_ok() {
                        unit[other].receive(cents);
                        unit[in_book].moved(NAMES[from], NAMES[to], cents);
                        wanted.cents[from] -= cents;
                        wanted.cents[to] += cents;
                        wanted.moves += 1;
                        changes = true;
                    }
                }
                Step::PayBlindly(from, cents) => {
                    let one = unit.get::<Wallet>(&id(NAMES[from])).await?;
                    held[from] = true;
                    unit[one].pay_blindly(cents);
                    wanted.cents[from] -= cents;
                    changes = true;
                }
                Step::Retitle(title) => {
                    let in_book = unit.get::<Book>(book.id()).await?;
                    holds_book = true;
                    held_title.get_or_insert_with(|| unit[in_book].title().to_owned());
                    unit[in_book].retitle(&*title);
                    wanted.title = title;
                }
                Step::Intrude(wallet) => {
                    wallets
                        .update(&id(NAMES[wallet]), |it| it.receive(1_000))
                        .await?;
                    stored.cents[wallet] += 1_000;
                    wanted.cents[wallet] += 1_000;
                    conflicts |= held[wallet];
                }
                Step::IntrudeInTheBook => {
                    let title = format!("{}!", stored.title);
                    let retitled = books
                        .update(book.id(), |book| book.retitle(&*title))
                        .await?;
                    assert!(retitled.version() > 1);
                    stored.title.push('!');
                    if !holds_book {
                        wanted.title.push('!');
                    }
                    conflicts |= holds_book;
                }
            }
        }
        // Retitled there and back is not changed.
        changes |= held_title.is_some_and(|held| held != wanted.title);
        let lucky = |cents: &i64| *cents >= 0 && cents.abs() != 13;
        match unit.commit().await {
            Ok(_) if changes => {
                assert!(!conflicts, "a conflict was not noticed");
                stored = wanted;
            }
            // There was nothing to write.
            Ok(position) => assert_eq!(position, None),
            Err(SaveError::Conflict(_)) => assert!(conflicts),
            Err(SaveError::Violated(_)) => {
                let holds = !wanted.title.is_empty() && wanted.cents.iter().all(lucky);
                assert!(conflicts || !holds, "{wanted:?}");
            }
            Err(error) => return Err(error.into()),
        }
        let mut found = stored.clone();
        for (cents, name) in found.cents.iter_mut().zip(NAMES) {
            *cents = wallets.get(&id(name)).await?.cents();
        }
        let read = books.get(book.id()).await?;
        (found.title, found.moves) = (read.title().to_owned(), read.moves());
        assert_eq!(found, stored);
    }
    Ok(())
}

fn units() -> impl Strategy<Value = Vec<Vec<Step>>> {
    prop::collection::vec(prop::collection::vec(step(), 0..6), 0..12)
}

fn runtime() -> tokio::runtime::Runtime {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_all().build().expect("it is plain")
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_units_are_written_whole_or_not_at_all(units in units()) {
        let checked = runtime().block_on(check(MemoryStore::new(), units));
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
    fn random_units_are_written_whole_in_a_file_too(units in units()) {
        let folder = tempfile::tempdir().expect("there is room");
        let options = SqliteOptions::new().synchronous(Synchronous::Normal);
        let checked = runtime().block_on(async {
            let store = SqliteStore::open_with(folder.path().join("a.db"), options).await?;
            check(store, units).await
        });
        checked.expect("nothing is wrong with the store");
    }
}
