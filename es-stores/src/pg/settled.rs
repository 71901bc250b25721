//! The horizon: up to which position everything is settled.
//!
//! A position is taken from a sequence before its transaction commits, so positions become visible
//! out of order, and one that is missing may be late or may never come. Readers are handed only
//! what lies below a horizon that is proven, by one of two facts:
//!
//! - **No hole.** What follows the horizon without a gap is all there.
//! - **A fence.** Whoever inserts an event holds the lock `RowExclusiveLock` on the table from before
//!   it takes a position until after its transaction has ended and is visible or gone. So once event
//!   H is visible, every missing position below H belongs to a transaction that holds that lock now,
//!   or has ended. When all those transactions have ended, everything up to H is settled. It is the
//!   transactions that are waited for, not the lock, which others take meanwhile.
//!
//! No clock has a say in this, and no transaction elsewhere holds it up: only those that write events.

use std::collections::HashSet;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};

use es_core::store::StoreErrorKind;
use es_core::stream::Position;
use tokio::sync::{Mutex, watch};

use super::{Client, Link, Trouble, bounded, number, repeatably};

/// The statements on a store's table of events.
#[derive(Debug)]
struct SettledSql {
    /// Of at most `$2` positions behind `$1`: how many there are, the last of those that follow
    /// without a gap, and the last of all.
    behind: String,
    /// The last position.
    last: String,
    /// Whether this server is a standby, and the transactions that may be writing events, as text.
    writing: String,
}

/// How many positions one look takes in.
const LOOK: i64 = 10_000;

/// The horizon of one store in this process, shared by all its readers.
pub(crate) struct Settled {
    sql: SettledSql,
    head: watch::Sender<Position>,
    known: Mutex<Known>,
    /// Whether there is a fence.
    held: AtomicBool,
    /// How many looks have begun.
    begun: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct Known {
    /// Whether there is a horizon yet.
    opened: bool,
    fence: Option<Fence>,
    /// Which look was the last that ended well.
    looked: u64,
}

/// Everything up to a position is settled once these transactions have ended.
#[derive(Debug)]
struct Fence {
    upto: i64,
    writing: HashSet<String>,
}

impl Settled {
    /// Of the table `events`, whose column `position` comes from a sequence; both as SQL has them.
    pub(crate) fn new(events: &str, position: &str) -> Self {
        let named = |sql: &str| {
            sql.replace("{events}", events)
                .replace("{position}", position)
        };
        Self {
            sql: SettledSql {
                behind: named(include_str!("sql/settled_behind.sql")),
                last: named(include_str!("sql/settled_last.sql")),
                writing: named(include_str!("sql/settled_writing.sql")),
            },
            head: watch::Sender::new(Position::START),
            known: Mutex::default(),
            held: AtomicBool::new(false),
            begun: watch::Sender::new(0),
        }
    }

    /// The horizon as it was last seen.
    pub(crate) fn known(&self) -> Position {
        *self.head.borrow()
    }

    /// Whether something is held back by somebody who is still writing.
    pub(crate) fn holds_back(&self) -> bool {
        self.held.load(Ordering::Relaxed)
    }

    /// Looks how far everything is settled: at the state of some moment after this call began.
    /// Whoever calls meanwhile shares the look of the next.
    pub(crate) async fn advance(&self, link: &Link) -> Result<Position, Trouble> {
        let begun_before = *self.begun.borrow();
        let mut known = self.known.lock().await;
        if known.looked > begun_before {
            return Ok(self.known());
        }
        let look = *self.begun.borrow() + 1;
        self.begun.send_replace(look);
        let known = &mut *known;
        repeatably!(link, self.look(link, known))?;
        known.looked = look;
        self.held.store(known.fence.is_some(), Ordering::Relaxed);
        Ok(self.known())
    }

    async fn look(&self, link: &Link, known: &mut Known) -> Result<(), Trouble> {
        let client = &link.client().await?;
        if !known.opened {
            self.open(client, known).await?;
        }
        loop {
            let settled = bounded(self.known().get());
            let behind = client.prepare_cached(&self.sql.behind).await?;
            let row = client.query_one(&behind, &[&settled, &LOOK]).await?;
            let (count, unbroken, last): (i64, Option<i64>, Option<i64>) =
                (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
            let settled = unbroken.unwrap_or(settled);
            self.raise(settled);
            let hole = last.filter(|last| *last > settled);
            let passed = match hole {
                Some(last) => self.pass_hole(client, known, settled, last).await?,
                None => {
                    known.fence = None;
                    count == LOOK
                }
            };
            if !passed {
                return Ok(());
            }
        }
    }

    /// There is a hole behind `settled`, and an event at `last` behind it. Answers whether it could
    /// be passed.
    async fn pass_hole(
        &self,
        client: &Client,
        known: &mut Known,
        settled: i64,
        last: i64,
    ) -> Result<bool, Trouble> {
        let now = self.writing(client).await?;
        if known.fence.as_ref().is_none_or(|it| it.upto <= settled) {
            known.fence = Some(Fence {
                upto: last,
                writing: now,
            });
        } else if let Some(fence) = &mut known.fence {
            fence.writing.retain(|it| now.contains(it));
            // A transaction that was prepared comes out of a restart under another name, like this
            // one; whoever it was, it may have been among those that are waited for.
            let restored = now.into_iter().filter(|it| it.starts_with("-1/"));
            fence.writing.extend(restored);
        }
        let Some(fence) = known.fence.take_if(|fence| fence.writing.is_empty()) else {
            return Ok(false);
        };
        self.raise(fence.upto);
        Ok(true)
    }

    /// Where to begin: at the last event, if nobody is writing; else at the beginning, up to the
    /// first hole, until those who are writing have ended.
    async fn open(&self, client: &Client, known: &mut Known) -> Result<(), Trouble> {
        let last = client.prepare_cached(&self.sql.last).await?;
        let upto: i64 = client.query_one(&last, &[]).await?.try_get(0)?;
        let writing = self.writing(client).await?;
        if writing.is_empty() {
            self.raise(upto);
        } else {
            known.fence = Some(Fence { upto, writing });
        }
        known.opened = true;
        Ok(())
    }

    /// The transactions that may hold positions which are not visible, at a moment after everything
    /// this connection has read.
    async fn writing(&self, client: &Client) -> Result<HashSet<String>, Trouble> {
        let writing = client.prepare_cached(&self.sql.writing).await?;
        let row = client.query_one(&writing, &[]).await?;
        if row.try_get(0)? {
            return Err(Trouble::new(
                StoreErrorKind::Unsupported,
                "a standby does not know who is writing, so nobody can say up to where its events \
                 are complete; read categories and everything from the primary (streams can be \
                 read here)",
            ));
        }
        let writing: Vec<String> = row.try_get(1)?;
        Ok(writing.into_iter().collect())
    }

    fn raise(&self, settled: i64) {
        let settled = Position::new(number(settled));
        self.head.send_if_modified(|head| {
            let higher = settled > *head;
            if higher {
                *head = settled;
            }
            higher
        });
    }
}

impl fmt::Debug for Settled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Settled").field(&self.known()).finish()
    }
}
