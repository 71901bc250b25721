//! Tests in the testing language, and what it says where they fail.

use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::sync::Mutex;

use es_core::prelude::*;
use es_core::testing::*;
use es_tests::places::Place;
use es_tests::wallets::{
    BeginBook, Book, Moved, OpenWallet, Paid, Pay, Received, Retitle, TooLittle, Wallet,
    WalletEvent, WalletOpened,
};

use crate::on_stores::on_every_store;

on_every_store! {
    commands_are_tested_on_any_store
}

fn opened(cents: i64) -> WalletOpened {
    WalletOpened { cents }
}

fn pay(cents: i64) -> Pay {
    let wallet = "ada".to_owned();
    Pay { wallet, cents }
}

#[test]
fn what_an_aggregate_decides_is_told_in_three_words() {
    given::<Wallet>(events![opened(100), Paid { cents: 30 }])
        .when(|wallet| wallet.pay(50))
        .then(events![Paid { cents: 50 }])
        .then_answer(20)
        .then_state(|wallet| wallet.cents() == 20)
        .then_state(|wallet| assert_eq!(wallet.version(), 3));

    given::<Wallet>(events![opened(100)])
        .when(|wallet| wallet.pay(101))
        .then_rejected(|it| it.there_cents == 100)
        .then_rejected(|it: &TooLittle| assert_eq!(it.asked_cents, 101));

    given::<Wallet>(events![opened(100)])
        .when(|_| ())
        .then_nothing();

    given_nothing()
        .when(|| Wallet::open("ada", 5))
        .then(events![opened(5)])
        .then_state(|wallet| wallet.id() == "ada");

    given::<Wallet>(events![opened(0)])
        .with_id("ada".to_owned())
        .when(|wallet| wallet.pay_blindly(13))
        .then_violated("never_below_zero")
        .then_violated("never_thirteen")
        .then_state(|wallet| wallet.id() == "ada");
}

#[test]
fn what_is_given_counts_as_stored() {
    let decided = given::<Wallet>(events![opened(100), Received { cents: 1 }])
        .when(|wallet| Ok::<_, ()>((wallet.stored_version(), wallet.pending_events().len())));

    assert_eq!(decided.into_outcome(), Ok((Version::new(2), 0)));
}

/// A new invariant refuses no load, and so no past either.
#[test]
fn what_is_given_is_asked_no_invariant() {
    given::<Wallet>(events![opened(13)])
        .when(|_| ())
        .then_nothing();
}

#[test]
fn a_state_is_given_as_it_is() {
    given_state(Book::new("Ledger"))
        .when(|book| book.moved("ada", "bob", 5))
        .then(events![Moved {
            from: "ada".to_owned(),
            to: "bob".to_owned(),
            cents: 5
        }])
        .then_state(|book| (book.title(), book.moves()) == ("Ledger", 1));

    given_state(Book::new("Ledger"))
        .when(|book| book.retitle(""))
        .then_violated("has_a_title");

    given_state(Book::new("Ledger")).when(|_| ()).then_nothing();

    given_state(Wallet::open("ada", 100))
        .when(|wallet| wallet.pay(1))
        .then(events![Paid { cents: 1 }]);
}

