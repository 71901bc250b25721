//! Units of any kind as the statement takes them that writes them, and what became of them.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::Arc;

use es_core::store::{
    Append, Appended, Decision, Expected, Standing, StateChange, StateWrite, StreamAppend,
};
use es_core::stream::{Position, StreamName, Version};
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::columns::Columns;
use crate::pg::{Outcome, bounded, number};

/// The parameters of the statement: one array a column.
#[derive(Default)]
pub(super) struct Batch<'a> {
    // A stream each, in the order of units.
    names: Vec<&'a str>,
    categories: Vec<&'a str>,
    units: Vec<i32>,
    expected: Vec<i64>,
    // An event each, in the order of units.
    streams: Vec<i64>,
    places: Vec<i64>,
    events: Columns<'a>,
    /// Whether a unit checks a stream that it does not write to.
    checks: bool,
}

impl<'a> Batch<'a> {
    pub(super) fn of(units: &'a [Arc<Append>]) -> Self {
        let mut batch = Self::default();
        for (unit, append) in units.iter().enumerate() {
            let parts = append.streams();
            for part in parts {
                batch.push(unit, part);
            }
            let writes =
                parts.iter().any(|part| !part.events.is_empty()) || !append.states().is_empty();
            batch.checks |= writes && parts.iter().any(only_checks);
            // What is not there can not be locked.
            batch.checks |= append.states().iter().any(checks_that_there_is_none);
        }
        batch
    }

    fn push(&mut self, unit: usize, part: &'a StreamAppend) {
        self.names.push(part.stream.as_str());
        self.categories.push(part.stream.category_str());
        self.units.push(small(unit));
        self.expected.push(match part.expected {
            Expected::Version(version) => bounded(version.get()),
            Expected::Any => -1,
        });
        let stream = bounded(self.names.len() as u64);
        for (event, place) in part.events.iter().zip(1..) {
            self.streams.push(stream);
            self.places.push(place);
            self.events.push(event);
        }
    }

    pub(super) fn parameters(&self) -> [&(dyn ToSql + Sync); 12] {
        let [times, ids, types, metadata, data, bytes] = self.events.parameters();
        [
            &self.names,
            &self.categories,
            &self.units,
            &self.expected,
            &self.streams,
            &self.places,
            times,
            ids,
            types,
            metadata,
            data,
            bytes,
        ]
    }

    /// Whether it has no stream, and so nothing for the statement.
    pub(super) fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// Whether no other such batch may be written meanwhile: two units that each check what the
    /// other one writes to would both find what they expect.
    pub(super) fn must_be_alone(&self) -> bool {
        self.checks
    }
}

fn only_checks(part: &StreamAppend) -> bool {
    part.events.is_empty() && part.expected != Expected::Any
}

fn checks_that_there_is_none(write: &StateWrite) -> bool {
    matches!(write.change, StateChange::Check) && write.expected == Version::EMPTY
}

fn small(number: usize) -> i32 {
    i32::try_from(number).expect("a batch has few units")
}

/// The last of the next `count`.
fn last_of<T>(all: &mut impl Iterator<Item = T>, count: usize) -> Option<T> {
    count.checked_sub(1).and_then(|skipped| all.nth(skipped))
}

/// What the server says of a batch.
#[derive(Default)]
pub(super) struct Answer {
    /// The version that each stream was at.
    before: Vec<Version>,
    /// The positions of all new events, in order.
    positions: Vec<Position>,
}

impl Answer {
    pub(super) fn read(row: &Row) -> Result<Self, tokio_postgres::Error> {
        let before: Option<Vec<i64>> = row.try_get(0)?;
        let positions: Option<Vec<i64>> = row.try_get(1)?;
        let before = before.into_iter().flatten().map(number);
        let positions = positions.into_iter().flatten().map(number);
        Ok(Self {
            before: before.map(Version::new).collect(),
            positions: positions.map(Position::new).collect(),
        })
    }

    /// What became of the units, in order: those that fit have been written.
    pub(super) fn outcomes<'a>(&self, units: &'a [Arc<Append>]) -> Outcomes<'a> {
        let mut before = self.before.iter().copied();
        let mut positions = self.positions.iter().copied();
        let outcomes = units.iter().map(|unit| {
            let before: Vec<_> = before.by_ref().take(unit.streams().len()).collect();
            let parts = unit.streams().iter().zip(&before);
            let fits = parts.clone().all(|(part, before)| match part.expected {
                Expected::Version(expected) => expected == *before,
                Expected::Any => true,
            });
            if !fits {
                return Err(Unfit { unit, before });
            }
            let appended = parts.map(|(part, before)| Appended {
                version: Version::new(before.get() + part.events.len() as u64),
                position: last_of(&mut positions, part.events.len()),
            });
            Ok(appended.collect())
        });
        Outcomes(outcomes.collect())
    }
}

