//! Saving: prepare one unit of all that changed, append it, and repeat where the outcome is unknown.

use std::sync::Arc;
use std::time::Duration;

use super::doubt::{self, Found};
use super::prepare::One;
use crate::aggregate::Aggregate;
use crate::domain::Domain;
use crate::error::{OutcomeUnknown, SaveError};
use crate::invariant::Violations;
use crate::store::{
    Append, AppendError, Appended, BoxFuture, EventStore, Expected, StateChange, StateWrite,
    StoreError, StoreErrorKind, StreamAppend,
};
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
    pub(crate) fn new(value: T, version: Version, position: Option<Position>) -> Self {
        Self {
            value,
            version,
            position,
        }
    }

    /// The aggregate's version now.
    pub fn version(&self) -> Version {
        self.version
    }

    /// The position of the last event that was written, or `None` where none was.
    pub fn position(&self) -> Option<Position> {
        self.position
    }

    pub(crate) fn with<U>(self, value: U) -> Committed<U> {
        Committed::new(value, self.version, self.position)
    }
}

/// One aggregate on its way into a store, whichever kind it is of.
pub(crate) trait Saved: Send {
    /// The unit that may have been written, and that is settled before anything else is.
    fn in_doubt(&self) -> Option<Arc<Append>>;

    fn set_in_doubt(&mut self, unit: Option<Arc<Append>>);

    /// Adds what changed to a unit, or a mere check of the version where nothing did.
    fn prepare(&mut self, domain: &Domain, unit: &mut Parts) -> Result<(), SaveError>;

    /// Takes note that the unit was written.
    fn settle(&mut self, unit: &Append, appended: &[Appended]);

    /// What takes a snapshot, where one is due.
    fn snapshot<'a>(&'a mut self, domain: &'a Domain) -> Option<BoxFuture<'a, ()>>;
}

/// What a unit will be made of.
#[derive(Debug, Default)]
pub(crate) struct Parts {
    pub(crate) streams: Vec<StreamAppend>,
    pub(crate) states: Vec<StateWrite>,
}

impl Parts {
    fn write_anything(&self) -> bool {
        let changes = |write: &StateWrite| !matches!(write.change, StateChange::Check);
        self.streams.iter().any(|part| !part.events.is_empty()) || self.states.iter().any(changes)
    }

    fn into_unit(self) -> Append {
        let unit = Append::all(self.streams).and_then(|unit| unit.with_states(self.states));
        unit.expect("whoever prepares a unit holds each aggregate once")
    }
}

/// What is written in one unit with the aggregates: before their events, and behind them.
#[derive(Debug, Default)]
pub(crate) struct Around {
    pub(crate) before: Vec<StreamAppend>,
    pub(crate) behind: Vec<StreamAppend>,
}

/// The stream of an aggregate that has begun.
pub(crate) fn stream_of<A: Aggregate>(
    domain: &Domain,
    aggregate: &A,
) -> Result<StreamName, SaveError> {
    match &aggregate.root().id {
        Some(id) => Ok(super::name_of::<A>(domain, id)?),
        None => Err(SaveError::NothingRaised {
            aggregate: A::NAME,
            kept: A::KEPT,
        }),
    }
}

/// Saves one aggregate, together with what else belongs to it.
pub(crate) async fn save_one<A: Aggregate>(
    domain: &Domain,
    mut one: One<'_, A>,
    around: Around,
) -> Result<Committed, SaveError> {
    let position = save(domain, &mut [&mut one], around).await?;
    Ok(Committed::new((), one.aggregate.stored_version(), position))
}