async fn commands_are_tested_on_any_store(place: &Place) -> anyhow::Result<()> {
    let bank = fixed_domain("bank")
        .event_store(place.open().await?)
        .build()?;

    scenario(&bank)
        .given::<Wallet>("ada", events![opened(100)])
        .given::<Wallet>("bob", events![opened(1), Received { cents: 1 }])
        .when(pay(30))
        .await
        .then(events![Paid { cents: 30 }])
        .then_answer(70)
        .then_state("ada", |ada: &Wallet| ada.cents() == 70)
        .await
        .then_events::<Wallet>("bob", events![])
        .await
        .then_state("bob", |bob: &Wallet| assert_eq!(bob.cents(), 2))
        .await;

    scenario(&bank)
        .given::<Wallet>("ada", events![Received { cents: 5 }])
        .when(pay(76))
        .await
        .then_rejected(|it| (it.there_cents, it.asked_cents) == (75, 76))
        .then_events::<Wallet>("ada", events![])
        .await;

    scenario(&bank)
        .when(OpenWallet {
            wallet: "eve".to_owned(),
            cents: 13,
        })
        .await
        .then_violated("never_thirteen");

    scenario(&bank)
        .when_doing(async |bank| transfer(bank, "ada", "bob", 5).await)
        .await
        .then_done()
        .then_events::<Wallet>("ada", events![Paid { cents: 5 }])
        .await
        .then_events::<Wallet>("bob", events![Received { cents: 5 }])
        .await
        .then_state("bob", |bob: &Wallet| bob.cents() == 7)
        .await;

    scenario(&bank)
        .when_doing(async |bank| transfer(bank, "ada", "bob", 500).await)
        .await
        .then_failed(|error| error.downcast_ref::<TooLittle>().is_some());
    Ok(())
}

async fn transfer(bank: &Domain, from: &str, to: &str, cents: i64) -> anyhow::Result<()> {
    let mut unit = bank.unit_of_work();
    let from = unit.get::<Wallet>(&from.to_owned()).await?;
    let to = unit.get::<Wallet>(&to.to_owned()).await?;
    unit[from].pay(cents)?;
    unit[to].receive(cents);
    unit.commit().await?;
    Ok(())
}

#[tokio::test]
async fn commands_to_state_stored_aggregates_are_tested_too() -> anyhow::Result<()> {
    let library = fixed_domain("library").build()?;
    let (id, title) = (Uuid::now_v7(), "Journal".to_owned());

    scenario(&library)
        .given_state(Book::new_as(id, "Ledger"))
        .when(Retitle { book: id, title })
        .await
        .then_nothing()
        .then_state(id, |book: &Book| book.title() == "Journal")
        .await;

    let title = String::new();
    scenario(&library)
        .when(BeginBook { title })
        .await
        .then_rejected(|rejection| rejection == "a book without a title");
    Ok(())
}

#[tokio::test]
async fn a_fixed_domain_writes_the_same_in_each_run() -> anyhow::Result<()> {
    let mut runs = Vec::new();
    for _ in 0..2 {
        let bank = fixed_domain("bank").build()?;
        scenario(&bank)
            .given::<Wallet>("ada", events![opened(100)])
            .when(pay(30))
            .await
            .then(events![Paid { cents: 30 }]);
        let all = bank.store().read_all().collect().await?;
        let written = all
            .iter()
            .map(|it| (it.event_type.to_string(), it.id, it.time));
        runs.push(written.collect::<Vec<_>>());
    }

    assert_eq!(runs[0], runs[1]);
    assert_eq!(runs[0][0].2.to_string(), "2000-01-01 00:00:00 UTC");
    Ok(())
}

/// What a test says that fails, and the line at which it does.
fn told(failing: impl FnOnce()) -> (String, u32) {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    static LINE: Mutex<u32> = Mutex::new(0);
    let _turn = ONE_AT_A_TIME.lock();
    let thread = std::thread::current().id();
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if std::thread::current().id() == thread {
            let here = info
                .location()
                .filter(|it| it.file().ends_with("testing_language.rs"));
            *LINE.lock().unwrap() = here.map_or(0, Location::line);
        } else {
            eprintln!("{info}");
        }
    }));
    let panicked = catch_unwind(AssertUnwindSafe(failing)).expect_err("the test was to fail");
    std::panic::set_hook(before);
    let text = match panicked.downcast::<String>() {
        Ok(text) => *text,
        Err(text) => (*text.downcast::<&str>().expect("a text")).to_owned(),
    };
    (text, *LINE.lock().unwrap())
}