/// What became of each unit, where it fits, and what is known of it where it does not.
pub(super) struct Outcomes<'a>(Vec<Result<Vec<Appended>, Unfit<'a>>>);

/// A unit of which nothing was written, with the versions that its streams were at.
pub(super) struct Unfit<'a> {
    unit: &'a Append,
    before: Vec<Version>,
}

impl<'a> Outcomes<'a> {
    /// What has to be known of the units that do not fit.
    pub(super) fn unknown(&self) -> Behind<'a> {
        let unfit = self.0.iter().filter_map(|outcome| outcome.as_ref().err());
        Behind::of(unfit.flat_map(|unfit| unfit.unit.streams()))
    }

    /// What was appended, of each unit that fits.
    pub(super) fn into_written(self) -> Vec<Option<Vec<Appended>>> {
        self.0.into_iter().map(Result::ok).collect()
    }

    /// All of them, by what stands in the streams of those that do not fit.
    pub(super) fn decided(self, standing: &Standings<'_>) -> Vec<Outcome> {
        let outcomes = self.0.into_iter();
        outcomes
            .map(|outcome| outcome.or_else(|unfit| unfit.decide(standing)))
            .collect()
    }
}

/// The streams of which it is asked what stands behind a version: the parameters of the statement,
/// one array a column.
#[derive(Default)]
pub(super) struct Behind<'a> {
    streams: Vec<&'a str>,
    after: Vec<i64>,
    counts: Vec<i64>,
}

impl<'a> Behind<'a> {
    /// Behind the versions that these expect.
    pub(super) fn of(parts: impl IntoIterator<Item = &'a StreamAppend>) -> Self {
        let mut behind = Self::default();
        for part in parts {
            if let Expected::Version(expected) = part.expected {
                behind.streams.push(part.stream.as_str());
                behind.after.push(bounded(expected.get()));
                behind.counts.push(bounded(part.events.len() as u64));
            }
        }
        behind
    }

    pub(super) fn is_empty(&self) -> bool {
        self.streams.is_empty()
    }

    pub(super) fn parameters(&self) -> [&(dyn ToSql + Sync); 3] {
        [&self.streams, &self.after, &self.counts]
    }

    pub(super) fn read(&self, rows: &[Row]) -> Result<Standings<'a>, tokio_postgres::Error> {
        let mut standing = Standings::default();
        for row in rows {
            let place = usize::try_from(row.try_get::<_, i64>(0)? - 1).unwrap_or(usize::MAX);
            let event = (row.try_get(1)?, Position::new(number(row.try_get(2)?)));
            let of_stream = standing.0.entry(self.streams[place]).or_default();
            of_stream.push(event);
        }
        Ok(standing)
    }
}

/// What stands behind the versions that were expected, by stream.
#[derive(Default)]
pub(super) struct Standings<'a>(HashMap<&'a str, Vec<(Uuid, Position)>>);

impl Standings<'_> {
    pub(super) fn of(&self, stream: &StreamName) -> Vec<(Uuid, Position)> {
        self.0.get(stream.as_str()).cloned().unwrap_or_default()
    }
}

impl Unfit<'_> {
    /// The server has decided by versions alone; whether the unit has been written before is decided
    /// here, by the rule of all stores.
    fn decide(&self, standing: &Standings<'_>) -> Outcome {
        let Ok(decision) = self.unit.decide(&mut Seen {
            unfit: self,
            standing,
        });
        match decision {
            Decision::Stands(appended) => Ok(appended),
            Decision::Conflict(conflict) => Err(conflict),
            Decision::Write(_) => unreachable!("the server writes what fits"),
        }
    }
}

struct Seen<'a> {
    unfit: &'a Unfit<'a>,
    standing: &'a Standings<'a>,
}

impl Standing for Seen<'_> {
    type Error = Infallible;

    fn version(&mut self, stream: &StreamName) -> Result<Version, Infallible> {
        let Unfit { unit, before } = self.unfit;
        let mut parts = unit.streams().iter().zip(before);
        let found = parts.find(|(part, _)| part.stream == *stream);
        Ok(*found.expect("a unit is decided by its own streams").1)
    }

    fn behind(
        &mut self,
        stream: &StreamName,
        _: Version,
        _: usize,
    ) -> Result<Vec<(Uuid, Position)>, Infallible> {
        Ok(self.standing.of(stream))
    }
}
