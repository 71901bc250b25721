//! The account of `bank.py`, as a program of ours keeps it.

use es_core::prelude::*;

/// An account was opened.
#[event]
pub(crate) struct Opened {
    /// Whose stream it is in: Protean takes an aggregate's id from its events, not from its stream.
    pub(crate) account_id: Uuid,
    pub(crate) owner: String,
}

/// Money came in.
#[event]
pub(crate) struct Deposited {
    pub(crate) account_id: Uuid,
    pub(crate) cents: u64,
}

/// An account that both sides write to.
#[aggregate(event_sourced)]
pub(crate) struct BankAccount {
    owner: String,
    cents: u64,
}

#[aggregate]
impl BankAccount {
    pub(crate) fn open(account_id: Uuid, owner: &str) -> Self {
        let owner = owner.to_owned();
        Self::raise_new_as(account_id, Opened { account_id, owner })
    }

    pub(crate) fn deposit(&mut self, cents: u64) {
        let account_id = *self.id();
        self.raise_(Deposited { account_id, cents });
    }

    pub(crate) fn owner(&self) -> &str {
        &self.owner
    }

    pub(crate) fn cents(&self) -> u64 {
        self.cents
    }

    #[apply]
    fn opened(event: Opened) -> Self {
        Self {
            owner: event.owner,
            cents: 0,
        }
    }

    #[apply]
    fn deposited(&mut self, event: &Deposited) {
        self.cents += event.cents;
    }
}
