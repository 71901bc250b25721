//! Those who write, and repeat what they were not told the outcome of.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use es_core::record::{NewEvent, NewEvents};
use es_core::store::{Append, AppendError, EventStore, EventStoreExt as _, Expected, StreamAppend};
use es_core::stream::{StreamName, Version};
use uuid::Uuid;

use super::Shared;

/// The streams that all writers share.
pub(super) const STREAMS: u64 = 40;

/// What one writer did.
#[derive(Debug, Default)]
pub(super) struct Wrote {
    pub(super) acknowledged: Vec<Uuid>,
    pub(super) repeated: u64,
    pub(super) conflicts: u64,
}

/// Stream `nth`, of one of four categories.
pub(super) fn stream(nth: u64) -> String {
    format!("stress::kind{}-{nth}", nth % 4)
}

/// Appends until it is told to stop, and then until it knows the outcome of everything.
pub(super) async fn write(store: impl EventStore, seed: u64, shared: Arc<Shared>) -> Wrote {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut wrote = Wrote::default();
    let mut versions: HashMap<StreamName, Version> = HashMap::new();
    while !shared.is_done() {
        let unit = Arc::new(unit(&mut random, &versions));
        let mut outcome = store.append(Arc::clone(&unit)).await;
        while let Err(AppendError::OutcomeUnknown(_) | AppendError::Store(_)) = outcome {
            wrote.repeated += 1;
            tokio::time::sleep(Duration::from_millis(random.u64(5..50))).await;
            outcome = store.append(Arc::clone(&unit)).await;
        }
        match outcome {
            Ok(appended) => {
                for (part, appended) in unit.streams().iter().zip(appended) {
                    versions.insert(part.stream.clone(), appended.version);
                    wrote
                        .acknowledged
                        .extend(part.events.iter().map(|event| event.id));
                }
            }
            Err(_) => {
                wrote.conflicts += 1;
                for part in unit.streams() {
                    if let Ok(last) = store.read_last(part.stream.as_str()).await {
                        let version = last.map_or(Version::EMPTY, |last| last.version);
                        versions.insert(part.stream.clone(), version);
                    }
                }
            }
        }
        if random.u8(..) < 16 {
            tokio::time::sleep(Duration::from_millis(random.u64(0..20))).await;
        }
    }
    wrote
}

/// One to three events for a stream, or for several; every version is expected explicitly, so that
/// a repeated append is known.
fn unit(random: &mut fastrand::Rng, versions: &HashMap<StreamName, Version>) -> Append {
    let parts = if random.u8(..) < 64 {
        random.u64(2..4)
    } else {
        1
    };
    let first = random.u64(0..STREAMS);
    let streams = (0..parts).map(|part| {
        let name = stream((first + part * 7) % STREAMS);
        let stream = StreamName::new(name).expect("a proper name");
        let version = versions.get(&stream).copied().unwrap_or(Version::EMPTY);
        let mut events = NewEvents::new();
        for _ in 0..random.u64(1..4) {
            events.push(NewEvent {
                id: Uuid::now_v7(),
                time: chrono(),
                event_type: "Test.Happened.v1",
                data: format!("{{\"random\":{}}}", random.u32(..)).as_bytes(),
                metadata: b"",
            });
        }
        StreamAppend {
            stream,
            expected: Expected::Version(version),
            events,
        }
    });
    Append::all(streams.collect()).expect("no stream stands twice")
}

/// The time is of no interest here.
fn chrono() -> es_core::prelude::DateTime<es_core::prelude::Utc> {
    es_core::prelude::DateTime::from_timestamp_micros(1_718_452_800_000_000).expect("in range")
}
