//! One measurement of one contestant.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use serde::{Deserialize, Serialize};

use crate::bank::{self, Account};
use crate::contestant::{Contestant, Role, Until, Work};
use crate::scenario::{Categories, Scenario, Venue};

/// How much is held and how long is measured.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Effort {
    /// How long one sample lasts.
    pub seconds: f64,
    /// Whether less is held: a hundredth of it.
    pub quick: bool,
}

/// The accounts that are there before the race, by how many events they have.
const TENS: u64 = 1;
const THOUSANDS: u64 = 1_001;
const TEN_THOUSAND: u64 = 9_001;
const MILLION: u64 = 9_002;
/// The first account that is made in a sample.
const FRESH: u64 = 1_000_000;

impl Effort {
    /// The longest account that `contestant` has, and so how many events at least.
    fn longest(&self, role: Role) -> u64 {
        if self.quick || role == Role::Peer {
            10_000
        } else {
            1_000_000
        }
    }

    /// How many events reading a category or everything begins with.
    fn events_held(&self, role: Role) -> u64 {
        let held = self.many() * (10 + 1_000) + 10_000;
        match self.longest(role) {
            1_000_000 => 1_000_000,
            _ => held,
        }
    }

    /// How many accounts of one length there are, where they are short.
    fn many(&self) -> u64 {
        if self.quick { 3 } else { 100 }
    }

    /// How many accounts are given commands.
    fn commanded(&self) -> u64 {
        if self.quick { 100 } else { 1_000 }
    }

    fn accounts_of(&self, events: u64) -> (u64, u64) {
        match events {
            10 => (TENS, self.many()),
            1_000 => (THOUSANDS, self.many()),
            10_000 => (TEN_THOUSAND, 1),
            _ => (MILLION, 1),
        }
    }
}

/// Gives a contestant what it holds before the race, and looks at what it makes of it.
///
/// # Errors
/// Where it can not hold it, or answers another state.
pub async fn preload(contestant: &Arc<dyn Contestant>, effort: Effort) -> Result<()> {
    const COMMIT: u64 = 500;
    let longest = effort.longest(contestant.role());
    for events in [10, 1_000, 10_000, 1_000_000] {
        if events > longest {
            continue;
        }
        let (first, count) = effort.accounts_of(events);
        for account in first..first + count {
            for from in (0..events).step_by(usize::try_from(COMMIT)?) {
                let count = COMMIT.min(events - from);
                if contestant.append(account, from, count).await?.is_none() {
                    return Ok(());
                }
            }
        }
    }
    contestant.preloaded().await?;
    let loaded = contestant.load(THOUSANDS).await?;
    if let Some(loaded) = loaded {
        check(&loaded, 1_000)?;
        ensure!(loaded == bank::expected(1_000), "another state: {loaded:?}");
    }
    Ok(())
}

/// Measures once: what is counted a second, or `None` where the contestant has no such operation.
///
/// # Errors
/// Where it fails, or did not do what was asked.
pub async fn sample(
    contestant: &Arc<dyn Contestant>,
    venue: Venue,
    scenario: Scenario,
    effort: Effort,
) -> Result<Option<f64>> {
    match scenario {
        Scenario::Command { writers } => {
            let accounts = effort.commanded() / writers;
            // In memory, where a fast one would lengthen its own histories much, turns are counted.
            let (events, turns) = match venue {
                Venue::Memory => (1, Some(accounts * if effort.quick { 5 } else { 20 })),
                _ => (10, None),
            };
            let first = fresh(writers * accounts);
            for account in first..first + writers * accounts {
                if contestant.append(account, 0, events).await?.is_none() {
                    return Ok(None);
                }
            }
            let plan = Plan {
                writers,
                first,
                accounts,
                events,
                categories: Categories::One,
                turns,
            };
            plan.run(contestant, effort, Doing::Command).await
        }
        Scenario::Append {
            writers,
            categories,
        } => {
            let accounts = 64;
            let plan = Plan {
                writers,
                first: fresh(writers * accounts),
                accounts,
                events: 0,
                categories,
                turns: None,
            };
            plan.run(contestant, effort, Doing::Append).await
        }
        Scenario::Batch { events } => {
            repeat(effort, async |_| {
                let appended = contestant.append(fresh(1), 0, events).await?;
                Ok(appended.map(|()| events))
            })
            .await
        }
        Scenario::Load { events } => {
            if events > effort.longest(contestant.role()) {
                return Ok(None);
            }
            let (first, count) = effort.accounts_of(events);
            repeat(effort, async |nth| {
                let Some(account) = contestant.load(first + nth % count).await? else {
                    return Ok(None);
                };
                check(&account, events)?;
                Ok(Some(events))
            })
            .await
        }
        Scenario::LoadBySnapshot { events } => {
            let (first, _) = effort.accounts_of(events);
            repeat(effort, async |_| {
                let Some(account) = contestant.load_by_snapshot(first).await? else {
                    return Ok(None);
                };
                check(&account, events)?;
                Ok(Some(1))
            })
            .await
        }
        Scenario::LoadAsOf { events } => {
            let (first, _) = effort.accounts_of(events);
            repeat(effort, async |_| {
                let Some(account) = contestant.load_as_of(first, events / 2).await? else {
                    return Ok(None);
                };
                check(&account, events / 2)?;
                Ok(Some(1))
            })
            .await
        }
        Scenario::ReadCategory | Scenario::ReadAll => {
            let held = effort.events_held(contestant.role());
            repeat(effort, async |_| {
                let read = match scenario {
                    Scenario::ReadAll => contestant.read_all(held).await?,
                    _ => contestant.read_category(held).await?,
                };
                if let Some(read) = read {
                    ensure!(read >= held, "{read} events were read of at least {held}");
                }
                Ok(read)
            })
            .await
        }
    }
}

