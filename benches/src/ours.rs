//! This framework as a contestant: accounts as a user writes them, over any store.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use anyhow::Result;
use async_trait::async_trait;
use chrono::DateTime;
use es_bench_race::bank::{self, BankError, Command, account_name};
use es_bench_race::{Categories, Contestant, Role, Work};
use es_core::Snapshots;
use es_core::prelude::*;
use tokio::sync::Mutex;

use crate::places::Place;

/// An account was opened.
#[event]
pub struct Opened {
    owner: String,
}

/// Money came in.
#[event]
pub struct Deposited {
    amount: i64,
    memo: String,
}

/// Money went out.
#[event]
pub struct Withdrawn {
    amount: i64,
    memo: String,
}

/// An account.
#[aggregate(event_sourced, id = String)]
#[derive(Clone, Debug)]
pub struct Account {
    balance: i64,
    events: u64,
}

#[aggregate]
impl Account {
    fn open(id: String, owner: String) -> Self {
        Self::raise_new_as(id, Opened { owner })
    }

    fn deposit(&mut self, amount: i64, memo: String) {
        self.raise_(Deposited { amount, memo });
    }

    fn withdraw(&mut self, amount: i64, memo: String) -> Result<(), BankError> {
        if self.balance < amount {
            return Err(BankError::Insufficient);
        }
        self.raise_(Withdrawn { amount, memo });
        Ok(())
    }

    fn carry_out(&mut self, command: Command) -> Result<(), BankError> {
        match command {
            Command::Open { .. } => Err(BankError::AlreadyOpen),
            Command::Deposit { amount, memo } => {
                self.deposit(amount, memo);
                Ok(())
            }
            Command::Withdraw { amount, memo } => self.withdraw(amount, memo),
        }
    }

    /// The next of the events that every contestant writes.
    fn go_on(&mut self, events: u64) -> Result<(), BankError> {
        self.carry_out(bank::command(events))
    }

    /// A new account, by its number.
    pub fn begin(account: u64) -> Self {
        Self::open(account_name(account), "Ada Lovelace, London".into())
    }

    #[apply]
    fn opened(_: Opened) -> Self {
        Self {
            balance: 0,
            events: 1,
        }
    }

    #[apply]
    fn deposited(&mut self, event: &Deposited) {
        self.balance += event.amount;
        self.events += 1;
    }

    #[apply]
    fn withdrawn(&mut self, event: &Withdrawn) {
        self.balance -= event.amount;
        self.events += 1;
    }

    fn state(&self) -> bank::Account {
        bank::Account {
            open: true,
            balance: self.balance,
            events: self.events,
        }
    }
}

/// Which of the framework's ways is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// No snapshots and no cache: as the peers do it.
    Plain,
    /// As a domain does where nothing is said: with a snapshot every 10 events.
    Snapshots,
    /// The repository caches 1,000 aggregates: this changes commands alone.
    Cached,
}

impl Way {
    /// All.
    pub const ALL: [Self; 3] = [Self::Plain, Self::Snapshots, Self::Cached];

    /// A short name.
    pub fn key(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Snapshots => "snapshots",
            Self::Cached => "cached",
        }
    }
}

/// How many writers there are at most: each may want a category of its own.
const WRITERS: usize = 64;

/// The framework over a store.
#[derive(Debug)]
pub struct Ours {
    way: Way,
    place: Place,
    /// Those of category `bench::account`.
    accounts: Repository<Account>,
    /// The same, on a clock that tells how many events came before.
    preloaded: Repository<Account>,
    clock_s: Arc<AtomicI64>,
    /// Those of category `bench7::account`, for the writer with number 7.
    of_writers: Vec<Repository<Account>>,
    /// The preloaded account that was appended to last, with its number.
    last: Mutex<Option<(u64, Account)>>,
}

impl Ours {
    /// Accounts kept in a store.
    ///
    /// # Errors
    /// None that can happen.
    pub fn new(way: Way, place: Place) -> Result<Self> {
        let snapshots = match way {
            Way::Plain | Way::Cached => Snapshots::Off,
            Way::Snapshots => Snapshots::Every(10),
        };
        let domain = |name: &str| {
            Domain::builder(name)
                .event_store(Arc::clone(&place.store))
                .snapshots_of("account", snapshots)
        };
        let clock_s = Arc::new(AtomicI64::new(0));
        let clock = {
            let clock_s = Arc::clone(&clock_s);
            move || at(clock_s.load(Ordering::Relaxed))
        };
        let of_writers =
            (0..WRITERS).map(|writer| Ok(domain(&format!("bench{writer}")).build()?.repository()));
        Ok(Self {
            way,
            accounts: match way {
                Way::Cached => domain("bench").build()?.repository().cached(1_000),
                Way::Plain | Way::Snapshots => domain("bench").build()?.repository(),
            },
            preloaded: domain("bench").clock(clock).build()?.repository(),
            clock_s,
            of_writers: of_writers.collect::<Result<_>>()?,
            last: Mutex::new(None),
            place,
        })
    }

