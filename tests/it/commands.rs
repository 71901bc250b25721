//! Commands: decided, committed and recorded; once where they come with a key.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use es_core::chrono::TimeDelta;
use es_core::prelude::*;
use es_core::serde_json;
use es_core::testing::ManualClock;
use es_core::{CommandRecords, Process};
use es_tests::places::Place;
use es_tests::stores::LosesReplies;
use es_tests::wallets::{BeginBook, Book, Look, OpenWallet, Pay, Retitle, TooLittle, Wallet};

use crate::on_stores::on_every_store;

on_every_store! {
    a_command_is_decided_committed_and_recorded
    a_rejected_command_writes_nothing
    a_key_answers_the_first_answer_again
    a_key_from_many_tasks_is_decided_once
    a_key_from_two_processes_is_committed_once
}

async fn bank(place: &Place) -> anyhow::Result<Domain> {
    Ok(Domain::builder("bank")
        .event_store(place.open().await?)
        .build()?)
}

fn pay(cents: i64) -> Pay {
    let wallet = "ada".to_owned();
    Pay { wallet, cents }
}

fn open(cents: i64) -> OpenWallet {
    let wallet = "ada".to_owned();
    OpenWallet { wallet, cents }
}

async fn commands(domain: &Domain) -> anyhow::Result<Vec<String>> {
    let recorded = domain
        .store()
        .read_stream("bank::wallet:command-ada")
        .collect()
        .await?;
    Ok(recorded
        .iter()
        .map(|it| it.event_type.to_string())
        .collect())
}

async fn a_command_is_decided_committed_and_recorded(place: &Place) -> anyhow::Result<()> {
    let domain = bank(place).await?;
    let in_request = Context::new()
        .correlation_id("request-7")
        .causation_id("click-3")
        .header("tenant", "acme");

    let opened = domain.process(open(100)).await?;
    let paid = domain.with_context(in_request).process(pay(30)).await?;

    assert_eq!((opened.value.as_str(), opened.version().get()), ("ada", 1));
    assert_eq!((paid.value, paid.version().get()), (70, 2));
    assert_eq!(
        commands(&domain).await?,
        ["Bank.OpenWallet.v1", "Bank.Pay.v1"]
    );
    let records = domain
        .store()
        .read_stream("bank::wallet:command-ada")
        .collect()
        .await?;
    let events = domain
        .store()
        .read_stream("bank::wallet-ada")
        .collect()
        .await?;
    // Without a context the command begins the correlation.
    let (open, opened) = (records[0].metadata()?, events[0].metadata()?);
    let id_of_open = open.event_id.to_string();
    assert_eq!(
        (open.correlation_id(), open.causation_id()),
        (Some(&*id_of_open), None)
    );
    assert_eq!(opened.correlation_id(), Some(&*id_of_open));
    assert_eq!(opened.causation_id(), Some(&*id_of_open));
    let (pay, paid) = (records[1].metadata()?, events[1].metadata()?);
    assert_eq!(
        (pay.correlation_id(), pay.causation_id()),
        (Some("request-7"), Some("click-3"))
    );
    assert_eq!(paid.correlation_id(), Some("request-7"));
    assert_eq!(paid.causation_id(), Some(&*pay.event_id.to_string()));
    assert_eq!(
        (pay.header("tenant"), paid.header("tenant")),
        (Some("acme"), Some("acme"))
    );
    assert!(
        records[1].position < events[1].position,
        "a cause comes before its effect"
    );
    let data: serde_json::Value = serde_json::from_slice(&records[1].data)?;
    assert_eq!(data, serde_json::json!({ "wallet": "ada", "cents": 30 }));
    Ok(())
}

async fn a_rejected_command_writes_nothing(place: &Place) -> anyhow::Result<()> {
    let domain = bank(place).await?;
    let nobody = domain.process(pay(1)).await;
    assert!(matches!(
        nobody,
        Err(ProcessError::Load(LoadError::NotFound { .. }))
    ));
    domain.process(open(100)).await?;

    let refused = domain.process(pay(101)).await.unwrap_err();

    assert_eq!(
        refused.to_string(),
        "100 cents are there, 101 were asked for"
    );
    let refused = refused.into_rejection().expect("the domain said no");
    assert_eq!((refused.there_cents, refused.asked_cents), (100, 101));
    let exists = domain.process(open(5)).await.unwrap_err();
    assert_eq!(
        exists.to_string(),
        "`OpenWallet` creates `bank::wallet-ada`, which there is already"
    );
    assert_eq!(commands(&domain).await?, ["Bank.OpenWallet.v1"]);
    let wallet = domain.repository::<Wallet>().get(&"ada".to_owned()).await?;
    assert_eq!((wallet.cents(), wallet.version().get()), (100, 1));
    Ok(())
}

