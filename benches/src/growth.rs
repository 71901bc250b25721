//! What a store's size does to appends, to reads of its end, and to loads.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use es_bench_race::Venue;
use es_bench_race::bank::{self, account_name};
use es_core::prelude::*;
use es_core::record::{NewEvent, NewEvents};
use es_core::store::{Append, Expected, StreamAppend};
use indicatif::ProgressBar;
use serde::Serialize;
use tokio_postgres::NoTls;

use crate::places::{Place, Places};
use crate::report::{float, median};

/// How long things take in a store of one size.
#[derive(Clone, Debug, Serialize)]
pub struct Growth {
    /// Where.
    pub venue: Venue,
    /// How many events it holds, in streams of 10.
    pub events: u64,
    /// Appending one event to a new stream, in microseconds: the median.
    pub append_us: f64,
    /// Reading the last 10 events of the store.
    pub tail_us: f64,
    /// Reading one of its streams, anywhere.
    pub load_us: f64,
    /// The size of the file or the database for each event; memory does not tell.
    pub bytes_an_event: Option<f64>,
}

/// Measures one venue at 1,000 events, 10,000 and so on up to `most`.
///
/// # Errors
/// Where a store fails.
pub async fn growth(
    venue: Venue,
    most: u64,
    places: &mut Places,
    bar: &ProgressBar,
) -> Result<Vec<Growth>> {
    let place = places.store(venue, "growth").await?;
    let mut rows = Vec::new();
    let (mut held, mut size) = (0, 1_000);
    while size <= most {
        while held < size {
            bar.set_message(format!("{venue}: {held} of {size} events"));
            fill(&place, held).await?;
            held += COMMIT;
            bar.inc(COMMIT);
        }
        place.vacuum().await?;
        rows.push(measure(venue, &place, held).await?);
        size *= 10;
    }
    drop(place);
    places.clear()?;
    Ok(rows)
}

/// Events in a commit, and in a stream.
const COMMIT: u64 = 1_000;
const STREAM: u64 = 10;

fn stream(number: u64) -> Result<StreamName> {
    Ok(StreamName::new(format!(
        "bench::account-{}",
        account_name(number)
    ))?)
}

fn push(events: &mut NewEvents, nth: u64) -> Result<()> {
    let event = bank::event(nth);
    events.push(NewEvent {
        id: Uuid::now_v7(),
        time: Utc::now(),
        event_type: &format!("Bench.{}.v1", event.kind()),
        data: &event.fields()?,
        metadata: b"",
    });
    Ok(())
}

/// A commit more: streams of 10 events each.
async fn fill(place: &Place, held: u64) -> Result<()> {
    let first = held / STREAM;
    let parts = (first..first + COMMIT / STREAM).map(|number| {
        let mut events = NewEvents::new();
        for nth in 0..STREAM {
            push(&mut events, nth)?;
        }
        Ok(StreamAppend {
            stream: stream(number)?,
            expected: Expected::Version(Version::EMPTY),
            events,
        })
    });
    let parts = parts.collect::<Result<Vec<_>>>()?;
    place.store.append(Arc::new(Append::all(parts)?)).await?;
    Ok(())
}

async fn measure(venue: Venue, place: &Place, held: u64) -> Result<Growth> {
    const TIMES: u64 = 200;
    let store = &place.store;
    let (mut appends, mut tails, mut loads) = (Vec::new(), Vec::new(), Vec::new());
    for time in 0..TIMES {
        let mut events = NewEvents::new();
        push(&mut events, 0)?;
        let name = StreamName::new(format!("bench::later-{held}x{time}"))?;
        let unit = Append::to(name, Expected::Version(Version::EMPTY), events);
        let started = Instant::now();
        store.append(Arc::new(unit)).await?;
        appends.push(started.elapsed());

        let position = store.head().await?;
        let started = Instant::now();
        let last = store.read_all().backwards().limit(10).collect().await?;
        tails.push(started.elapsed());
        let newest = last.first().context("nothing was read")?;
        anyhow::ensure!(newest.position == position, "the last event is another");

        // Anywhere: steps of a prime number through all streams.
        let number = (time * 7_919 * 104_729) % (held / STREAM);
        let name = stream(number)?;
        let started = Instant::now();
        let read = store.read_stream(&name).collect().await?;
        loads.push(started.elapsed());
        anyhow::ensure!(read.len() == 10, "{} events in `{name}`", read.len());
    }
    let us = |times: Vec<Duration>| {
        let times: Vec<f64> = times.iter().map(|time| time.as_secs_f64() * 1e6).collect();
        median(&times)
    };
    Ok(Growth {
        venue,
        events: held,
        append_us: us(appends),
        tail_us: us(tails),
        load_us: us(loads),
        bytes_an_event: size_bytes(place)
            .await?
            .map(|bytes| float(bytes) / float(held)),
    })
}

/// How large the file or the database is.
async fn size_bytes(place: &Place) -> Result<Option<u64>> {
    let Some(way) = &place.way else {
        return Ok(None);
    };
    if !way.starts_with("postgres") {
        return Ok(Some(std::fs::metadata(way)?.len()));
    }
    let (client, connection) = tokio_postgres::connect(way, NoTls).await?;
    tokio::spawn(connection);
    let size = "SELECT pg_database_size(current_database())";
    let bytes: i64 = client.query_one(size, &[]).await?.get(0);
    Ok(Some(bytes.unsigned_abs()))
}
