//! A bank, as the public contract writes it.

use es_core::prelude::*;

/// Where somebody lives.
#[value]
pub struct Address {
    /// The street.
    pub street: String,
    /// The city.
    pub city: String,
}

/// An account was opened.
#[event(name = "account-opened")]
#[derive(PartialEq)]
pub struct Opened {
    /// Whose it is.
    pub owner: String,
    /// Where they live.
    pub address: Address,
}

/// Money came in.
#[event]
pub struct Deposited {
    /// How much.
    pub cents: u64,
}

/// Money went out.
#[event]
pub struct Withdrawn {
    /// How much.
    pub cents: u64,
}

/// The account was closed.
#[event]
pub struct Closed;

/// An account with a balance.
#[aggregate(event_sourced)]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BankAccount {
    owner: String,
    balance_cents: u64,
    open: bool,
}

/// More was asked for than is there.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the balance is {balance_cents} cents, {asked_cents} were asked for")]
pub struct Overdrawn {
    /// What is there.
    pub balance_cents: u64,
    /// What was asked for.
    pub asked_cents: u64,
}

#[aggregate]
impl BankAccount {
    /// Opens an account.
    pub fn open(owner: impl Into<String>) -> Self {
        Self::raise_new(Self::opening(owner))
    }

    /// Opens an account with a given id.
    pub fn open_as(id: Uuid, owner: impl Into<String>) -> Self {
        Self::raise_new_as(id, Self::opening(owner))
    }

    fn opening(owner: impl Into<String>) -> Opened {
        let address = Address {
            street: "St James's Square".into(),
            city: "London".into(),
        };
        Opened {
            owner: owner.into(),
            address,
        }
    }

    /// Takes money in.
    pub fn deposit(&mut self, cents: u64) {
        self.raise_(Deposited { cents });
    }

    /// Gives money out.
    ///
    /// # Errors
    /// [`Overdrawn`] where there is less.
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

    /// Closes the account.
    pub fn close(&mut self) {
        self.raise_(Closed);
    }

    /// What is there.
    pub fn balance_cents(&self) -> u64 {
        self.balance_cents
    }

    /// Whose it is.
    pub fn owner(&self) -> &str {
        &self.owner
    }

    /// Whether it is open.
    pub fn is_open(&self) -> bool {
        self.open
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
    fn on_closed(&mut self, _: &Closed) {
        self.open = false;
    }
}

/// Something was counted.
#[event]
pub struct Counted {
    /// How many at once.
    pub by: u64,
}

/// A number that grows: begins as its `Default`.
#[aggregate(event_sourced, id = String, snapshots = off)]
#[derive(Clone, Default)]
pub struct Counter {
    total: u64,
}

#[aggregate]
impl Counter {
    /// A counter at `by`.
    pub fn begin(id: impl Into<String>, by: u64) -> Self {
        Self::raise_new_as(id.into(), Counted { by })
    }

    /// Counts further.
    pub fn count(&mut self, by: u64) {
        self.raise_(Counted { by });
    }

    /// How many were counted.
    pub fn total(&self) -> u64 {
        self.total
    }

    #[apply]
    fn counted(&mut self, event: &Counted) {
        self.total += event.by;
    }
}

/// A number that grows, and is kept as a snapshot.
#[aggregate(event_sourced, id = String)]
#[derive(Clone, Default)]
pub struct Tally {
    total: u64,
}

#[aggregate]
impl Tally {
    /// A tally at 0.
    pub fn begin(id: impl Into<String>) -> Self {
        Self::raise_new_as(id.into(), Counted { by: 0 })
    }

    /// Counts one further.
    pub fn count(&mut self) {
        self.raise_(Counted { by: 1 });
    }

    /// How many were counted.
    pub fn total(&self) -> u64 {
        self.total
    }

    #[apply]
    fn counted(&mut self, event: &Counted) {
        self.total += event.by;
    }
}
