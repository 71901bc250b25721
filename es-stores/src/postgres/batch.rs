//! A batch of units as the function `append` takes it, and what it answers.

use std::convert::Infallible;
use std::mem;
use std::sync::Arc;

use es_core::store::{Append, Appended, Decision, Expected, Standing, StreamAppend};
use es_core::stream::{Position, StreamName, Version};
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::columns::Columns;
use crate::pg::{Outcome, bounded, number};

/// The parameters of the statement: one array a column.
#[derive(Default)]
pub(super) struct Batch<'a> {
    // A stream each, in the order of their names.
    names: Vec<&'a str>,
    categories: Vec<&'a str>,
    units: Vec<i32>,
    expected: Vec<i64>,
    counts: Vec<i64>,
    // An event each, in the order of units.
    streams: Vec<i32>,
    places: Vec<i64>,
    events: Columns<'a>,
    /// Where the parts of each unit stand among the streams.
    places_of_parts: Vec<Vec<usize>>,
}

impl<'a> Batch<'a> {
    pub(super) fn of(units: &'a [Arc<Append>]) -> Self {
        let mut batch = Self::default();
        let mut parts: Vec<(usize, usize, &StreamAppend)> = Vec::with_capacity(units.len());
        for (unit, append) in units.iter().enumerate() {
            let of_unit = append.streams().iter().enumerate();
            parts.extend(of_unit.map(|(nth, part)| (unit, nth, part)));
            batch
                .places_of_parts
                .push(vec![usize::MAX; append.streams().len()]);
        }
        parts.sort_unstable_by(|(.., a), (.., b)| a.stream.as_str().cmp(b.stream.as_str()));
        for (place, (unit, nth, part)) in parts.into_iter().enumerate() {
            batch.places_of_parts[unit][nth] = place;
            batch.push_stream(unit, part);
        }
        for (unit, append) in units.iter().enumerate() {
            for (nth, part) in append.streams().iter().enumerate() {
                let place = batch.places_of_parts[unit][nth];
                batch.push_events(place, part);
            }
        }
        batch
    }

    fn push_stream(&mut self, unit: usize, part: &'a StreamAppend) {
        self.names.push(part.stream.as_str());
        self.categories.push(part.stream.category_str());
        self.units.push(small(unit));
        self.expected.push(match part.expected {
            Expected::Version(version) => bounded(version.get()),
            Expected::Any => -1,
        });
        self.counts.push(bounded(part.events.len() as u64));
    }

    fn push_events(&mut self, stream: usize, part: &'a StreamAppend) {
        for (event, place) in part.events.iter().zip(1..) {
            self.streams.push(small(stream) + 1);
            self.places.push(place);
            self.events.push(event);
        }
    }

    pub(super) fn parameters(&self) -> [&(dyn ToSql + Sync); 13] {
        let [times, ids, types, metadata, data, bytes] = self.events.parameters();
        [
            &self.names,
            &self.categories,
            &self.units,
            &self.expected,
            &self.counts,
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

    /// The units in order, as the server had them: those that fit have been written.
    pub(super) fn outcomes(&self, units: &[Arc<Append>], mut answer: Answer) -> Vec<Outcome> {
        let mut positions = mem::take(&mut answer.positions).into_iter();
        let units = units.iter().zip(&self.places_of_parts);
        units
            .map(|(unit, places)| {
                let parts = unit.streams().iter().zip(places);
                let parts = parts.map(|(part, place)| (part, answer.before[*place]));
                let fits = parts.clone().all(|(part, before)| match part.expected {
                    Expected::Version(expected) => expected == before,
                    Expected::Any => true,
                });
                if !fits {
                    return unfit(unit, places, &answer);
                }
                Ok(parts
                    .map(|(part, before)| Appended {
                        version: Version::new(before.get() + part.events.len() as u64),
                        position: last_of(&mut positions, part.events.len()),
                    })
                    .collect())
            })
            .collect()
    }
}

fn small(number: usize) -> i32 {
    i32::try_from(number).expect("a batch has few units")
}

/// The last of the next `count`.
fn last_of<T>(all: &mut impl Iterator<Item = T>, count: usize) -> Option<T> {
    count.checked_sub(1).and_then(|skipped| all.nth(skipped))
}

/// What the server says of a batch.
pub(super) struct Answer {
    /// The version that each stream was at.
    before: Vec<Version>,
    /// The positions of all new events, in order.
    positions: Vec<Position>,
    /// By the place of their streams: what stands behind the versions that units expected which do
    /// not fit.
    standing: Vec<(usize, (Uuid, Position))>,
}

impl Answer {
    pub(super) fn read(rows: &[Row]) -> Result<Self, tokio_postgres::Error> {
        let row = rows
            .first()
            .expect("a function that is no set answers once");
        let position = |position| Position::new(number(position));
        let before: Vec<i64> = row.try_get(0)?;
        let positions: Option<Vec<i64>> = row.try_get(1)?;
        let streams: Option<Vec<i32>> = row.try_get(2)?;
        let ids: Option<Vec<Uuid>> = row.try_get(3)?;
        let standing: Option<Vec<i64>> = row.try_get(4)?;
        let places = streams.into_iter().flatten();
        let places = places.map(|place| usize::try_from(place - 1).unwrap_or(usize::MAX));
        let standing = standing.into_iter().flatten().map(position);
        Ok(Self {
            before: before
                .into_iter()
                .map(|version| Version::new(number(version)))
                .collect(),
            positions: positions.into_iter().flatten().map(position).collect(),
            standing: places
                .zip(ids.into_iter().flatten().zip(standing))
                .collect(),
        })
    }
}

/// The server has decided by versions alone; whether a unit that does not fit has been written
/// before is decided here, by the rule of all stores.
fn unfit(unit: &Append, places: &[usize], answer: &Answer) -> Outcome {
    let Ok(decision) = unit.decide(&mut Unfit {
        unit,
        places,
        answer,
    });
    match decision {
        Decision::Stands(appended) => Ok(appended),
        Decision::Conflict(conflict) => Err(conflict),
        Decision::Write(_) => unreachable!("the server writes what fits"),
    }
}

struct Unfit<'a> {
    unit: &'a Append,
    places: &'a [usize],
    answer: &'a Answer,
}

impl Unfit<'_> {
    fn place(&self, stream: &StreamName) -> usize {
        let mut parts = self.unit.streams().iter().zip(self.places);
        let found = parts.find(|(part, _)| part.stream == *stream);
        *found.expect("a unit is decided by its own streams").1
    }
}

impl Standing for Unfit<'_> {
    type Error = Infallible;

    fn version(&mut self, stream: &StreamName) -> Result<Version, Infallible> {
        Ok(self.answer.before[self.place(stream)])
    }

    fn behind(
        &mut self,
        stream: &StreamName,
        _: Version,
        _: usize,
    ) -> Result<Vec<(Uuid, Position)>, Infallible> {
        let place = self.place(stream);
        let standing = self.answer.standing.iter();
        Ok(standing
            .filter(|(of, _)| *of == place)
            .map(|(_, event)| *event)
            .collect())
    }
}