async fn a_key_answers_the_first_answer_again(place: &Place) -> anyhow::Result<()> {
    let domain = bank(place).await?;
    domain.process(open(100)).idempotency_key("open").await?;
    let first = domain.process(pay(30)).idempotency_key("k").await?;
    domain.process(pay(30)).await?;

    let again = domain.process(pay(30)).idempotency_key("k").await?;
    let opened = domain.process(open(100)).idempotency_key("open").await?;

    assert_eq!((again.value, again.version().get()), (70, 2));
    assert_eq!(again, first);
    assert_eq!((opened.value.as_str(), opened.version().get()), ("ada", 1));
    let reused = domain
        .process(pay(31))
        .idempotency_key("k")
        .await
        .unwrap_err();
    assert_eq!(
        reused.to_string(),
        "the idempotency key `k` was used for another command than this `Pay`; give each request a key \
         of its own"
    );
    assert_eq!(
        domain
            .repository::<Wallet>()
            .get(&"ada".to_owned())
            .await?
            .cents(),
        40
    );
    // A rejection is not kept.
    let rejected = domain.process(pay(50)).idempotency_key("later").await;
    assert!(matches!(
        rejected,
        Err(ProcessError::Rejected(TooLittle { .. }))
    ));
    domain
        .repository::<Wallet>()
        .update(&"ada".to_owned(), |ada| ada.receive(60))
        .await?;
    assert_eq!(
        domain
            .process(pay(50))
            .idempotency_key("later")
            .await?
            .value,
        50
    );
    Ok(())
}

async fn a_key_from_many_tasks_is_decided_once(place: &Place) -> anyhow::Result<()> {
    let domain = bank(place).await?;
    domain.process(open(100)).await?;

    let tasks = (0..32).map(|_| {
        let process = domain.process(pay(30)).idempotency_key("k");
        tokio::spawn(process.into_future())
    });
    let mut answers = Vec::new();
    for task in tasks.collect::<Vec<_>>() {
        answers.push(task.await??);
    }

    assert!(
        answers.iter().all(|answer| *answer == answers[0]),
        "{answers:?}"
    );
    assert_eq!(answers[0].value, 70);
    assert_eq!(
        commands(&domain).await?,
        ["Bank.OpenWallet.v1", "Bank.Pay.v1"]
    );
    let wallet = domain.repository::<Wallet>().get(&"ada".to_owned()).await?;
    assert_eq!((wallet.cents(), wallet.version().get()), (70, 2));
    Ok(())
}

/// Two domains take no turns with each other, as two processes. Who came second decided on what the
/// first had paid already, and told of a rejection.
async fn a_key_from_two_processes_is_committed_once(place: &Place) -> anyhow::Result<()> {
    let domains = [bank(place).await?, bank(place).await?];
    let opened = (0..8).map(|nth| {
        let process = domains[nth % 2].process(open(100)).idempotency_key("open");
        tokio::spawn(process.into_future())
    });
    for task in opened.collect::<Vec<_>>() {
        assert_eq!(task.await??.version(), 1);
    }

    let tasks = (0..32).map(|nth| {
        let process = domains[nth % 2].process(pay(60)).idempotency_key("k");
        tokio::spawn(process.into_future())
    });
    for task in tasks.collect::<Vec<_>>() {
        let answer = task.await??;
        assert_eq!((answer.value, answer.version().get()), (40, 2));
    }

    let wallet = domains[1]
        .repository::<Wallet>()
        .get(&"ada".to_owned())
        .await?;
    assert_eq!((wallet.cents(), wallet.version().get()), (40, 2));
    Ok(())
}

/// Nothing in such a unit has an explicit version, and a repetition was taken for a new one.
#[tokio::test]
async fn a_lost_reply_records_a_command_that_raises_nothing_once() -> anyhow::Result<()> {
    let (store, losses) = LosesReplies::new(MemoryStore::new());
    let domain = Domain::builder("bank").event_store(store).build()?;
    domain.process(open(100)).await?;
    let wallet = "ada".to_owned();

    losses.lose(2);
    let looked = domain.process(Look { wallet }).await?;

    assert_eq!((looked.value, looked.version().get()), (100, 1));
    assert_eq!(looked.position(), Some(Position::new(4)));
    assert_eq!(
        commands(&domain).await?,
        ["Bank.OpenWallet.v1", "Bank.Look.v1"]
    );
    Ok(())
}

