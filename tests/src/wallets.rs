//! Wallets, and a book of what moved between them: the model beyond single event-sourced aggregates.

use es_core::prelude::*;

/// A wallet was opened.
#[event]
pub struct WalletOpened {
    /// What is in it.
    pub cents: i64,
}

/// Money went out.
#[event]
pub struct Paid {
    /// How much.
    pub cents: i64,
}

/// Money came in.
#[event]
pub struct Received {
    /// How much.
    pub cents: i64,
}

/// Opens a wallet.
#[command(aggregate = Wallet)]
pub struct OpenWallet {
    /// Its name.
    #[target]
    pub wallet: String,
    /// What is in it.
    pub cents: i64,
}

/// Pays out of a wallet.
#[command(aggregate = Wallet)]
pub struct Pay {
    /// Which.
    #[target]
    pub wallet: String,
    /// How much.
    pub cents: i64,
}

/// Looks into a wallet, and raises nothing.
#[command(aggregate = Wallet)]
pub struct Look {
    /// Which.
    #[target]
    pub wallet: String,
}

/// There is not so much in the wallet.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{there_cents} cents are there, {asked_cents} were asked for")]
pub struct TooLittle {
    /// What is there.
    pub there_cents: i64,
    /// What was asked for.
    pub asked_cents: i64,
}

/// Money under a name.
#[aggregate(event_sourced, id = String, fact_events, snapshot_every = 5)]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wallet {
    cents: i64,
}

#[aggregate]
impl Wallet {
    /// Opens a wallet.
    pub fn open(name: impl Into<String>, cents: i64) -> Self {
        Self::raise_new_as(name.into(), WalletOpened { cents })
    }

    /// What is in it.
    pub fn cents(&self) -> i64 {
        self.cents
    }

    /// Takes out what is there.
    ///
    /// # Errors
    /// [`TooLittle`].
    pub fn pay(&mut self, cents: i64) -> Result<i64, TooLittle> {
        if cents > self.cents {
            return Err(TooLittle {
                there_cents: self.cents,
                asked_cents: cents,
            });
        }
        self.pay_blindly(cents);
        Ok(self.cents)
    }

    /// Takes out without looking.
    pub fn pay_blindly(&mut self, cents: i64) {
        self.raise_(Paid { cents });
    }

    /// Puts in.
    pub fn receive(&mut self, cents: i64) {
        self.raise_(Received { cents });
    }

    #[handle]
    fn handle_open(command: OpenWallet) -> Self {
        Self::open(command.wallet, command.cents)
    }

    #[handle]
    fn handle_pay(&mut self, command: &Pay) -> Result<i64, TooLittle> {
        self.pay(command.cents)
    }

    #[handle]
    fn handle_look(&mut self, _: Look) -> Result<i64, std::convert::Infallible> {
        Ok(self.cents)
    }

    #[invariant]
    fn never_below_zero(&self) -> Result<(), Violation> {
        if self.cents < 0 {
            return Err(Violation::new(format!("{} cents are there", self.cents)));
        }
        Ok(())
    }

    #[invariant]
    fn never_thirteen(&self) -> Result<(), &'static str> {
        match self.cents {
            13 | -13 => Err("thirteen brings bad luck"),
            _ => Ok(()),
        }
    }

    #[apply]
    fn opened(event: &WalletOpened) -> Self {
        Self { cents: event.cents }
    }

    #[apply]
    fn paid(&mut self, event: &Paid) {
        self.cents -= event.cents;
    }

    #[apply]
    fn received(&mut self, event: &Received) {
        self.cents += event.cents;
    }
}

/// Money moved from one wallet to another.
#[event]
pub struct Moved {
    /// From which.
    pub from: String,
    /// To which.
    pub to: String,
    /// How much.
    pub cents: i64,
}

/// Begins a book, under an id that is made up.
#[command(aggregate = Book)]
pub struct BeginBook {
    /// What it is called.
    pub title: String,
}

/// Gives a book another title.
#[command(aggregate = Book)]
pub struct Retitle {
    /// Which.
    #[target]
    pub book: Uuid,
    /// The title.
    pub title: String,
}

/// Counts what moved. Its state is what is stored.
#[aggregate(events(Moved))]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Book {
    title: String,
    moves: u64,
    notes: Vec<String>,
}

