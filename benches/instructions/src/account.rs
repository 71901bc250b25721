//! The account that everything is measured with.

use es_core::prelude::*;

/// An account was opened.
#[event]
pub struct Opened {
    /// Whose it is.
    pub owner: String,
}

/// Money came.
#[event]
pub struct Deposited {
    /// How much.
    pub amount: i64,
    /// What for.
    pub memo: String,
}

/// Money went.
#[event]
pub struct Withdrawn {
    /// How much.
    pub amount: i64,
    /// What for.
    pub memo: String,
}

/// There is not as much.
#[derive(Debug)]
pub struct Insufficient;

/// An account without snapshots, so that a load is a replay.
#[aggregate(event_sourced, id = u32, snapshots = off)]
#[derive(Clone)]
pub struct Account {
    balance: i64,
}

#[aggregate]
impl Account {
    /// Opens one.
    pub fn open(id: u32) -> Self {
        let owner = "Ada".to_owned();
        Self::raise_new_as(id, Opened { owner })
    }

    /// Pays in.
    pub fn deposit(&mut self, amount: i64, memo: String) {
        self.raise_(Deposited { amount, memo });
    }

    /// Pays out.
    ///
    /// # Errors
    /// `Insufficient` where there is not as much.
    pub fn withdraw(&mut self, amount: i64, memo: String) -> Result<(), Insufficient> {
        if self.balance < amount {
            return Err(Insufficient);
        }
        self.raise_(Withdrawn { amount, memo });
        Ok(())
    }

    /// What is there.
    pub fn balance(&self) -> i64 {
        self.balance
    }

    #[apply]
    fn opened(_: &Opened) -> Self {
        Self { balance: 0 }
    }

    #[apply]
    fn deposited(&mut self, event: &Deposited) {
        self.balance += event.amount;
    }

    #[apply]
    fn withdrawn(&mut self, event: &Withdrawn) {
        self.balance -= event.amount;
    }
}