#[tokio::test]
async fn a_key_counts_for_as_long_as_the_window_says() -> anyhow::Result<()> {
    let clock = ManualClock::at("2024-06-15T12:00:00Z".parse()?);
    let domain = Domain::builder("bank")
        .clock(clock.source())
        .idempotency_window(Duration::from_hours(1))
        .build()?;
    domain.process(open(100)).await?;
    domain.process(pay(10)).idempotency_key("k").await?;

    clock.advance(TimeDelta::minutes(59));
    assert_eq!(
        domain.process(pay(10)).idempotency_key("k").await?.value,
        90
    );
    clock.advance(TimeDelta::minutes(1));
    assert_eq!(
        domain.process(pay(10)).idempotency_key("k").await?.value,
        80
    );
    assert_eq!(
        domain.process(pay(10)).idempotency_key("k").await?.value,
        80
    );
    Ok(())
}

#[tokio::test]
async fn a_key_that_can_not_be_kept_is_told() -> anyhow::Result<()> {
    let domain = Domain::builder("bank").build()?;

    for (key, problem) in [
        (String::new(), "it is empty"),
        ("a\nb".to_owned(), "it holds a control character"),
        ("k".repeat(1_001), "it is longer than 1,000 bytes"),
    ] {
        let error = domain.process(open(1)).idempotency_key(key).await;
        assert_eq!(
            error.unwrap_err().to_string(),
            format!(
                "the idempotency key of `OpenWallet` can not be kept: {problem}; expected was a text of \
                 1 to 1,000 bytes without control characters, such as a UUID or the hash of the request"
            )
        );
    }
    domain
        .process(open(1))
        .idempotency_key("k".repeat(1_000))
        .await?;
    Ok(())
}

#[tokio::test]
async fn an_expired_command_is_not_decided() -> anyhow::Result<()> {
    let clock = ManualClock::at("2024-06-15T12:00:00Z".parse()?);
    let domain = Domain::builder("bank").clock(clock.source()).build()?;
    let deadline = clock.now() + TimeDelta::seconds(5);
    domain.process(open(100)).deadline(deadline).await?;

    clock.set(deadline);

    let expired = domain.process(pay(1)).deadline(deadline).await.unwrap_err();
    assert_eq!(
        expired.to_string(),
        "`Pay` expired: its deadline was 2024-06-15 12:00:05 UTC, and it is 2024-06-15 12:00:05 UTC"
    );
    let expired = domain.process(open(1)).deadline(deadline).await;
    assert!(matches!(expired, Err(ProcessError::Expired { .. })));
    assert_eq!(commands(&domain).await?, ["Bank.OpenWallet.v1"]);
    Ok(())
}

#[tokio::test]
async fn rejected_commands_are_recorded_where_the_domain_says_so() -> anyhow::Result<()> {
    let domain = Domain::builder("bank")
        .record_commands(CommandRecords::AlsoRejected)
        .build()?;
    domain.process(open(100)).await?;

    let refused = domain.process(pay(101)).await;
    assert!(matches!(refused, Err(ProcessError::Rejected(_))));
    let refused = domain
        .process(BeginBook {
            title: String::new(),
        })
        .await;
    assert!(matches!(refused, Err(ProcessError::Rejected(_))));

    assert_eq!(
        commands(&domain).await?,
        ["Bank.OpenWallet.v1", "Bank.Pay.v1"]
    );
    let recorded = domain
        .store()
        .read_stream("bank::wallet:command-ada")
        .collect()
        .await?;
    assert_eq!(
        recorded[1].metadata()?.header("rejected"),
        Some("TooLittle { there_cents: 100, asked_cents: 101 }")
    );
    let books = domain
        .store()
        .read_category("bank::book:command")
        .collect()
        .await?;
    assert_eq!(
        books[0].metadata()?.header("rejected"),
        Some("\"a book without a title\"")
    );
    Ok(())
}

#[tokio::test]
async fn commands_are_not_recorded_where_the_domain_says_so() -> anyhow::Result<()> {
    let domain = Domain::builder("bank")
        .record_commands(CommandRecords::Off)
        .build()?;

    domain.process(open(100)).await?;
    domain.process(pay(1)).await?;

    assert!(commands(&domain).await?.is_empty());
    let paid = domain
        .store()
        .read_last("bank::wallet-ada")
        .await?
        .expect("it is there");
    assert_eq!(paid.metadata()?.causation_id(), None);
    assert!(paid.metadata()?.correlation_id().is_some());
    Ok(())
}

#[tokio::test]
async fn a_command_that_raises_nothing_is_recorded() -> anyhow::Result<()> {
    let domain = Domain::builder("bank").build()?;
    domain.process(open(100)).await?;
    let wallet = "ada".to_owned();

    let looked = domain.process(Look { wallet }).await?;

    assert_eq!((looked.value, looked.version().get()), (100, 1));
    assert_eq!(
        commands(&domain).await?,
        ["Bank.OpenWallet.v1", "Bank.Look.v1"]
    );
    Ok(())
}

