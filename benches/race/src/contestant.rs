//! What a contestant can be asked for.

use std::time::Instant;

use anyhow::Result;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::bank::Account;
use crate::scenario::Categories;

/// What a contestant is in the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Role {
    /// This framework.
    Ours,
    /// The same work by the raw driver, without any framework.
    Limit,
    /// Another framework.
    Peer,
}

/// One way of keeping accounts. Accounts have numbers; what is not there answers `None`.
#[async_trait]
#[expect(unused_variables, reason = "the defaults do nothing")]
pub trait Contestant: Send + Sync + 'static {
    /// Its name in the table.
    fn name(&self) -> String;

    /// What it is in the table.
    fn role(&self) -> Role {
        Role::Peer
    }

    /// Appends `count` events to an account that has `from` already, in one commit.
    async fn append(&self, account: u64, from: u64, count: u64) -> Result<Option<()>> {
        Ok(None)
    }

    /// Appends one event a commit to the accounts of `work` by turns, expecting their versions,
    /// which are known without loading. Answers how many. Unless said otherwise, by
    /// [`Contestant::append`], to one category.
    async fn append_each(&self, work: Work) -> Result<Option<u64>> {
        if work.categories == Categories::Each {
            return Ok(None);
        }
        let mut turns = work.turns();
        for (account, events) in &mut turns {
            if self.append(account, events, 1).await?.is_none() {
                return Ok(None);
            }
        }
        Ok(Some(turns.taken()))
    }

    /// Carries out commands on the accounts of `work` by turns: loads, decides, appends one event.
    /// Answers how many.
    async fn command_each(&self, work: Work) -> Result<Option<u64>> {
        Ok(None)
    }

    /// Rebuilds an account from all its events.
    async fn load(&self, account: u64) -> Result<Option<Account>> {
        Ok(None)
    }

    /// Rebuilds an account from a snapshot and what came after it.
    async fn load_by_snapshot(&self, account: u64) -> Result<Option<Account>> {
        Ok(None)
    }

    /// Rebuilds an account as it was at a time when it had `events`.
    async fn load_as_of(&self, account: u64, events: u64) -> Result<Option<Account>> {
        Ok(None)
    }

    /// Reads the category's first events, at most so many, in order. Answers how many.
    async fn read_category(&self, at_most: u64) -> Result<Option<u64>> {
        Ok(None)
    }

    /// As [`Contestant::read_category`], of everything.
    async fn read_all(&self, at_most: u64) -> Result<Option<u64>> {
        Ok(None)
    }

    /// Hears that it holds what was to be held before the race.
    async fn preloaded(&self) -> Result<()> {
        Ok(())
    }
}

/// What one of several writers does.
#[derive(Clone, Copy, Debug)]
pub struct Work {
    /// Which writer this is.
    pub writer: u64,
    /// The number of its first account.
    pub first: u64,
    /// How many it has.
    pub accounts: u64,
    /// How many events each has already.
    pub events: u64,
    /// The category of the accounts.
    pub categories: Categories,
    /// When it stops.
    pub until: Until,
}

impl Work {
    /// The turns until the writer stops, an account after the other.
    pub fn turns(self) -> Turns {
        Turns {
            work: self,
            taken: 0,
        }
    }
}

/// The turns of a writer: the account of each, and how many events that has.
#[derive(Debug)]
pub struct Turns {
    work: Work,
    taken: u64,
}

impl Turns {
    /// How many there were so far.
    pub fn taken(&self) -> u64 {
        self.taken
    }
}

impl Iterator for Turns {
    type Item = (u64, u64);

    fn next(&mut self) -> Option<(u64, u64)> {
        let Self { work, taken } = self;
        let is_over = match work.until {
            Until::Time(time) => Instant::now() >= time,
            Until::Turns(most) => *taken >= most,
        };
        if is_over {
            return None;
        }
        let (round, nth) = (*taken / work.accounts, *taken % work.accounts);
        *taken += 1;
        Some((work.first + nth, work.events + round))
    }
}

/// When a writer stops.
#[derive(Clone, Copy, Debug)]
pub enum Until {
    /// At a time.
    Time(Instant),
    /// After so many turns.
    Turns(u64),
}