#[aggregate]
impl Book {
    /// Begins a book.
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            moves: 0,
            notes: Vec::new(),
        }
    }

    /// Begins a book under a given id.
    pub fn new_as(id: Uuid, title: impl Into<String>) -> Self {
        Self::new(title).with_id(id)
    }

    /// What it is called.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// How much moved.
    pub fn moves(&self) -> u64 {
        self.moves
    }

    /// Changes the title, and raises nothing.
    pub fn retitle(&mut self, title: impl Into<String>) {
        self.title = title.into();
    }

    /// Counts a move.
    pub fn moved(&mut self, from: &str, to: &str, cents: i64) {
        self.moves += 1;
        self.raise_(Moved {
            from: from.to_owned(),
            to: to.to_owned(),
            cents,
        });
    }

    #[handle]
    fn handle_begin(command: BeginBook) -> Result<Self, String> {
        if command.title.is_empty() {
            return Err("a book without a title".to_owned());
        }
        Ok(Self::new(command.title))
    }

    #[handle]
    fn handle_retitle(&mut self, command: Retitle) {
        self.retitle(command.title);
    }

    #[invariant]
    fn has_a_title(&self) -> Result<(), Violation> {
        if self.title.is_empty() {
            return Err("it has no title".into());
        }
        Ok(())
    }
}

/// How many wallets [`begin`] opens, and with how much.
pub const WALLETS: usize = 6;
const CENTS: i64 = 1_000;

/// The book of [`begin`].
const BOOK: Uuid = Uuid::from_u128(7);

/// Opens wallets `0`, `1`, .. and begins a book, where the store keeps states.
///
/// # Errors
/// Where they can not be saved.
pub async fn begin(domain: &Domain) -> Result<(), SaveError> {
    let mut unit = domain.unit_of_work();
    for nth in 0..WALLETS {
        unit.add(Wallet::open(nth.to_string(), CENTS))?;
    }
    if domain.store().states().is_some() {
        unit.add(Book::new_as(BOOK, "Ledger"))?;
    }
    unit.commit().await?;
    Ok(())
}

/// Moves money between random wallets, one to three times in one unit, and answers how often.
///
/// # Errors
/// [`SaveError::Conflict`] where others were faster.
///
/// # Panics
/// Where a wallet can not be loaded.
pub async fn move_at_random(domain: &Domain) -> Result<u64, SaveError> {
    let mut unit = domain.unit_of_work();
    let mut moves = 0;
    let wallet = || fastrand::usize(0..WALLETS).to_string();
    for _ in 0..fastrand::usize(1..=3) {
        let (from, to, cents) = (wallet(), wallet(), fastrand::i64(1..200));
        let one = unit.get::<Wallet>(&from).await.expect("it was opened");
        let other = unit.get::<Wallet>(&to).await.expect("it was opened");
        if unit[one].pay(cents).is_err() {
            continue;
        }
        unit[other].receive(cents);
        if domain.store().states().is_some() {
            let book = unit.get::<Book>(&BOOK).await.expect("it was begun");
            unit[book].moved(&from, &to, cents);
        }
        moves += 1;
    }
    unit.commit().await?;
    Ok(moves)
}

/// Asserts that no unit was written by halves, and answers how often money moved.
///
/// # Errors
/// Where something can not be read.
///
/// # Panics
/// Where a unit was.
pub async fn check_whole(domain: &Domain) -> anyhow::Result<u64> {
    let found = loop {
        // A server may still commit what a killed process has sent: all is looked at while nothing
        // is written.
        let before = domain.store().head().await?;
        let found = Found::now(domain).await?;
        if domain.store().head().await? == before {
            break found;
        }
    };
    let all = i64::try_from(WALLETS).expect("they are few") * CENTS;
    assert_eq!((found.cents, found.paid), (all, found.received));
    if let Some(moves) = found.moves {
        assert_eq!(moves, (found.paid, found.paid));
    }
    Ok(found.paid)
}

/// What is in all wallets, and in the book.
struct Found {
    cents: i64,
    paid: u64,
    received: u64,
    /// How many moves the book counts, and how many its events.
    moves: Option<(u64, u64)>,
}

impl Found {
    async fn now(domain: &Domain) -> anyhow::Result<Self> {
        let (mut cents, mut paid, mut received) = (0, 0, 0);
        let wallets = domain.repository::<Wallet>();
        for nth in 0..WALLETS {
            let id = nth.to_string();
            cents += wallets.get(&id).await?.cents();
            let mut history = wallets.history(&id);
            while let Some(entry) = history.next().await? {
                for event in entry.events {
                    match event {
                        WalletEvent::WalletOpened(_) => {}
                        WalletEvent::Paid(_) => paid += 1,
                        WalletEvent::Received(_) => received += 1,
                    }
                }
            }
        }
        let mut moves = None;
        if domain.store().states().is_some() {
            let books = domain.repository::<Book>();
            let book = books.get(&BOOK).await?;
            let stream = books.stream(&BOOK)?;
            let last = domain.store().read_last(&stream).await?;
            let events = last.map_or(0, |last| last.version.get());
            moves = Some((book.moves(), events));
        }
        Ok(Self {
            cents,
            paid,
            received,
            moves,
        })
    }
}
