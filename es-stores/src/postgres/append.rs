//! Writing a batch of units by one statement.

use std::convert::Infallible;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use es_core::store::{
    Append, Appended, Decision, Expected, Standing, StoreError, StoreErrorKind, StreamAppend,
};
use es_core::stream::{Position, StreamName, Version};
use tokio_postgres::Row;
use uuid::Uuid;

use super::schema::named;
use crate::pg::{Bell, Bytes, Failure, Json, Link, Outcome, Trouble, WriteUnits, bounded, number};

/// Writes batches by the function `append` of the schema.
#[derive(Debug)]
pub(super) struct Writer {
    link: Arc<Link>,
    sql: String,
    bell: Arc<Bell>,
}

impl Writer {
    pub(super) fn new(link: Arc<Link>, bell: Arc<Bell>, schema: &str) -> Self {
        Self {
            link,
            sql: named(include_str!("sql/append.sql"), schema),
            bell,
        }
    }

    async fn send(&self, batch: &Batch<'_>) -> Result<Vec<Row>, Trouble> {
        let client = self.link.client().await?;
        let statement = client.prepare_cached(&self.sql).await;
        let statement = statement.map_err(|error| Trouble::from(error).before_sending())?;
        let rows = client
            .query(
                &statement,
                &[
                    &batch.names,
                    &batch.categories,
                    &batch.units,
                    &batch.expected,
                    &batch.counts,
                    &batch.streams,
                    &batch.places,
                    &batch.times,
                    &batch.ids,
                    &batch.types,
                    &batch.metadata,
                    &batch.data,
                    &batch.bytes,
                ],
            )
            .await?;
        Ok(rows)
    }
}

impl WriteUnits for Writer {
    type Lock = StreamName;

    /// The function that writes decides by the state before all of a batch.
    const SHARES_LOCKS: bool = false;

    fn lock(stream: &StreamName) -> StreamName {
        stream.clone()
    }

    async fn write(&self, units: &[Arc<Append>]) -> Result<Vec<Outcome>, Failure> {
        let batch = Batch::of(units);
        let sent = match self.send(&batch).await {
            // Nothing of it stands.
            Err(trouble) if trouble.is_stale_statement() && self.link.has_died(&trouble) => {
                self.send(&batch).await
            }
            sent => sent,
        };
        let rows = sent.map_err(Trouble::of_batch)?;
        let answers = rows.iter().map(Answer::read).collect::<Result<Vec<_>, _>>();
        // An answer that does not read came behind the commit.
        let answers = answers.map_err(|error| Failure::Unknown(error.into()))?;
        let outcomes = batch.outcomes(units, answers);
        if outcomes.iter().any(wrote) {
            self.bell.ring();
        }
        Ok(outcomes)
    }

    fn error(&self, trouble: &Trouble) -> StoreError {
        self.link.error("append to", trouble)
    }

    fn check(&self, unit: &Append) -> Result<(), StoreError> {
        let mut events = unit.streams().iter().flat_map(|part| part.events.iter());
        match events.find(|event| !is_metadata(event.metadata)) {
            None => Ok(()),
            Some(event) => Err(StoreError::new(
                StoreErrorKind::Invalid,
                format!(
                    "append the event {} ({}): its metadata is not JSON",
                    event.id, event.event_type
                ),
            )),
        }
    }
}

fn is_metadata(metadata: &[u8]) -> bool {
    metadata.is_empty() || Json::new(metadata).is_some()
}

fn wrote(outcome: &Outcome) -> bool {
    let appended = outcome.as_ref().map_or(&[][..], Vec::as_slice);
    appended.iter().any(|it| it.position.is_some())
}

