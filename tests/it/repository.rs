//! Aggregates in and out of a store, and what the store holds then.

use std::sync::Arc;

use es_core::prelude::*;
use es_core::record::RecordedEvent;
use es_core::serde_json::{Value, json};
use es_core::testing::{ManualClock, counting_aggregate_ids, counting_ids};
use es_tests::bank::{BankAccount, BankAccountEvent, Counter, Overdrawn};
use es_tests::places::Place;

use crate::on_stores::on_every_store;

on_every_store! {
    what_was_added_comes_back_equal
    adding_nothing_writes_nothing_and_adding_twice_writes_once
    what_is_not_there_is_found_as_none_and_got_as_an_error
    an_update_hands_out_the_decision_and_a_rejection_writes_nothing
    the_store_holds_names_types_times_ids_and_context
    recorded_time_never_goes_back_inside_a_stream
    events_of_all_aggregates_of_a_kind_are_read_decoded
    one_program_holds_many_domains
}

fn domain() -> Domain {
    Domain::builder("bank").build().unwrap()
}

async fn domain_in(place: &Place) -> anyhow::Result<Domain> {
    let store = place.open().await?;
    Ok(Domain::builder("bank").event_store(store).build()?)
}

/// Some stores keep JSON as they like to write it.
fn data(event: &RecordedEvent<'_>) -> Value {
    es_core::serde_json::from_slice(&event.data).unwrap()
}

async fn what_was_added_comes_back_equal(place: &Place) -> anyhow::Result<()> {
    let accounts = domain_in(place).await?.repository::<BankAccount>();
    let mut account = BankAccount::open("Ada");
    account.deposit(10_000);
    account.withdraw(1)?;

    let committed = accounts.add(&mut account).await?;

    assert_eq!(committed.version(), 3);
    assert_eq!(committed.position(), Some(Position::new(3)));
    assert_eq!(accounts.get(account.id()).await?, account);
    Ok(())
}

#[tokio::test]
async fn raising_applies_at_once_and_counts_as_pending() {
    let mut account = BankAccount::open("Ada");
    account.deposit(5);

    assert_eq!(account.balance_cents(), 5);
    assert_eq!(
        (account.version(), account.stored_version()),
        (Version::new(2), Version::new(0))
    );
    assert!(matches!(
        account.pending_events(),
        [BankAccountEvent::Opened(_), BankAccountEvent::Deposited(_)]
    ));
}

async fn adding_nothing_writes_nothing_and_adding_twice_writes_once(
    place: &Place,
) -> anyhow::Result<()> {
    let domain = domain_in(place).await?;
    let accounts = domain.repository::<BankAccount>();
    let mut account = BankAccount::open("Ada");
    accounts.add(&mut account).await?;

    let again = accounts.add(&mut account).await?;

    assert_eq!((again.version(), again.position()), (Version::new(1), None));
    assert_eq!(domain.store().read_all().collect().await?.len(), 1);
    Ok(())
}

async fn what_is_not_there_is_found_as_none_and_got_as_an_error(
    place: &Place,
) -> anyhow::Result<()> {
    let accounts = domain_in(place).await?.repository::<BankAccount>();
    let id = Uuid::nil();

    assert!(accounts.find(&id).await?.is_none());
    let error = accounts.get(&id).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "there is no `bank::bank_account-00000000-0000-0000-0000-000000000000`"
    );
    let error = accounts
        .update(&id, |account| account.deposit(1))
        .await
        .unwrap_err();
    assert!(matches!(
        error,
        UpdateError::Load(LoadError::NotFound { .. })
    ));
    let error = accounts.history(&id).next().await.unwrap_err();
    assert!(matches!(error, LoadError::NotFound { .. }));
    Ok(())
}

async fn an_update_hands_out_the_decision_and_a_rejection_writes_nothing(
    place: &Place,
) -> anyhow::Result<()> {
    let domain = domain_in(place).await?;
    let accounts = domain.repository::<BankAccount>();
    let mut account = BankAccount::open("Ada");
    accounts.add(&mut account).await?;

    let done = accounts
        .update(account.id(), |account| {
            account.deposit(7);
            Ok::<_, Overdrawn>(account.balance_cents())
        })
        .await?;
    let rejected = accounts
        .update(account.id(), |account| account.withdraw(8))
        .await;
    let untouched = accounts.update(account.id(), |_| ()).await?;

    assert_eq!((done.value, done.version()), (7, Version::new(2)));
    let overdrawn = rejected.unwrap_err().into_rejection().unwrap();
    assert_eq!(
        overdrawn,
        Overdrawn {
            balance_cents: 7,
            asked_cents: 8
        }
    );
    assert_eq!(
        (untouched.version(), untouched.position()),
        (Version::new(2), None)
    );
    assert_eq!(domain.store().read_all().collect().await?.len(), 2);
    Ok(())
}