/// Saves aggregates in one unit, and answers the position of the last event written.
pub(crate) async fn save(
    domain: &Domain,
    members: &mut [&mut (dyn Saved + '_)],
    around: Around,
) -> Result<Option<Position>, SaveError> {
    let mut position = None;
    while let Some(unit) = first_doubt(members) {
        // What an earlier attempt may have written is settled by itself, for all who were in it:
        // together with what was raised since it would be another unit.
        let mut in_it: Vec<_> = members
            .iter_mut()
            .filter(|member| member.in_doubt().is_some_and(|it| Arc::ptr_eq(&it, &unit)))
            .map(|member| &mut **member)
            .collect();
        let settled = attempt(domain, &mut in_it, &unit, Attempt::Repeated).await?;
        position = position.max(settled);
    }
    let mut parts = Parts {
        streams: around.before,
        states: Vec::new(),
    };
    parts
        .streams
        .reserve_exact(members.len() + around.behind.len());
    prepare(domain, members, &mut parts)?;
    parts.streams.extend(around.behind);
    if !parts.write_anything() {
        return Ok(position);
    }
    let unit = Arc::new(parts.into_unit());
    attempt(domain, members, &unit, Attempt::First).await
}

fn first_doubt(members: &[&mut (dyn Saved + '_)]) -> Option<Arc<Append>> {
    members.iter().find_map(|member| member.in_doubt())
}

/// All violations are told together.
fn prepare(
    domain: &Domain,
    members: &mut [&mut (dyn Saved + '_)],
    parts: &mut Parts,
) -> Result<(), SaveError> {
    let mut violated: Option<Violations> = None;
    for member in members {
        match (member.prepare(domain, parts), &mut violated) {
            (Ok(()), _) => {}
            (Err(SaveError::Violated(more)), Some(violations)) => violations.extend(more),
            (Err(SaveError::Violated(first)), none) => *none = Some(first),
            (Err(error), _) => return Err(error),
        }
    }
    violated.map_or(Ok(()), |violations| Err(SaveError::Violated(violations)))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Attempt {
    First,
    /// An earlier one may have written it.
    Repeated,
}

async fn attempt(
    domain: &Domain,
    members: &mut [&mut (dyn Saved + '_)],
    unit: &Arc<Append>,
    attempt: Attempt,
) -> Result<Option<Position>, SaveError> {
    // Set before the wait, so that it stays where the caller gives up.
    for member in &mut *members {
        member.set_in_doubt(Some(Arc::clone(unit)));
    }
    let store = domain.store_shared();
    let outcome = match attempt {
        Attempt::Repeated => repeat_once(store, unit).await,
        Attempt::First => match store.append(Arc::clone(unit)).await {
            Ok(appended) => Ok(appended),
            Err(AppendError::Conflict(conflict)) => Err(conflict.into()),
            Err(AppendError::Store(error)) => Err(error.into()),
            Err(AppendError::OutcomeUnknown(cause)) => Err(Doubt::Unknown(cause)),
        },
    };
    let outcome = match outcome {
        Ok(appended) => Ok(appended),
        Err(Doubt::Settled(error)) => Err(error),
        Err(Doubt::Unknown(cause)) => repeat(store, unit, cause).await,
    };
    if !matches!(outcome, Err(SaveError::OutcomeUnknown(_))) {
        for member in &mut *members {
            member.set_in_doubt(None);
        }
    }
    let appended = outcome?;
    for member in &mut *members {
        member.settle(unit, &appended);
    }
    for member in members {
        if let Some(snapshot) = member.snapshot(domain) {
            snapshot.await;
        }
    }
    Ok(appended.iter().filter_map(|part| part.position).max())
}

/// Why a unit was not acknowledged.
enum Doubt {
    /// It is known what became of it.
    Settled(SaveError),
    Unknown(StoreError),
}

impl<E: Into<SaveError>> From<E> for Doubt {
    fn from(error: E) -> Self {
        Self::Settled(error.into())
    }
}

/// Appends again what may have been written already: its event ids see to it that it is written
/// once. Success and a conflict tell what became of it; that a repetition surely wrote nothing does
/// not, since the first attempt may have.
pub(crate) async fn repeat(
    store: &Arc<dyn EventStore>,
    unit: &Arc<Append>,
    mut cause: StoreError,
) -> Result<Vec<Appended>, SaveError> {
    const PAUSES_MS: [u64; 5] = [0, 20, 100, 400, 1_000];
    for pause_ms in PAUSES_MS {
        let stream = main_stream(unit).as_str();
        tracing::warn!(
            stream,
            error = &cause as &dyn std::error::Error,
            "the outcome of an append is unknown"
        );
        tokio::time::sleep(Duration::from_millis(pause_ms)).await;
        cause = match repeat_once(store, unit).await {
            Ok(appended) => return Ok(appended),
            Err(Doubt::Settled(error)) => return Err(error),
            Err(Doubt::Unknown(cause)) => cause,
        };
    }
    Err(OutcomeUnknown::new(store, unit, cause).into())
}

async fn repeat_once(
    store: &Arc<dyn EventStore>,
    unit: &Arc<Append>,
) -> Result<Vec<Appended>, Doubt> {
    if !doubt::proves_itself(unit)
        && let Some(appended) = doubt::find(&**store, unit).await.map_err(Doubt::Unknown)?
    {
        return Ok(appended);
    }
    match store.append(Arc::clone(unit)).await {
        Ok(appended) => Ok(appended),
        Err(AppendError::Conflict(conflict)) => {
            match doubt::after_conflict(&**store, unit)
                .await
                .map_err(Doubt::Unknown)?
            {
                Found::Written(appended) => Ok(appended),
                Found::NotWritten => Err(conflict.into()),
                // It must not be decided again.
                Found::Nothing => {
                    let action = "tell whether a state was written: it was written over since";
                    let cause = StoreError::new(StoreErrorKind::Other, action).because(conflict);
                    Err(OutcomeUnknown::new(store, unit, cause).into())
                }
            }
        }
        Err(AppendError::Store(error) | AppendError::OutcomeUnknown(error)) => {
            Err(Doubt::Unknown(error))
        }
    }
}

/// The stream that a unit is told by: the first whose version matters to it.
pub(crate) fn main_stream(unit: &Append) -> &StreamName {
    let explicit = |part: &&StreamAppend| matches!(part.expected, Expected::Version(_));
    let of_events = unit.streams().iter().find(explicit);
    let of_states = unit.states().first().map(|write| &write.stream);
    let any = unit.streams().first();
    of_events
        .map(|part| &part.stream)
        .or(of_states)
        .or(any.map(|part| &part.stream))
        .expect("a unit has parts")
}
