//! The public contract, written out as its users write it.

use es_core::chrono::TimeDelta;
use es_core::prelude::*;
use es_core::testing::{ManualClock, counting_ids};
use es_stores::SqliteStore;

/// Money came in.
#[event]
pub struct Deposited {
    pub cents: u64,
}

#[event]
pub struct Withdrawn {
    pub cents: u64,
}

#[event(name = "account-opened")]
#[derive(PartialEq)]
pub struct Opened {
    pub owner: String,
    pub address: Address,
}

#[value]
pub struct Address {
    pub street: String,
    pub city: String,
}

#[aggregate(event_sourced)]
pub struct BankAccount {
    owner: String,
    balance_cents: u64,
    open: bool,
}

#[derive(Debug, thiserror::Error)]
#[error("the balance is {balance_cents} cents, {asked_cents} were asked for")]
pub struct Overdrawn {
    balance_cents: u64,
    asked_cents: u64,
}

#[aggregate]
impl BankAccount {
    pub fn open(owner: impl Into<String>, address: Address) -> Self {
        Self::raise_new(Opened {
            owner: owner.into(),
            address,
        })
    }

    pub fn deposit(&mut self, cents: u64) {
        self.raise_(Deposited { cents });
    }

    pub fn withdraw(&mut self, cents: u64) -> Result<(), Overdrawn> {
        if cents > self.balance_cents {
            return Err(Overdrawn {
                balance_cents: self.balance_cents,
                asked_cents: cents,
            });
        }
        self.raise_(Withdrawn { cents });
        Ok(())
    }

    #[apply]
    fn opened(event: Opened) -> Self {
        Self {
            owner: event.owner,
            balance_cents: 0,
            open: true,
        }
    }

    #[apply]
    fn deposited(&mut self, event: &Deposited) {
        self.balance_cents += event.cents;
    }

    #[apply(Withdrawn)]
    fn on_withdrawn(&mut self, event: Withdrawn) {
        self.balance_cents -= event.cents;
    }
}

#[derive(Debug, PartialEq)]
pub struct Unteachable;

#[aggregate(event_sourced, id = String)]
pub struct Dog {
    name: String,
    tricks: Vec<String>,
}

#[aggregate]
impl Dog {
    #[event(DogRegistered, name = "Registered", id = Dog::id_of(&name))]
    pub fn register(name: String) -> Self {
        Self {
            name,
            tricks: Vec::new(),
        }
    }

    #[event(TrickAdded)]
    pub fn add_trick(&mut self, trick: String) {
        self.tricks.push(trick);
    }

    pub fn teach(&mut self, trick: &str) -> Result<(), Unteachable> {
        if self.tricks.iter().any(|known| known == trick) {
            return Err(Unteachable);
        }
        self.add_trick(trick.to_owned());
        Ok(())
    }

    fn id_of(name: &str) -> String {
        name.to_lowercase()
    }
}

fn address() -> Address {
    Address {
        street: "St James's Square".into(),
        city: "London".into(),
    }
}

#[tokio::test]
async fn section_3_domain_and_repository() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("bank.db");
    let noon: DateTime<Utc> = "2024-06-15T12:00:00Z".parse()?;
    let clock = ManualClock::at(noon);
    let domain = Domain::builder("bank")
        .event_store(SqliteStore::open(&file).await?)
        .clock(clock.source())
        .ids(counting_ids())
        .snapshot_every(25)
        .aggregate::<BankAccount>()
        .build()?;
    let accounts = domain.repository::<BankAccount>();

    let mut account = BankAccount::open("Ada", address());
    assert_eq!(account.version(), 1);
    assert_eq!(account.stored_version(), 0);
    account.deposit(10_000);
    let committed = accounts.add(&mut account).await?;
    assert_eq!(committed.version(), 2);
    assert_eq!(committed.position(), Some(Position::new(2)));

    let mut account = accounts.get(account.id()).await?;
    assert!(account.open && account.owner == "Ada");
    clock.advance(TimeDelta::hours(1));
    let done = accounts.update(account.id(), |a| a.withdraw(3_000)).await?;
    let () = done.value;
    assert_eq!(done.version(), 3);
    let id = *account.id();
    let before = accounts.get_at_version(&id, Version::new(1)).await?;
    assert_eq!(before.balance_cents, 0);
    let then = accounts
        .get_as_of(&id, "2024-06-15T12:00:00Z".parse()?)
        .await?;
    assert_eq!(then.balance_cents, 10_000);
    let mut life = accounts.history(&id);
    let mut balances = Vec::new();
    while let Some(entry) = life.next().await? {
        let (_event, _metadata) = (entry.events, entry.metadata);
        balances.push(entry.state.balance_cents);
    }
    assert_eq!(balances, [0, 10_000, 7_000]);

    account.deposit(1);
    let stale = accounts.add(&mut account).await;
    assert!(matches!(
        stale,
        Err(SaveError::Conflict(ExpectedVersionError { .. }))
    ));

    let command_id = Uuid::nil();
    let in_request = domain.with_context(
        Context::new()
            .correlation_id(id)
            .causation_id(command_id)
            .header("tenant", "acme"),
    );
    let accounts = in_request.repository::<BankAccount>();
    accounts.update(&id, |a| a.deposit(1)).await?;

    let stream = format!("bank::bank_account-{id}");
    let mut events = domain
        .store()
        .read_stream(&stream)
        .from(Version::new(2))
        .limit(10);
    let mut types = Vec::new();
    while let Some(event) = events.next().await? {
        types.push(event.event_type.into_owned());
    }
    assert_eq!(
        types,
        [
            "Bank.Deposited.v1",
            "Bank.Withdrawn.v1",
            "Bank.Deposited.v1"
        ]
    );
    let last = domain.store().read_last(&stream).await?.unwrap();
    assert_eq!(last.metadata()?.header("tenant"), Some("acme"));
    let mut newest = domain
        .store()
        .read_category("bank::bank_account")
        .backwards();
    assert_eq!(newest.next().await?.unwrap().position, Position::new(4));
    Ok(())
}

#[tokio::test]
async fn section_2_the_method_is_the_event() -> anyhow::Result<()> {
    let store = es_stores::connect("memory://").await?;
    let domain = Domain::builder("kennel").event_store(store).build()?;
    let dogs = domain.repository::<Dog>();
    let mut dog = Dog::register("Fido".to_owned());
    dog.teach("roll").unwrap();
    assert_eq!(dog.teach("roll"), Err(Unteachable));
    dogs.add(&mut dog).await?;

    let dog = dogs.get(&"fido".to_owned()).await?;
    assert_eq!((dog.name.as_str(), dog.tricks.len()), ("Fido", 1));
    let events = domain.store().read_all().collect().await?;
    assert_eq!(events[0].event_type, "Kennel.Registered.v1");
    assert_eq!(events[0].stream, "kennel::dog-fido");
    let _ = DogRegistered {
        name: "Rex".to_owned(),
    };
    let _ = DogEvent::from(TrickAdded {
        trick: "sit".to_owned(),
    });
    Ok(())
}