#[track_caller]
fn fails(failing: impl FnOnce(), expected: &str) {
    let (text, line) = told(failing);

    assert_eq!(text, expected);
    assert_ne!(line, 0, "it was not told at a line of the test");
}

#[test]
fn other_events_are_shown_line_by_line() {
    fails(
        || {
            given::<Wallet>(events![opened(100)])
                .when(|wallet| wallet.pay(7))
                .then(events![Received { cents: 1 }, Paid { cents: 5 }]);
        },
        "\
`Wallet` raised other events than expected (- expected, + raised)
- Received {
-   \"cents\": 1
- }
  Paid {
-   \"cents\": 5
+   \"cents\": 7
  }",
    );
}

#[test]
fn the_line_is_that_of_the_expectation() {
    let mut line = 0;
    let (_, told) = told(|| {
        let decided = given::<Wallet>(events![opened(100)]).when(|wallet| wallet.pay(7));
        line = line!() + 1;
        decided.then_nothing();
    });

    assert_eq!(told, line);
}

#[test]
fn events_that_are_missing_or_too_many_are_shown() {
    let paid = || given::<Wallet>(events![opened(100)]).when(|wallet| wallet.pay(7));
    fails(
        || _ = paid().then_nothing(),
        "`Wallet` raised events, and none was expected (+ raised)\n+ Paid {\n+   \"cents\": 7\n+ }",
    );
    fails(
        || {
            given::<Wallet>(events![opened(100)])
                .when(|_| ())
                .then(events![Paid { cents: 7 }]);
        },
        "`Wallet` raised nothing (- expected)\n- Paid {\n-   \"cents\": 7\n- }",
    );
}

#[test]
fn a_rejection_that_was_not_expected_is_shown() {
    let refused = || given::<Wallet>(events![opened(1)]).when(|wallet| wallet.pay(7));
    fails(
        || _ = refused().then(events![Paid { cents: 7 }]),
        "`Wallet` said no: TooLittle { there_cents: 1, asked_cents: 7 } (- expected)\n- Paid {\n-   \
         \"cents\": 7\n- }",
    );
    fails(
        || _ = refused().then_rejected(|it| it.there_cents == 2),
        "`Wallet` said no with something else than expected: TooLittle { there_cents: 1, \
         asked_cents: 7 }",
    );
    fails(
        || _ = refused().then_violated("never_thirteen"),
        "`Wallet` said no before its invariants were asked: TooLittle { there_cents: 1, asked_cents: \
         7 }",
    );
    fails(
        || {
            given::<Wallet>(events![opened(9)])
                .when(|wallet| wallet.pay(7))
                .then_rejected(|_| true);
        },
        "`Wallet` did not say no, and a rejection was expected (+ raised)\n+ Paid {\n+   \"cents\": \
         7\n+ }",
    );
    fails(
        || {
            given::<Wallet>(events![opened(9)])
                .when(|wallet| {
                    wallet.receive(1);
                    Err::<(), _>("too late")
                })
                .then_rejected(|_| true);
        },
        "`Wallet` said no, and raised events before, which an `add` would write; check first (+ \
         raised)\n+ Received {\n+   \"cents\": 1\n+ }",
    );
}

#[test]
fn a_broken_invariant_is_shown() {
    let broken = || given::<Wallet>(events![opened(0)]).when(|wallet| wallet.pay_blindly(1));
    fails(
        || _ = broken().then(events![Paid { cents: 1 }]),
        "`Wallet` breaks never_below_zero: -1 cents are there (- expected)\n- Paid {\n-   \"cents\": \
         1\n- }",
    );
    fails(
        || _ = broken().then_violated("never_thirteen"),
        "`Wallet` does not break `never_thirteen`, as was expected: it breaks never_below_zero: -1 \
         cents are there",
    );
    fails(
        || {
            given::<Wallet>(events![opened(2)])
                .when(|wallet| wallet.pay_blindly(1))
                .then_violated("never_thirteen");
        },
        "`Wallet` does not break `never_thirteen`, as was expected: all invariants hold",
    );
}