#[tokio::test]
async fn a_state_stored_aggregate_takes_commands_too() -> anyhow::Result<()> {
    let domain = Domain::builder("library").build()?;
    let title = "Ledger".to_owned();

    let begun = domain
        .process(BeginBook { title })
        .idempotency_key("k")
        .await?;
    let book = begun.value;
    let title = "Journal".to_owned();
    let retitled = domain.process(Retitle { book, title }).await?;

    assert_eq!((begun.version().get(), retitled.version().get()), (1, 2));
    let title = "Ledger".to_owned();
    let again = domain
        .process(BeginBook { title })
        .idempotency_key("k")
        .await?;
    assert_eq!((again.value, again.version().get()), (book, 1));
    assert_eq!(
        domain.repository::<Book>().get(&book).await?.title(),
        "Journal"
    );
    let recorded = domain
        .store()
        .read_stream(format!("library::book:command-{book}"))
        .collect()
        .await?;
    assert_eq!(recorded.len(), 2);
    Ok(())
}

#[tokio::test]
async fn an_invariant_that_breaks_records_nothing() -> anyhow::Result<()> {
    let domain = Domain::builder("bank").build()?;

    let refused = domain.process(open(13)).idempotency_key("k").await;

    assert!(
        matches!(refused, Err(ProcessError::Save(SaveError::Violated(_)))),
        "{refused:?}"
    );
    assert_eq!(domain.store().head().await?, Position::START);
    Ok(())
}

#[tokio::test]
async fn a_lost_reply_processes_a_command_once() -> anyhow::Result<()> {
    let (store, losses) = LosesReplies::new(MemoryStore::new());
    let domain = Domain::builder("bank").event_store(store).build()?;
    domain.process(open(100)).await?;

    losses.lose(1);
    let paid = domain.process(pay(30)).idempotency_key("k").await?;
    assert_eq!(paid.value, 70);
    losses.lose(usize::MAX);
    let doubt = domain
        .process(pay(30))
        .idempotency_key("l")
        .await
        .unwrap_err();
    assert!(
        matches!(doubt, ProcessError::Save(SaveError::OutcomeUnknown(_))),
        "{doubt}"
    );
    losses.lose(0);

    // It was written, and the key knows.
    let again = domain.process(pay(30)).idempotency_key("l").await?;
    assert_eq!((again.value, again.version().get()), (40, 3));
    assert_eq!(
        domain
            .repository::<Wallet>()
            .get(&"ada".to_owned())
            .await?
            .cents(),
        40
    );
    Ok(())
}

mod counted {
    //! A command whose handler counts how often it decides.

    use super::*;

    pub static DECIDED: AtomicUsize = AtomicUsize::new(0);

    #[event]
    pub struct Began {}

    #[event]
    pub struct Counted {}

    #[command(aggregate = Counter)]
    pub struct Begin {
        #[target]
        pub counter: u64,
    }

    #[command(aggregate = Counter, name = "count-up", version = 2)]
    pub struct Count {
        #[target]
        pub counter: u64,
    }

    #[aggregate(event_sourced, id = u64)]
    pub struct Counter {
        count: u64,
    }

    #[aggregate]
    impl Counter {
        #[handle]
        fn begin(command: &Begin) -> Self {
            Self::raise_new_as(command.counter, Began {})
        }

        #[handle]
        fn count(&mut self, _: &Count) -> Result<u64, String> {
            DECIDED.fetch_add(1, Ordering::SeqCst);
            self.raise_(Counted {});
            Ok(self.count)
        }

        #[apply]
        fn began(_: &Began) -> Self {
            Self { count: 0 }
        }

        #[apply]
        fn counted(&mut self, _: &Counted) {
            self.count += 1;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_key_from_32_tasks_makes_one_decision_and_32_equal_answers() -> anyhow::Result<()> {
    let domain = Arc::new(Domain::builder("count").build()?);
    domain.process(counted::Begin { counter: 7 }).await?;

    let tasks = (0..32).map(|_| {
        let process: Process<_> = domain.process(counted::Count { counter: 7 });
        tokio::spawn(process.idempotency_key("once").into_future())
    });
    let mut answers = Vec::new();
    for task in tasks.collect::<Vec<_>>() {
        answers.push(task.await??);
    }

    assert_eq!(counted::DECIDED.load(Ordering::SeqCst), 1);
    assert!(answers.iter().all(|answer| *answer == answers[0]));
    assert_eq!(answers[0].value, 1);
    let recorded = domain.store().read_last("count::counter:command-7").await?;
    assert_eq!(
        recorded.expect("it is recorded").event_type,
        "Count.count-up.v2"
    );
    Ok(())
}
