//! The statements that read messages, and what their rows hold.

use es_core::record::{NewEvent, PageEvent};
use es_core::stream::{Position, Version};
use tokio_postgres::{Error, Row};
use uuid::Uuid;

use super::metadata::{Reader, Stored};
use super::values::Json;
use crate::pg::{Client, ReadSql, Rows, Time, Trouble, both, bounded, number};

pub(super) fn read_sql() -> ReadSql {
    let columns = include_str!("sql/columns.sql").trim_end();
    let complete = |sql: &str| sql.replace("{columns}", columns);
    ReadSql {
        stream: both!("stream", complete),
        category: both!("category", complete),
        share: both!("share", complete),
        all: both!("all", complete),
        replay: include_str!("sql/replay_stream.sql").to_owned(),
    }
}

/// The rows of the table `messages`.
#[derive(Debug, Default)]
pub(super) struct MessageRows {
    metadata: Reader,
}

impl Rows for MessageRows {
    fn event<'a>(&'a mut self, row: &'a Row) -> Result<PageEvent<'a>, Error> {
        let json = |index| json(row, index);
        let told = self.metadata.read(&Stored {
            time: row.try_get(7)?,
            correlation_id: json(8)?,
            causation_id: json(9)?,
            extensions: json(10)?,
            other: json(11)?,
        });
        let time = match told {
            Some(time) => time,
            None => row.try_get::<_, Time>(3)?.0,
        };
        let position: i64 = row.try_get(1)?;
        Ok(PageEvent {
            stream: row.try_get(0)?,
            version: Version::new(number(position.saturating_add(1))),
            position: Position::new(number(row.try_get(2)?)),
            event: NewEvent {
                time,
                id: row.try_get::<_, Uuid>(4)?,
                event_type: row.try_get(5)?,
                metadata: self.metadata.context(),
                data: json(6)?.unwrap_or(b"null"),
            },
        })
    }

    fn replayed<'a>(&'a mut self, row: &'a Row, stream: &'a str) -> Result<PageEvent<'a>, Error> {
        let told = self.metadata.read(&Stored {
            time: row.try_get(4)?,
            extensions: json(row, 5)?,
            other: json(row, 6)?,
            ..Stored::default()
        });
        let time = match told {
            Some(time) => time,
            None => row.try_get::<_, Time>(1)?.0,
        };
        let position: i64 = row.try_get(0)?;
        Ok(PageEvent {
            stream,
            version: Version::new(number(position.saturating_add(1))),
            position: Position::START,
            event: NewEvent {
                time,
                id: Uuid::nil(),
                event_type: row.try_get(2)?,
                metadata: &[],
                data: json(row, 3)?.unwrap_or(b"null"),
            },
        })
    }
}

fn json(row: &Row, index: usize) -> Result<Option<&[u8]>, Error> {
    let json = row.try_get::<_, Option<Json<&[u8]>>>(index)?;
    Ok(json.map(|json| json.0))
}

/// The last event up to `settled`.
pub(super) async fn head(client: &Client, settled: Position) -> Result<Position, Trouble> {
    let head = client.prepare_cached(include_str!("sql/head.sql")).await?;
    let row = client.query_opt(&head, &[&bounded(settled.get())]).await?;
    Ok(match row {
        Some(row) => Position::new(number(row.try_get(0)?)),
        None => Position::START,
    })
}
