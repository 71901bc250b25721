//! The statements that read events, and what their rows hold.

use es_core::record::{NewEvent, PageEvent};
use es_core::stream::{Position, Version};
use tokio_postgres::{Error, Row};

use super::schema::named;
use crate::pg::{JsonText, ReadSql, Rows, both, number};

pub(super) fn read_sql(schema: &str) -> ReadSql {
    let named = |sql| named(sql, schema);
    ReadSql {
        stream: both!("stream", named),
        category: both!("category", named),
        share: both!("share", named),
        all: both!("all", named),
    }
}

/// The rows of the table `events`.
#[derive(Debug, Default)]
pub(super) struct EventRows;

impl Rows for EventRows {
    fn event<'a>(&'a mut self, row: &'a Row) -> Result<PageEvent<'a>, Error> {
        let json = |index| row.try_get::<_, Option<JsonText<'a>>>(index);
        let data = match json(7)? {
            Some(JsonText(data)) => data,
            None => row.try_get(8)?,
        };
        Ok(PageEvent {
            stream: row.try_get(0)?,
            version: Version::new(number(row.try_get(1)?)),
            position: Position::new(number(row.try_get(2)?)),
            event: NewEvent {
                time: row.try_get(3)?,
                id: row.try_get(4)?,
                event_type: row.try_get(5)?,
                metadata: json(6)?.map_or(&[], |JsonText(metadata)| metadata),
                data,
            },
        })
    }
}