fn check(account: &Account, events: u64) -> Result<()> {
    let found = account.events;
    ensure!(found == events, "{found} events were folded of {events}");
    Ok(())
}

/// The numbers of `count` accounts that nobody has used.
fn fresh(count: u64) -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(FRESH);
    NEXT.fetch_add(count, Ordering::Relaxed)
}

/// Does something again and again, each time counting what it answers.
async fn repeat(
    effort: Effort,
    mut once: impl AsyncFnMut(u64) -> Result<Option<u64>>,
) -> Result<Option<f64>> {
    let started = Instant::now();
    let (mut times, mut count) = (0, 0);
    while times == 0 || started.elapsed().as_secs_f64() < effort.seconds {
        let Some(done) = once(times).await? else {
            return Ok(None);
        };
        times += 1;
        count += done;
    }
    Ok(Some(a_second(count, started.elapsed())))
}

#[derive(Clone, Copy)]
enum Doing {
    Append,
    Command,
}

/// What several writers do at a time.
struct Plan {
    writers: u64,
    first: u64,
    accounts: u64,
    events: u64,
    categories: Categories,
    turns: Option<u64>,
}

impl Plan {
    async fn run(
        &self,
        contestant: &Arc<dyn Contestant>,
        effort: Effort,
        doing: Doing,
    ) -> Result<Option<f64>> {
        let started = Instant::now();
        let until = match self.turns {
            Some(turns) => Until::Turns(turns),
            None => Until::Time(started + Duration::from_secs_f64(effort.seconds)),
        };
        let writers = (0..self.writers).map(|writer| {
            let work = Work {
                writer,
                first: self.first + writer * self.accounts,
                accounts: self.accounts,
                events: self.events,
                categories: self.categories,
                until,
            };
            let contestant = Arc::clone(contestant);
            tokio::spawn(async move {
                match doing {
                    Doing::Append => contestant.append_each(work).await,
                    Doing::Command => contestant.command_each(work).await,
                }
            })
        });
        let writers: Vec<_> = writers.collect();
        let (mut count, mut of_first) = (0, None);
        for writer in writers {
            let Some(done) = writer.await.context("a writer")?? else {
                return Ok(None);
            };
            of_first.get_or_insert(done);
            count += done;
        }
        let elapsed = started.elapsed();
        if self.categories == Categories::One {
            self.check_effect(contestant, of_first.unwrap_or_default())
                .await?;
        }
        Ok(Some(a_second(count, elapsed)))
    }

    /// The first account of the first writer has grown by what that writer says.
    async fn check_effect(&self, contestant: &Arc<dyn Contestant>, done: u64) -> Result<()> {
        if done == 0 {
            return Ok(());
        }
        match contestant.load(self.first).await? {
            Some(account) => check(&account, self.events + done.div_ceil(self.accounts)),
            None => Ok(()),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of one sample are small")]
fn a_second(count: u64, elapsed: Duration) -> f64 {
    count as f64 / elapsed.as_secs_f64()
}
