//! The statements that read events, and what their rows hold.

use es_core::record::{NewEvent, PageEvent};
use es_core::stream::{Position, Version};
use tokio_postgres::{Error, Row};
use uuid::Uuid;

use super::schema::named;
use crate::pg::{JsonText, ReadSql, Rows, Time, both, number};

pub(super) fn read_sql(schema: &str) -> ReadSql {
    let named = |sql| named(sql, schema);
    ReadSql {
        stream: both!("stream", named),
        category: both!("category", named),
        share: both!("share", named),
        all: both!("all", named),
        replay: named(include_str!("sql/replay_stream.sql")),
    }
}

/// The rows of the table `events`.
#[derive(Debug, Default)]
pub(super) struct EventRows;

impl Rows for EventRows {
    fn event<'a>(&'a mut self, row: &'a Row) -> Result<PageEvent<'a>, Error> {
        Ok(PageEvent {
            stream: row.try_get(0)?,
            version: Version::new(number(row.try_get(1)?)),
            position: Position::new(number(row.try_get(2)?)),
            event: NewEvent {
                time: row.try_get::<_, Time>(3)?.0,
                id: row.try_get(4)?,
                event_type: row.try_get(5)?,
                metadata: json(row, 6)?.unwrap_or_default(),
                data: payload(row, 7)?,
            },
        })
    }

    fn replayed<'a>(&'a mut self, row: &'a Row, stream: &'a str) -> Result<PageEvent<'a>, Error> {
        Ok(PageEvent {
            stream,
            version: Version::new(number(row.try_get(0)?)),
            position: Position::START,
            event: NewEvent {
                time: row.try_get::<_, Time>(1)?.0,
                id: Uuid::nil(),
                event_type: row.try_get(2)?,
                metadata: &[],
                data: payload(row, 3)?,
            },
        })
    }
}

fn json(row: &Row, index: usize) -> Result<Option<&[u8]>, Error> {
    let json: Option<JsonText<'_>> = row.try_get(index)?;
    Ok(json.map(|JsonText(json)| json))
}

/// The payload, which is in the one column or behind it in the other.
fn payload(row: &Row, index: usize) -> Result<&[u8], Error> {
    match json(row, index)? {
        Some(data) => Ok(data),
        None => row.try_get(index + 1),
    }
}