#[test]
fn another_state_and_another_answer_are_shown() {
    let paid = || given::<Wallet>(events![opened(100)]).when(|wallet| wallet.pay(7));
    fails(
        || _ = paid().then_state(|wallet| wallet.cents() == 94),
        "this `Wallet` is not as expected: {\n  \"cents\": 93\n}",
    );
    fails(
        || _ = paid().then_answer(94),
        "`Wallet` answered something else (- expected, + answered)\n- 94\n+ 93",
    );
}

#[test]
fn what_is_no_life_is_not_given() {
    let given_these = |events: Vec<WalletEvent>| given::<Wallet>(events).when(|_| ());
    fails(
        || _ = given_these(events![]),
        "no events are given; begin with `given_nothing()` to create a `Wallet`",
    );
    fails(
        || _ = given_these(events![Paid { cents: 1 }]),
        "`Paid` is given first, and does not create a `Wallet`; begin with the event that does",
    );
    fails(
        || _ = given_these(events![opened(1), opened(1)]),
        "`WalletOpened` creates a `Wallet`, and is given behind its first event",
    );
}

/// Fails in a runtime of its own.
fn scenario_told(failing: impl AsyncFnOnce(&Domain)) -> (String, u32) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime = runtime.expect("a runtime starts");
    told(|| {
        let bank = fixed_domain("bank").build().expect("it is a domain");
        runtime.block_on(failing(&bank));
    })
}

#[test]
fn what_a_command_did_instead_is_shown() {
    let (text, line) = scenario_told(async |bank| {
        let paid = scenario(bank)
            .given::<Wallet>("ada", events![opened(100)])
            .when(pay(7))
            .await;
        paid.then(events![Paid { cents: 5 }]);
    });
    assert_eq!(
        text,
        "`Wallet` raised other events than expected (- expected, + raised)\n  Paid {\n-   \"cents\": \
         5\n+   \"cents\": 7\n  }"
    );
    assert_ne!(line, 0);

    let (text, _) = scenario_told(async |bank| {
        scenario(bank).when(pay(7)).await.then_nothing();
    });
    assert_eq!(
        text,
        "`Pay` was not carried out: there is no `bank::wallet-ada`"
    );

    let (text, _) = scenario_told(async |bank| {
        scenario(bank)
            .given::<Wallet>("ada", events![opened(5)])
            .when(pay(7))
            .await
            .then(events![Paid { cents: 7 }]);
    });
    assert_eq!(
        text,
        "`Pay` was not carried out: it was rejected by TooLittle { there_cents: 5, asked_cents: 7 } \
         (- expected)\n- Paid {\n-   \"cents\": 7\n- }"
    );

    let (text, _) = scenario_told(async |bank| {
        scenario(bank)
            .given::<Wallet>("ada", events![opened(9)])
            .when(pay(7))
            .await
            .then_rejected(|_| true);
    });
    assert_eq!(
        text,
        "`Pay` was accepted, and a rejection was expected (+ raised)\n+ Paid {\n+   \"cents\": 7\n+ }"
    );
}

/// A panic in a future can not borrow its caller's line, so the text begins with it.
#[test]
fn what_is_read_back_is_told_with_the_line_of_the_test() {
    let mut line = 0;
    let (text, _) = scenario_told(async |bank| {
        let paid = scenario(bank)
            .given::<Wallet>("ada", events![opened(100)])
            .when(pay(7))
            .await;
        line = line!() + 1;
        paid.then_state("ada", |ada: &Wallet| ada.cents() == 94)
            .await;
    });

    let expected = format!(
        "tests/it/testing_language.rs:{line}:14: this `Wallet` is not as expected: {{\n  \"cents\": \
         93\n}}"
    );
    assert_eq!(text.replace('\\', "/").trim_start_matches("../"), expected);
}
