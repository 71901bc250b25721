//! The bank: accounts that are opened, and money that is deposited and withdrawn.
//!
//! A deposit's fields are 60 bytes of JSON, `{"amount":1234,"memo":"wire transfer 000000000000000000001"}`;
//! whoever writes the event's name into the payload writes more.

use serde::{Deserialize, Serialize};

/// What happened to an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub enum BankEvent {
    Opened { owner: String },
    Deposited { amount: i64, memo: String },
    Withdrawn { amount: i64, memo: String },
}

impl BankEvent {
    /// Its name.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Opened { .. } => "Opened",
            Self::Deposited { .. } => "Deposited",
            Self::Withdrawn { .. } => "Withdrawn",
        }
    }

    /// Its fields alone, as JSON: what a store writes that keeps the name beside them.
    ///
    /// # Errors
    /// None that can happen.
    pub fn fields(&self) -> serde_json::Result<Vec<u8>> {
        match self {
            Self::Opened { owner } => serde_json::to_vec(&Owner { owner }),
            Self::Deposited { amount, memo } | Self::Withdrawn { amount, memo } => {
                let amount = *amount;
                serde_json::to_vec(&Money { amount, memo })
            }
        }
    }

    /// The event with this name and these fields.
    ///
    /// # Errors
    /// Where there is none.
    pub fn decode(kind: &str, fields: &[u8]) -> serde_json::Result<Self> {
        Ok(match kind {
            "Opened" => {
                let Owner { owner } = serde_json::from_slice(fields)?;
                Self::Opened { owner }
            }
            "Deposited" => {
                let Money { amount, memo } = serde_json::from_slice(fields)?;
                Self::Deposited { amount, memo }
            }
            _ => {
                let Money { amount, memo } = serde_json::from_slice(fields)?;
                Self::Withdrawn { amount, memo }
            }
        })
    }
}

#[derive(Serialize, Deserialize)]
struct Owner<S> {
    owner: S,
}

#[derive(Serialize, Deserialize)]
struct Money<S> {
    amount: i64,
    memo: S,
}

/// What is asked of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Command {
    Open { owner: String },
    Deposit { amount: i64, memo: String },
    Withdraw { amount: i64, memo: String },
}

/// Why an account refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the texts say it")]
pub enum BankError {
    #[error("already open")]
    AlreadyOpen,
    #[error("not open")]
    NotOpen,
    #[error("insufficient funds")]
    Insufficient,
}

/// The state of an account.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Whether it was opened.
    pub open: bool,
    /// What is left.
    pub balance: i64,
    /// How many events were folded: the judges look at it.
    pub events: u64,
}

impl Account {
    /// Folds an event.
    #[inline]
    pub fn apply(&mut self, event: &BankEvent) {
        self.events += 1;
        match event {
            BankEvent::Opened { .. } => self.open = true,
            BankEvent::Deposited { amount, .. } => self.balance += amount,
            BankEvent::Withdrawn { amount, .. } => self.balance -= amount,
        }
    }

    /// The event that a command leads to.
    ///
    /// # Errors
    /// Where the account refuses.
    #[inline]
    pub fn decide(&self, command: Command) -> Result<BankEvent, BankError> {
        match command {
            Command::Open { .. } if self.open => Err(BankError::AlreadyOpen),
            Command::Open { owner } => Ok(BankEvent::Opened { owner }),
            _ if !self.open => Err(BankError::NotOpen),
            Command::Deposit { amount, memo } => Ok(BankEvent::Deposited { amount, memo }),
            Command::Withdraw { amount, .. } if self.balance < amount => {
                Err(BankError::Insufficient)
            }
            Command::Withdraw { amount, memo } => Ok(BankEvent::Withdrawn { amount, memo }),
        }
    }
}

/// The command that an account of `events` events is given next.
pub fn command(events: u64) -> Command {
    match event(events) {
        BankEvent::Opened { owner } => Command::Open { owner },
        BankEvent::Deposited { amount, memo } => Command::Deposit { amount, memo },
        BankEvent::Withdrawn { amount, memo } => Command::Withdraw { amount, memo },
    }
}

/// The event behind the first `events` of an account.
pub fn event(events: u64) -> BankEvent {
    let memo = || format!("wire transfer {events:021}");
    if events == 0 {
        let owner = "Ada Lovelace, London".into();
        BankEvent::Opened { owner }
    } else if events % 3 == 2 {
        let (amount, memo) = (500, memo());
        BankEvent::Withdrawn { amount, memo }
    } else {
        let amount = 1000 + i64::try_from(events % 9000).unwrap_or_default();
        let memo = memo();
        BankEvent::Deposited { amount, memo }
    }
}

/// The state of an account after its first `events`.
pub fn expected(events: u64) -> Account {
    let mut account = Account::default();
    for nth in 0..events {
        account.apply(&event(nth));
    }
    account
}

/// The name of an account.
pub fn account_name(account: u64) -> String {
    format!("acc-{account:012}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deposit_is_sixty_bytes() {
        let fields = event(4).fields().unwrap();
        assert_eq!(fields.len(), 60, "{}", String::from_utf8_lossy(&fields));
        assert_eq!(BankEvent::decode("Deposited", &fields).unwrap(), event(4));
    }
}
