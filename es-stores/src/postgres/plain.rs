//! Appends of the common kind, each to one stream at an expected version, by one plain statement.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use es_core::record::NewEvent;
use es_core::store::{Append, Appended, Expected, StreamAppend};
use es_core::stream::{Position, Version};
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::columns::{self, Columns};
use super::schema::named;
use crate::pg::{Bytes, Json, Outcome, bounded, number};

/// The statements. Each writes what fits, and nothing where it does not.
#[derive(Debug)]
pub(super) struct PlainSql {
    /// One event to one stream.
    one: String,
    /// Several events to one stream.
    many: String,
    /// One event to each of several streams.
    each: String,
}

impl PlainSql {
    pub(super) fn new(schema: &str) -> Self {
        Self {
            one: named(include_str!("sql/append_one.sql"), schema),
            many: named(include_str!("sql/append_many.sql"), schema),
            each: named(include_str!("sql/append_each.sql"), schema),
        }
    }
}

/// Units that one of the statements can write.
pub(super) enum Plain<'a> {
    One(Part<'a>, One<'a>),
    Many(Part<'a>, Columns<'a>),
    Each(Each<'a>),
}

/// What is asked of a stream.
pub(super) struct Part<'a> {
    stream: &'a str,
    category: &'a str,
    expected: i64,
}

/// Scalars are cheaper than arrays of one.
pub(super) struct One<'a> {
    time: DateTime<Utc>,
    id: Uuid,
    event_type: &'a str,
    metadata: Option<Json<'a>>,
    data: Option<Json<'a>>,
    bytes: Option<Bytes<'a>>,
}

/// The units in the order of their streams' names, with their numbers.
#[derive(Default)]
pub(super) struct Each<'a> {
    units: Vec<usize>,
    streams: Vec<&'a str>,
    categories: Vec<&'a str>,
    expected: Vec<i64>,
    events: Columns<'a>,
}

impl<'a> Plain<'a> {
    /// Nothing where they take more than such a statement.
    pub(super) fn of(units: &'a [Arc<Append>]) -> Option<Self> {
        if let [unit] = units {
            let (part, events) = (Part::of(unit)?, &unit.streams()[0].events);
            if events.len() == 1 {
                return Some(Self::One(part, One::of(events.get(0))));
            }
            let mut columns = Columns::default();
            events.iter().for_each(|event| columns.push(event));
            return Some(Self::Many(part, columns));
        }
        Each::of(units).map(Self::Each)
    }

    pub(super) fn sql<'s>(&self, sql: &'s PlainSql) -> &'s str {
        match self {
            Self::One(..) => &sql.one,
            Self::Many(..) => &sql.many,
            Self::Each(_) => &sql.each,
        }
    }

    pub(super) fn parameters(&self) -> [&(dyn ToSql + Sync); 9] {
        let (part, events): ([&(dyn ToSql + Sync); 3], _) = match self {
            Self::One(part, one) => (part.parameters(), one.parameters()),
            Self::Many(part, columns) => (part.parameters(), columns.parameters()),
            Self::Each(each) => (
                [&each.streams, &each.categories, &each.expected],
                each.events.parameters(),
            ),
        };
        let [stream, category, expected] = part;
        let [time, id, event_type, metadata, data, bytes] = events;
        [
            stream, category, expected, time, id, event_type, metadata, data, bytes,
        ]
    }

    /// What was done by the statement that answered these rows.
    pub(super) fn written(
        &self,
        units: &[Arc<Append>],
        rows: &[Row],
    ) -> Result<Written, tokio_postgres::Error> {
        let each = match self {
            Self::Each(each) => each,
            Self::One(..) | Self::Many(..) => {
                let Some(last) = rows.last() else {
                    return Ok(Written::Nothing);
                };
                let appended = appended(&units[0].streams()[0], last.try_get(0)?);
                return Ok(Written::All(vec![Ok(vec![appended])]));
            }
        };
        if rows.len() < units.len() {
            return Ok(match rows.is_empty() {
                true => Written::Nothing,
                false => Written::Some,
            });
        }
        let mut outcomes: Vec<_> = units.iter().map(|_| Ok(Vec::new())).collect();
        for (row, unit) in rows.iter().zip(&each.units) {
            outcomes[*unit] = Ok(vec![appended(&units[*unit].streams()[0], row.try_get(0)?)]);
        }
        Ok(Written::All(outcomes))
    }
}

/// How much of the units has been written, and stands.
pub(super) enum Written {
    All(Vec<Outcome>),
    /// Some fit and some do not; which is to be found out.
    Some,
    Nothing,
}

fn appended(part: &StreamAppend, last: i64) -> Appended {
    let before = match part.expected {
        Expected::Version(version) => version,
        Expected::Any => unreachable!("such a unit is none of these"),
    };
    Appended {
        version: Version::new(before.get() + part.events.len() as u64),
        position: Some(Position::new(number(last))),
    }
}

impl<'a> Part<'a> {
    fn of(unit: &'a Append) -> Option<Self> {
        let [part] = unit.streams() else { return None };
        let Expected::Version(version) = part.expected else {
            return None;
        };
        let expected = bounded(version.get());
        // The last number has none behind it.
        (!part.events.is_empty() && expected < i64::MAX).then(|| Self {
            stream: part.stream.as_str(),
            category: part.stream.category_str(),
            expected,
        })
    }

    fn parameters(&self) -> [&(dyn ToSql + Sync); 3] {
        [&self.stream, &self.category, &self.expected]
    }
}

impl<'a> One<'a> {
    fn of(event: NewEvent<'a>) -> Self {
        let (data, bytes) = columns::payload(event);
        Self {
            time: event.time,
            id: event.id,
            event_type: event.event_type,
            metadata: columns::metadata(event),
            data,
            bytes,
        }
    }

    /// In the order of [`Columns::parameters`].
    fn parameters(&self) -> [&(dyn ToSql + Sync); 6] {
        [
            &self.time,
            &self.id,
            &self.event_type,
            &self.metadata,
            &self.data,
            &self.bytes,
        ]
    }
}

impl<'a> Each<'a> {
    fn of(units: &'a [Arc<Append>]) -> Option<Self> {
        let parts = units.iter().enumerate();
        let parts: Option<Vec<_>> = parts
            .map(|(nth, unit)| {
                let part = Part::of(unit)?;
                (unit.streams()[0].events.len() == 1).then_some((nth, part))
            })
            .collect();
        let mut parts = parts?;
        parts.sort_unstable_by(|(_, a), (_, b)| a.stream.cmp(b.stream));
        let mut each = Self::default();
        for (nth, part) in parts {
            each.units.push(nth);
            each.streams.push(part.stream);
            each.categories.push(part.category);
            each.expected.push(part.expected);
            each.events.push(units[nth].streams()[0].events.get(0));
        }
        Some(each)
    }
}