/// The parameters of the statement: one array a column.
#[derive(Default)]
struct Batch<'a> {
    // A stream each, in the order of their names.
    names: Vec<&'a str>,
    categories: Vec<&'a str>,
    units: Vec<i32>,
    expected: Vec<i64>,
    counts: Vec<i64>,
    // An event each, in the order of units.
    streams: Vec<i32>,
    places: Vec<i64>,
    times: Vec<DateTime<Utc>>,
    ids: Vec<Uuid>,
    types: Vec<&'a str>,
    metadata: Vec<Option<Json<'a>>>,
    data: Vec<Option<Json<'a>>>,
    bytes: Vec<Option<Bytes<'a>>>,
    /// Where the parts of each unit stand among the streams.
    places_of_parts: Vec<Vec<usize>>,
}

impl<'a> Batch<'a> {
    fn of(units: &'a [Arc<Append>]) -> Self {
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
            let json = Json::new(event.data);
            self.streams.push(small(stream) + 1);
            self.places.push(place);
            self.times.push(event.time);
            self.ids.push(event.id);
            self.types.push(event.event_type);
            // Looked at before it was queued.
            let metadata = event.metadata;
            self.metadata
                .push((!metadata.is_empty()).then_some(Json::known(metadata)));
            self.bytes.push(json.is_none().then_some(event.data));
            self.data.push(json);
        }
    }

    fn outcomes(&self, units: &[Arc<Append>], mut answers: Vec<Answer>) -> Vec<Outcome> {
        let units = units.iter().zip(&self.places_of_parts);
        units
            .map(|(unit, places)| {
                let mut parts: Vec<(&StreamName, Answer)> = Vec::with_capacity(places.len());
                for (part, place) in unit.streams().iter().zip(places) {
                    parts.push((&part.stream, std::mem::take(&mut answers[*place])));
                }
                outcome(unit, parts)
            })
            .collect()
    }
}

fn small(number: usize) -> i32 {
    i32::try_from(number).expect("a batch has few units")
}

/// What the server says of one stream.
#[derive(Default)]
struct Answer {
    before: Version,
    written: bool,
    last_position: Option<Position>,
    standing: Vec<(Uuid, Position)>,
}

impl Answer {
    fn read(row: &Row) -> Result<Self, tokio_postgres::Error> {
        let position = |position| Position::new(number(position));
        let ids: Option<Vec<Uuid>> = row.try_get(3)?;
        let positions: Option<Vec<i64>> = row.try_get(4)?;
        let standing = ids.into_iter().flatten();
        let standing = standing.zip(positions.into_iter().flatten().map(position));
        Ok(Self {
            before: Version::new(number(row.try_get(0)?)),
            written: row.try_get(1)?,
            last_position: row.try_get::<_, Option<i64>>(2)?.map(position),
            standing: standing.collect(),
        })
    }
}

/// The server has decided by versions alone; whether a unit that does not fit has been written
/// before is decided here, by the rule of all stores.
fn outcome(unit: &Append, parts: Vec<(&StreamName, Answer)>) -> Outcome {
    if parts.iter().all(|(_, answer)| answer.written) {
        let parts = unit.streams().iter().zip(parts);
        return Ok(parts
            .map(|(part, (_, answer))| Appended {
                version: Version::new(answer.before.get() + part.events.len() as u64),
                position: answer.last_position,
            })
            .collect());
    }
    let Ok(decision) = unit.decide(&mut Answers(parts));
    match decision {
        Decision::Stands(appended) => Ok(appended),
        Decision::Conflict(conflict) => Err(conflict),
        Decision::Write(_) => unreachable!("the server writes what fits"),
    }
}

struct Answers<'a>(Vec<(&'a StreamName, Answer)>);

impl Answers<'_> {
    fn of(&self, stream: &StreamName) -> &Answer {
        let found = self.0.iter().find(|(name, _)| *name == stream);
        &found.expect("the server answers for each stream").1
    }
}

impl Standing for Answers<'_> {
    type Error = Infallible;

    fn version(&mut self, stream: &StreamName) -> Result<Version, Infallible> {
        Ok(self.of(stream).before)
    }

    fn behind(
        &mut self,
        stream: &StreamName,
        _: Version,
        _: usize,
    ) -> Result<Vec<(Uuid, Position)>, Infallible> {
        Ok(self.of(stream).standing.clone())
    }
}
