//! Saving: stamp, encode into one buffer, append, and repeat where the outcome is unknown.

use std::mem;
use std::sync::Arc;
use std::time::Duration;

use super::snapshot;
use crate::aggregate::{Aggregate, Stamp};
use crate::codec;
use crate::domain::Domain;
use crate::error::{OutcomeUnknown, SaveError};
use crate::event::EventEnum;
use crate::record::NewEvents;
use crate::store::{Append, AppendError, EventStore, Expected, StoreError};
use crate::stream::{Position, StreamName, Version};

/// What was appended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Committed<T = ()> {
    /// What the closure of `update` returned.
    pub value: T,
    version: Version,
    position: Option<Position>,
}

impl<T> Committed<T> {
    /// The aggregate's version now.
    pub fn version(&self) -> Version {
        self.version
    }

    /// The position of the last event, or `None` where nothing was pending.
    pub fn position(&self) -> Option<Position> {
        self.position
    }

    pub(super) fn with<U>(self, value: U) -> Committed<U> {
        Committed {
            value,
            version: self.version,
            position: self.position,
        }
    }
}

/// The stream of an aggregate that has begun.
pub(super) fn stream_of<A: Aggregate>(
    domain: &Domain,
    aggregate: &A,
) -> Result<StreamName, SaveError> {
    match &aggregate.root().id {
        Some(id) => Ok(super::stream_of::<A>(domain, id)?),
        None => Err(SaveError::NothingRaised { aggregate: A::NAME }),
    }
}

/// Appends what is pending to the aggregate's stream, once.
pub(super) async fn save<A: Aggregate>(
    domain: &Domain,
    stream: &StreamName,
    aggregate: &mut A,
) -> Result<Committed, SaveError> {
    let version = aggregate.stored_version();
    if aggregate.pending_events().is_empty() {
        return Ok(Committed {
            value: (),
            version,
            position: None,
        });
    }
    let root = aggregate.root();
    if root.in_doubt && root.stamps.len() < root.pending().len() {
        // What an earlier attempt may have written is settled by itself: together with what was
        // raised since it would be another append.
        append_stamped(domain, stream, aggregate).await?;
    }
    stamp(domain, aggregate);
    let committed = append_stamped(domain, stream, aggregate).await?;
    snapshot::take_if_due(domain, stream, aggregate).await;
    Ok(committed)
}

/// Appends those of the pending events that have a stamp.
async fn append_stamped<A: Aggregate>(
    domain: &Domain,
    stream: &StreamName,
    aggregate: &mut A,
) -> Result<Committed, SaveError> {
    let root = aggregate.root();
    let mut events = NewEvents::with_room_for(root.stamps.len());
    for (event, stamp) in root.pending().iter().zip(&root.stamps) {
        let encoded = events.encode(
            stamp.id,
            stamp.time,
            &stamp.metadata,
            |types| codec::write_type(domain.name(), event.event_type(), types),
            |bytes| {
                let start = bytes.len();
                event.encode(bytes)?;
                codec::check_reads_back(event, &bytes[start..])
            },
        );
        encoded.map_err(|problem| {
            let (stream, event) = (stream.clone(), event.event_type().name);
            SaveError::Encode {
                stream,
                event,
                problem,
            }
        })?;
    }
    let append = Append::to(stream.clone(), Expected::Version(root.stored), events);
    let append = Arc::new(append);

    // Set before the wait, so that it stays where the caller gives up.
    let in_doubt = mem::replace(&mut aggregate.root_mut().in_doubt, true);
    let outcome = match append_once(domain.store_shared(), &append).await {
        Ok(committed) => Ok(committed),
        Err(AppendError::Conflict(conflict)) => Err(conflict.into()),
        Err(AppendError::Store(error)) if !in_doubt => Err(error.into()),
        Err(AppendError::Store(cause) | AppendError::OutcomeUnknown(cause)) => {
            repeat(domain.store_shared(), &append, cause).await
        }
    };
    let root = aggregate.root_mut();
    root.in_doubt = matches!(outcome, Err(SaveError::OutcomeUnknown(_)));
    let committed = outcome?;
    root.time = root.stamps.last().map(|stamp| stamp.time).or(root.time);
    root.stored = committed.version;
    let written = root.stamps.drain(..).len();
    root.pending_mut().drain(..written);
    Ok(committed)
}

/// Gives each pending event its id, time and context, unless it has them from an earlier attempt.
/// A time is the clock's, or that of the event before where the clock went back.
fn stamp<A: Aggregate>(domain: &Domain, aggregate: &mut A) {
    let now = domain.now();
    let root = aggregate.root_mut();
    let before = root.stamps.last().map(|stamp| stamp.time).or(root.time);
    let time = before.map_or(now, |before| before.max(now));
    while root.stamps.len() < root.pending().len() {
        let metadata = Arc::clone(domain.context());
        root.stamps.push(Stamp {
            id: domain.new_event_id(),
            time,
            metadata,
        });
    }
}

/// Appends again what may have been written already: its event ids see to it that it is written
/// once. Success and a conflict tell what became of it; that a repetition surely wrote nothing does
/// not, since the first attempt may have.
pub(crate) async fn repeat(
    store: &Arc<dyn EventStore>,
    append: &Arc<Append>,
    mut cause: StoreError,
) -> Result<Committed, SaveError> {
    const PAUSES_MS: [u64; 5] = [0, 20, 100, 400, 1_000];
    let stream = &append.streams()[0].stream;
    for pause_ms in PAUSES_MS {
        tracing::warn!(%stream, error = &cause as &dyn std::error::Error, "the outcome of an append is unknown");
        tokio::time::sleep(Duration::from_millis(pause_ms)).await;
        cause = match append_once(store, append).await {
            Ok(committed) => return Ok(committed),
            Err(AppendError::Conflict(conflict)) => return Err(conflict.into()),
            Err(AppendError::Store(error) | AppendError::OutcomeUnknown(error)) => error,
        };
    }
    let (store, append) = (Arc::clone(store), Arc::clone(append));
    Err(OutcomeUnknown {
        store,
        append,
        cause,
    }
    .into())
}

async fn append_once(
    store: &Arc<dyn EventStore>,
    append: &Arc<Append>,
) -> Result<Committed, AppendError> {
    let appended = store.append(Arc::clone(append)).await?[0];
    Ok(Committed {
        value: (),
        version: appended.version,
        position: appended.position,
    })
}
