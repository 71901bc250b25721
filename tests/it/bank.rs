use es_core::prelude::*;

#[value]
pub struct Address {
    pub street: String,
    pub city: String,
}

#[event]
pub struct Deposited {
    pub cents: u64,
}
#[event]
pub struct Withdrawn {
    pub cents: u64,
}
#[event]
pub struct Closed;
#[event(name = "account-opened")]
#[derive(PartialEq)]
pub struct Opened {
    pub owner: String,
    pub address: Address,
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
    #[apply]
    fn withdrawn(&mut self, event: Withdrawn) {
        self.balance_cents -= event.cents;
    }
    #[apply(Closed)]
    fn closed(&mut self, _: &Closed) {
        self.open = false;
    }
}

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
    /// Teaches.
    #[event(TrickAdded)]
    pub fn add_trick(&mut self, trick: String) {
        self.tricks.push(trick);
    }
    fn id_of(name: &str) -> String {
        name.to_lowercase()
    }
}

#[tokio::test]
async fn the_road() -> anyhow::Result<()> {
    let domain = Domain::builder("bank").build()?;
    let accounts = domain.repository::<BankAccount>();
    let address = Address {
        street: "a".into(),
        city: "b".into(),
    };
    let mut account = BankAccount::open("Ada", address);
    account.deposit(10_000);
    let committed = accounts.add(&mut account).await?;
    assert_eq!(committed.version(), 2);
    for _ in 0..20 {
        accounts.update(account.id(), |a| a.deposit(1)).await?;
    }
    let e = accounts
        .update(account.id(), |a| a.withdraw(1_000_000))
        .await
        .unwrap_err();
    assert!(matches!(
        e,
        UpdateError::Rejected(Overdrawn {
            balance_cents: 10_020,
            ..
        })
    ));
    let now = accounts.get(account.id()).await?;
    assert_eq!(now.balance_cents, 10_020);
    assert_eq!(now.version(), 22);
    assert_eq!(
        accounts
            .get_at_version(account.id(), Version::new(1))
            .await?
            .balance_cents,
        0
    );
    let mut life = accounts.history(account.id());
    let mut n = 0;
    while let Some(entry) = life.next().await? {
        n += 1;
        assert_eq!(entry.metadata.version, n);
    }
    assert_eq!(n, 22);
    let dogs = domain.repository::<Dog>();
    let mut dog = Dog::register("Fido".to_owned());
    dog.add_trick("roll".to_owned());
    dogs.add(&mut dog).await?;
    let dog = dogs.get(&"fido".to_owned()).await?;
    assert_eq!((dog.name.as_str(), dog.tricks.len()), ("Fido", 1));
    for a in es_core::registry::aggregates() {
        println!("{a:?} {:?}", a.behaviour());
    }
    for e in es_core::registry::events() {
        println!("{e:?} {:?}", (e.schema)());
    }
    Ok(())
}
