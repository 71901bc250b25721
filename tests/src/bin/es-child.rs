//! What the tests run as a process of its own: to be killed, to compete, to be measured.
//!
//! ```text
//! es-child append FILE               append to counter `a` for ever, reporting each version
//! es-child count FILE TASKS TIMES    count tally `a` up by TASKS x TIMES, TASKS at once
//! es-child fill FILE EVENTS          append EVENTS events to counter `a`, in commits of 10,000
//! es-child load FILE                 load counter `a`; report its total and the peak of memory
//! es-child move URI                  move money between wallets for ever, reporting each unit
//! ```

use std::io::Write;

use anyhow::{Context as _, bail};
use es_core::prelude::*;
use es_stores::SqliteStore;
use es_tests::bank::{Counter, Tally};
use es_tests::wallets;

const ID: &str = "a";

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let [verb, file, ..] = arguments[..] else {
        bail!("usage: es-child append|count|fill|load|move FILE ...");
    };
    if verb == "move" {
        return move_money(file).await;
    }
    let store = SqliteStore::open(file).await?;
    let domain = Domain::builder("test").event_store(store).build()?;
    let counters = domain.repository::<Counter>();
    let number = |index: usize| -> anyhow::Result<u64> {
        let text = arguments.get(index).context("a number is missing")?;
        Ok(text.parse()?)
    };
    match verb {
        "append" => append(&counters).await,
        "count" => count(&domain.repository(), number(2)?, number(3)?).await,
        "fill" => fill(&counters, number(2)?).await,
        "load" => load(&counters).await,
        other => bail!("there is no `{other}`"),
    }
}

/// Reports a version when it was acknowledged, and not before.
async fn append(counters: &Repository<Counter>) -> anyhow::Result<()> {
    let mut counter = match counters.find(&ID.to_owned()).await? {
        Some(counter) => counter,
        None => Counter::begin(ID, 1),
    };
    loop {
        // Commits of one to three events, so that a commit can be seen to be whole.
        for _ in 0..=counter.version().get() % 3 {
            counter.count(1);
        }
        let committed = counters.add(&mut counter).await?;
        let mut out = std::io::stdout().lock();
        writeln!(out, "{}", committed.version())?;
        out.flush()?;
    }
}

async fn count(tallies: &Repository<Tally>, tasks: u64, times: u64) -> anyhow::Result<()> {
    let tasks: Vec<_> = (0..tasks)
        .map(|_| {
            let tallies = tallies.clone();
            tokio::spawn(async move {
                for _ in 0..times {
                    tallies.update(&ID.to_owned(), Tally::count).await?;
                }
                anyhow::Ok(())
            })
        })
        .collect();
    for task in tasks {
        task.await??;
    }
    Ok(())
}

/// Three at once, who are in each other's way. Reports how much moved when it was acknowledged.
async fn move_money(uri: &str) -> anyhow::Result<()> {
    let store = es_stores::connect(uri).await?;
    let domain = Domain::builder("bank").event_store(store).build()?;
    let movers = (0..3).map(|_| {
        let domain = domain.clone();
        tokio::spawn(async move {
            loop {
                match wallets::move_at_random(&domain).await {
                    Ok(moves) => {
                        let mut out = std::io::stdout().lock();
                        writeln!(out, "{moves}")?;
                        out.flush()?;
                    }
                    Err(SaveError::Conflict(_)) => {}
                    Err(error) => return Err::<(), _>(anyhow::Error::from(error)),
                }
            }
        })
    });
    for mover in movers.collect::<Vec<_>>() {
        mover.await??;
    }
    Ok(())
}

async fn fill(counters: &Repository<Counter>, events: u64) -> anyhow::Result<()> {
    let mut counter = Counter::begin(ID, 1);
    while counter.version() < events {
        for _ in 0..(events - counter.version().get()).min(10_000) {
            counter.count(1);
        }
        counters.add(&mut counter).await?;
    }
    Ok(())
}

async fn load(counters: &Repository<Counter>) -> anyhow::Result<()> {
    let begun = std::time::Instant::now();
    let counter = counters.get(&ID.to_owned()).await?;
    println!("version {}", counter.version());
    println!("total {}", counter.total());
    println!("peak_kib {}", peak_kib()?);
    println!("ms {}", begun.elapsed().as_millis());
    Ok(())
}

/// The peak resident size of this process in KiB, as Linux counts it.
fn peak_kib() -> anyhow::Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    Ok(number.context("the system does not tell")?.parse()?)
}
