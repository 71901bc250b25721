//! From the acknowledgement of an append to the hands of a reader who waits for it.

use std::process::Stdio;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result};
use es_bench_race::Venue;
use es_core::prelude::*;
use indicatif::ProgressBar;
use serde::Serialize;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;
use tokio::sync::mpsc;

use crate::ours::Account;
use crate::places::{Place, Places};

/// How long readers waited behind the acknowledgement.
#[derive(Clone, Debug, Serialize)]
pub struct Waiting {
    /// Where.
    pub venue: Venue,
    /// Whether the reader is in the writer's process.
    pub same_process: bool,
    /// How many appends there were, one at a time.
    pub appends: usize,
    /// Half of them took no longer, in milliseconds.
    pub p50_ms: f64,
    /// All but one in a hundred.
    pub p99_ms: f64,
    /// All.
    pub most_ms: f64,
}

/// When a reader had an event in its hands: its position and the time.
type Seen = (u64, Duration);

/// Measures one venue: a reader in this process, and one in another where there can be one.
///
/// # Errors
/// Where a store fails.
pub async fn waiting(
    venue: Venue,
    appends: usize,
    places: &mut Places,
    bar: &ProgressBar,
) -> Result<Vec<Waiting>> {
    let mut rows = Vec::new();
    for same_process in [true, false] {
        let name = if same_process { "near" } else { "far" };
        let place = places.store(venue, &format!("waiting_{name}")).await?;
        let (send, seen) = mpsc::unbounded_channel();
        bar.set_message(format!("{venue}: a reader waits"));
        if same_process {
            let store = place.store.clone();
            let reader =
                tokio::spawn(async move { read(&*store, |seen| send.send(seen).is_ok()).await });
            rows.push(append(venue, true, appends, &place, seen, bar).await?);
            reader.abort();
        } else if let Some(way) = &place.way {
            let mut process = Command::new(std::env::current_exe()?)
                .args(["reader", venue.key(), way])
                .stdout(Stdio::piped())
                .kill_on_drop(true)
                .spawn()?;
            let out = process.stdout.take().context("the reader has no output")?;
            let mut lines = BufReader::new(out).lines();
            lines.next_line().await?.context("the reader has ended")?;
            let reader = tokio::spawn(async move {
                while let Some(line) = lines.next_line().await? {
                    let (position, time) = line.split_once(' ').context("an odd line")?;
                    let time = Duration::from_nanos(time.parse()?);
                    if send.send((position.parse()?, time)).is_err() {
                        break;
                    }
                }
                anyhow::Ok(())
            });
            rows.push(append(venue, false, appends, &place, seen, bar).await?);
            reader.abort();
            process.kill().await?;
        }
    }
    places.clear()?;
    Ok(rows)
}

/// The reader in another process: a line an event, position and time.
///
/// # Errors
/// Where the store fails.
pub async fn reader(venue: Venue, way: &str) -> Result<()> {
    let store = Place::open(venue, way).await?;
    println!("ready");
    read(&*store, |(position, time)| {
        println!("{position} {}", time.as_nanos());
        true
    })
    .await
}

/// What every program does that follows a store.
async fn read(store: &dyn EventStore, mut tell: impl FnMut(Seen) -> bool) -> Result<()> {
    let mut last = Position::START;
    loop {
        store.wait_beyond(last).await?;
        let mut events = store.read_all().from(last.next());
        while let Some(event) = events.next().await? {
            last = event.position;
            if !tell((last.get(), now())) {
                return Ok(());
            }
        }
    }
}

async fn append(
    venue: Venue,
    same_process: bool,
    appends: usize,
    place: &Place,
    mut seen: mpsc::UnboundedReceiver<Seen>,
    bar: &ProgressBar,
) -> Result<Waiting> {
    const PAUSE: Duration = Duration::from_millis(7);
    let domain = Domain::builder("bench")
        .event_store(place.store.clone())
        .build()?;
    let accounts = domain.repository::<Account>();
    let mut latencies_ms = Vec::new();
    for number in 0..appends {
        tokio::time::sleep(PAUSE).await;
        let mut account = Account::begin(number as u64);
        let committed = accounts.add(&mut account).await?;
        let acknowledged = now();
        let position = committed.position().context("nothing was appended")?;
        loop {
            let (read, time) = seen.recv().await.context("the reader has ended")?;
            if read == position.get() {
                latencies_ms.push(time.saturating_sub(acknowledged).as_secs_f64() * 1e3);
                break;
            }
        }
        bar.inc(1);
    }
    latencies_ms.sort_by(f64::total_cmp);
    let at = |part: usize| latencies_ms[(latencies_ms.len() - 1) * part / 100];
    Ok(Waiting {
        venue,
        same_process,
        appends,
        p50_ms: at(50),
        p99_ms: at(99),
        most_ms: at(100),
    })
}

/// The machine's clock, which two processes share.
fn now() -> Duration {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
}