async fn the_store_holds_names_types_times_ids_and_context(place: &Place) -> anyhow::Result<()> {
    let _ids = counting_aggregate_ids();
    let clock = ManualClock::at("2024-06-15T12:00:00.123456789Z".parse()?);
    let domain = Domain::builder("bank")
        .event_store(place.open().await?)
        .clock(clock.source())
        .ids(counting_ids())
        .build()?;
    let accounts = domain
        .with_context(
            Context::new()
                .correlation_id("r-1")
                .causation_id("c-1")
                .header("t", "acme"),
        )
        .repository::<BankAccount>();
    let mut account = BankAccount::open("Ada");
    account.close();
    accounts.add(&mut account).await?;

    let events = domain
        .store()
        .read_category("bank::bank_account")
        .collect()
        .await?;

    let stream = "bank::bank_account-00000000-0000-7000-8000-000000000001";
    let [opened, closed] = &events[..] else {
        panic!("{events:?}")
    };
    assert_eq!(opened.stream, stream);
    assert_eq!(opened.event_type, "Bank.account-opened.v1");
    assert_eq!(
        data(opened),
        json!({
            "owner": "Ada",
            "address": {"street": "St James's Square", "city": "London"}
        })
    );
    assert_eq!(
        opened.id.to_string(),
        "00000000-0000-7000-8000-000000000001"
    );
    assert_eq!(
        opened.time,
        "2024-06-15T12:00:00.123456Z".parse::<DateTime<Utc>>()?
    );
    assert_eq!(closed.event_type, "Bank.Closed.v1");
    assert_eq!(data(closed), json!({}));
    assert_eq!(
        (closed.version, closed.position),
        (Version::new(2), Position::new(2))
    );
    let metadata = closed.metadata()?;
    assert_eq!(metadata.correlation_id(), Some("r-1"));
    assert_eq!(metadata.causation_id(), Some("c-1"));
    assert_eq!(metadata.header("t"), Some("acme"));
    let last = domain.store().read_last(stream).await?;
    assert_eq!(
        last.as_ref().map(|last: &RecordedEvent<'_>| last.version),
        Some(Version::new(2))
    );
    Ok(())
}

async fn recorded_time_never_goes_back_inside_a_stream(place: &Place) -> anyhow::Result<()> {
    let noon: DateTime<Utc> = "2024-06-15T12:00:00Z".parse()?;
    let clock = ManualClock::at(noon);
    let domain = Domain::builder("bank")
        .event_store(place.open().await?)
        .clock(clock.source())
        .build()?;
    let accounts = domain.repository::<BankAccount>();
    let mut account = BankAccount::open("Ada");
    accounts.add(&mut account).await?;

    clock.set("2024-06-15T11:00:00Z".parse()?);
    accounts
        .update(account.id(), |account| account.deposit(1))
        .await?;
    account.deposit(1);
    clock.set("2024-06-15T13:00:00Z".parse()?);
    accounts
        .update(account.id(), |account| account.deposit(1))
        .await?;

    let events = domain.store().read_all().collect().await?;
    let hours: Vec<_> = events
        .iter()
        .map(|event| (event.time - noon).num_hours())
        .collect();
    assert_eq!(hours, [0, 0, 1]);
    Ok(())
}

#[tokio::test]
async fn an_aggregate_that_never_raised_can_not_be_added() {
    let counters = domain().repository::<Counter>();

    let error = counters.add(&mut Counter::default()).await.unwrap_err();

    assert_eq!(
        error.to_string(),
        "this `Counter` has raised no event yet: make it by a function of `Counter` that raises \
         the first, by `Self::raise_new`"
    );
}

#[tokio::test]
async fn an_id_that_can_not_name_a_stream_is_refused_and_nothing_is_lost() {
    let domain = domain();
    let counters = domain.repository::<Counter>();
    let mut nameless = Counter::begin("", 1);

    let error = counters.add(&mut nameless).await.unwrap_err();

    assert_eq!(
        error.to_string(),
        "`bank::counter-` is no stream name: write `{category}-{id}`"
    );
    assert_eq!(nameless.pending_events().len(), 1);
    let line = "a\nb".to_owned();
    assert!(matches!(counters.get(&line).await, Err(LoadError::Name(_))));
}

async fn events_of_all_aggregates_of_a_kind_are_read_decoded(place: &Place) -> anyhow::Result<()> {
    let domain = domain_in(place).await?;
    let accounts = domain.repository::<BankAccount>();
    let mut account = BankAccount::open("Ada");
    account.deposit(5);
    accounts.add(&mut account).await?;
    domain.repository().add(&mut Counter::begin("a", 1)).await?;

    let mut events = accounts.events();
    let opened = events.next().await?.unwrap();
    let deposited = events.next().await?.unwrap();

    assert!(events.next().await?.is_none());
    assert_eq!(&opened.id, account.id());
    assert!(matches!(&*opened.events, [BankAccountEvent::Opened(opened)] if opened.owner == "Ada"));
    assert_eq!(deposited.metadata.version, 2);
    let mut last = accounts.events().backwards().limit(1);
    assert_eq!(last.next().await?.unwrap().metadata.position, 2);
    assert!(last.next().await?.is_none());
    let mut later = accounts.events().from(Position::new(3));
    assert!(later.next().await?.is_none());
    Ok(())
}

mod other {
    use es_core::prelude::*;

    #[event]
    pub struct Opened {}

    /// Has the category of the other one.
    #[aggregate(event_sourced)]
    #[derive(Debug)]
    pub struct BankAccount {}

    #[aggregate]
    impl BankAccount {
        #[apply]
        fn opened(_: Opened) -> Self {
            Self {}
        }
    }

    #[event]
    pub struct Begun {}

    /// Joins its domain by itself.
    #[aggregate(event_sourced, domain = "clashing", category = "twin")]
    pub struct Left {}

    #[aggregate]
    impl Left {
        #[apply]
        fn begun(_: Begun) -> Self {
            Self {}
        }
    }

    #[aggregate(event_sourced, domain = "clashing", category = "twin")]
    pub struct Right {}

    #[aggregate]
    impl Right {
        #[apply]
        fn begun(_: Begun) -> Self {
            Self {}
        }
    }
}

#[tokio::test]
async fn two_members_of_one_category_are_told_with_both_names() {
    let built = Domain::builder("bank")
        .aggregate::<BankAccount>()
        .aggregate::<other::BankAccount>()
        .build();
    let text = built.unwrap_err().to_string();
    assert!(
        text.contains("`es_tests::bank::BankAccount` and `it::repository::other::BankAccount`")
    );
    assert!(text.contains("both have the category `bank_account` in the domain `bank`"));

    let domain = domain();
    let first = domain.repository::<BankAccount>();
    let second = domain.repository::<other::BankAccount>();
    assert!(first.find(&Uuid::nil()).await.is_ok());
    let error = second.find(&Uuid::nil()).await.unwrap_err();
    assert!(matches!(
        error,
        LoadError::Config(ConfigError::CategoryTaken { .. })
    ));

    let error = Domain::builder("clashing").build().unwrap_err();
    assert!(
        matches!(error, ConfigError::CategoryTaken { .. }),
        "{error}"
    );
}

async fn one_program_holds_many_domains(place: &Place) -> anyhow::Result<()> {
    let store = place.open().await?;
    let bank = Domain::builder("bank")
        .event_store(Arc::clone(&store))
        .build()?;
    let shop = Domain::builder("shop")
        .event_store(Arc::clone(&store))
        .build()?;
    let id = Uuid::now_v7();
    for (domain, cents) in [(&bank, 1), (&shop, 2)] {
        let mut account = BankAccount::open_as(id, "Ada");
        account.deposit(cents);
        domain.repository().add(&mut account).await?;
    }

    assert_eq!(
        bank.repository::<BankAccount>()
            .get(&id)
            .await?
            .balance_cents(),
        1
    );
    assert_eq!(
        shop.repository::<BankAccount>()
            .get(&id)
            .await?
            .balance_cents(),
        2
    );
    let types = store.read_category("shop::bank_account").collect().await?;
    assert_eq!(types[1].event_type, "Shop.Deposited.v1");
    Ok(())
}

#[tokio::test]
async fn a_domain_is_described_rightly_or_refused_in_words() {
    let error = Domain::builder("My-Bank").build().unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("`My-Bank` is no domain name: write snake_case")
    );

    let error = Domain::builder("bank")
        .snapshot_every(0)
        .build()
        .unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("`snapshot_every` is 0, expected was 1 or more")
    );
}

#[test]
fn every_future_can_be_sent_to_another_thread() {
    fn send<T: Send>(_: T) {}
    let domain = domain();
    let accounts = domain.repository::<BankAccount>();
    let id = Uuid::nil();
    let mut account = BankAccount::open("Ada");

    send(accounts.add(&mut account));
    send(accounts.get(&id));
    send(accounts.find(&id));
    send(accounts.update(&id, |account| account.deposit(1)));
    send(accounts.get_at_version(&id, Version::new(1)));
    send(accounts.get_as_of(&id, Utc::now()));
    send(accounts.history(&id).next());
    send(domain.store().read_all().next());
    send(domain.store().read_last("bank::bank_account-1"));
}
