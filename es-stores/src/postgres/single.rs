//! Writing a unit that waits alone, to one stream: the append of an idle store.

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
use crate::pg::{Bytes, Json, bounded, number};

/// The statements, by whether they begin the stream and whether there is more than one event. Each
/// writes what fits, and nothing where it does not; why it does not is for the function `append`
/// to say.
#[derive(Debug)]
pub(super) struct SingleSql {
    begin: ByCount,
    advance: ByCount,
}

#[derive(Debug)]
struct ByCount {
    one: String,
    many: String,
}

impl SingleSql {
    pub(super) fn new(schema: &str) -> Self {
        let named = |sql| named(sql, schema);
        Self {
            begin: ByCount {
                one: named(include_str!("sql/begin_one.sql")),
                many: named(include_str!("sql/begin_many.sql")),
            },
            advance: ByCount {
                one: named(include_str!("sql/advance_one.sql")),
                many: named(include_str!("sql/advance_many.sql")),
            },
        }
    }
}

/// A unit that one of the statements can write.
pub(super) struct Single<'a> {
    part: &'a StreamAppend,
    version: Version,
    name: &'a str,
    category: &'a str,
    expected: i64,
    count: i64,
    events: Events<'a>,
}

/// Scalars are cheaper than arrays of one.
enum Events<'a> {
    One(One<'a>),
    Many(Columns<'a>),
}

struct One<'a> {
    time: DateTime<Utc>,
    id: Uuid,
    event_type: &'a str,
    metadata: Option<Json<'a>>,
    data: Option<Json<'a>>,
    bytes: Option<Bytes<'a>>,
}

impl<'a> Single<'a> {
    /// Nothing where it takes the function `append`.
    pub(super) fn of(units: &'a [Arc<Append>]) -> Option<Self> {
        let [unit] = units else { return None };
        let [part] = unit.streams() else { return None };
        let Expected::Version(version) = part.expected else {
            return None;
        };
        let events = match part.events.len() {
            0 => return None,
            1 => Events::One(One::of(part.events.get(0))),
            _ => {
                let mut columns = Columns::default();
                part.events.iter().for_each(|event| columns.push(event));
                Events::Many(columns)
            }
        };
        Some(Self {
            part,
            version,
            name: part.stream.as_str(),
            category: part.stream.category_str(),
            expected: bounded(version.get()),
            count: bounded(part.events.len() as u64),
            events,
        })
    }

    pub(super) fn sql<'s>(&self, sql: &'s SingleSql) -> &'s str {
        let by_count = match self.version {
            Version::EMPTY => &sql.begin,
            _ => &sql.advance,
        };
        match self.events {
            Events::One(_) => &by_count.one,
            Events::Many(_) => &by_count.many,
        }
    }

    pub(super) fn parameters(&self) -> [&(dyn ToSql + Sync); 10] {
        let [time, id, event_type, metadata, data, bytes] = match &self.events {
            Events::One(one) => one.parameters(),
            Events::Many(columns) => columns.parameters(),
        };
        [
            &self.name,
            &self.category,
            &self.expected,
            &self.count,
            time,
            id,
            event_type,
            metadata,
            data,
            bytes,
        ]
    }

    /// What was done by the statement that answered these rows; nothing where it did not fit.
    pub(super) fn appended(&self, rows: &[Row]) -> Result<Option<Appended>, tokio_postgres::Error> {
        let last: Option<i64> = rows.first().map_or(Ok(None), |row| row.try_get(0))?;
        Ok(last.map(|last| Appended {
            version: Version::new(self.version.get() + self.part.events.len() as u64),
            position: Some(Position::new(number(last))),
        }))
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