    fn accounts_of(&self, work: Work) -> &Repository<Account> {
        let own = usize::try_from(work.writer).ok();
        match work.categories {
            Categories::One => &self.accounts,
            Categories::Each => own
                .and_then(|own| self.of_writers.get(own))
                .unwrap_or(&self.accounts),
        }
    }
}

/// A second of the clock by which accounts are preloaded: an account's event behind the first
/// `second` of them was appended then or, in one commit with others, up to 500 seconds before.
fn at(second: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + chrono::Duration::seconds(second)
}

#[async_trait]
impl Contestant for Ours {
    fn name(&self) -> String {
        match self.way {
            Way::Plain => "es".into(),
            Way::Snapshots => "es, a snapshot every 10 events".into(),
            Way::Cached => "es, 1,000 aggregates cached".into(),
        }
    }

    fn role(&self) -> Role {
        Role::Ours
    }

    async fn append(&self, account: u64, from: u64, count: u64) -> Result<Option<()>> {
        if self.way != Way::Plain && from + count > 10_000 {
            // A longer one tells nothing more.
            return Ok(None);
        }
        let mut last = self.last.lock().await;
        self.clock_s.store(i64::try_from(from)?, Ordering::Relaxed);
        let (mut held, begun) = match last.take() {
            _ if from == 0 => (Account::begin(account), 1),
            Some((of, held)) if of == account => (held, from),
            _ => (self.preloaded.get(&account_name(account)).await?, from),
        };
        for nth in begun..from + count {
            held.go_on(nth)?;
        }
        self.preloaded.add(&mut held).await?;
        *last = Some((account, held));
        Ok(Some(()))
    }

    async fn append_each(&self, work: Work) -> Result<Option<u64>> {
        if self.way == Way::Cached {
            return Ok(None);
        }
        let accounts = self.accounts_of(work);
        let mut held: Vec<Account> = Vec::new();
        let mut turns = work.turns();
        for (account, events) in &mut turns {
            let place = usize::try_from(account - work.first)?;
            if place == held.len() {
                held.push(Account::begin(account));
            } else {
                held[place].go_on(events)?;
            }
            accounts.add(&mut held[place]).await?;
        }
        Ok(Some(turns.taken()))
    }

    async fn command_each(&self, work: Work) -> Result<Option<u64>> {
        let mut turns = work.turns();
        for (account, events) in &mut turns {
            let decide = |account: &mut Account| account.go_on(events);
            self.accounts.update(&account_name(account), decide).await?;
        }
        Ok(Some(turns.taken()))
    }

    async fn load(&self, account: u64) -> Result<Option<bank::Account>> {
        if self.way != Way::Plain {
            return Ok(None);
        }
        let loaded = self.accounts.get(&account_name(account)).await?;
        Ok(Some(loaded.state()))
    }

    async fn load_by_snapshot(&self, account: u64) -> Result<Option<bank::Account>> {
        if self.way != Way::Snapshots {
            return Ok(None);
        }
        let loaded = self.accounts.get(&account_name(account)).await?;
        Ok(Some(loaded.state()))
    }

    async fn load_as_of(&self, account: u64, events: u64) -> Result<Option<bank::Account>> {
        if self.way != Way::Plain {
            return Ok(None);
        }
        let time = at(i64::try_from(events)?) - chrono::Duration::seconds(1);
        let loaded = self
            .accounts
            .get_as_of(&account_name(account), time)
            .await?;
        Ok(Some(loaded.state()))
    }

    async fn read_category(&self, at_most: u64) -> Result<Option<u64>> {
        if self.way != Way::Plain {
            return Ok(None);
        }
        let mut events = self.accounts.events().limit(usize::try_from(at_most)?);
        let mut count = 0;
        while let Some(decoded) = events.next().await? {
            std::hint::black_box(decoded.events);
            count += 1;
        }
        Ok(Some(count))
    }

    async fn read_all(&self, at_most: u64) -> Result<Option<u64>> {
        if self.way != Way::Plain {
            return Ok(None);
        }
        let mut events = self.place.store.read_all().limit(usize::try_from(at_most)?);
        let mut count = 0;
        while let Some(event) = events.next().await? {
            std::hint::black_box(&event.data);
            count += 1;
        }
        Ok(Some(count))
    }

    async fn preloaded(&self) -> Result<()> {
        self.place.vacuum().await
    }
}
