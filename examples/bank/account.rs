//! The domain: a bank account, its events and its rules. No store, no clock, no `async`.

use es_core::prelude::*;

/// Somebody opened an account.
#[event]
pub struct Opened {
    /// Whose it is.
    pub owner: String,
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

/// An account that is never overdrawn.
#[aggregate(event_sourced)]
pub struct BankAccount {
    owner: String,
    balance_cents: u64,
}

/// The rejection: more was asked for than is there.
#[derive(Debug, thiserror::Error)]
#[error("the balance is {balance_cents} cents, {asked_cents} were asked for")]
pub struct Overdrawn {
    balance_cents: u64,
    asked_cents: u64,
}

#[aggregate]
impl BankAccount {
    /// Opens an account under a new id.
    pub fn open(owner: impl Into<String>) -> Self {
        Self::raise_new(Opened {
            owner: owner.into(),
        })
    }

    /// Pays in.
    pub fn deposit(&mut self, cents: u64) {
        self.raise_(Deposited { cents });
    }

    /// Draws, if there is enough.
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

    /// Whose it is.
    pub fn owner(&self) -> &str {
        &self.owner
    }

    /// The balance.
    pub fn balance_cents(&self) -> u64 {
        self.balance_cents
    }

    #[apply]
    fn opened(event: Opened) -> Self {
        Self {
            owner: event.owner,
            balance_cents: 0,
        }
    }

    #[apply]
    fn deposited(&mut self, event: &Deposited) {
        self.balance_cents += event.cents;
    }

    #[apply]
    fn withdrawn(&mut self, event: &Withdrawn) {
        self.balance_cents -= event.cents;
    }
}
