//! What is read, and the way from PostgreSQL's rows into a page.

use es_core::record::{Direction, NewEvent, Page, PageEvent, ReadRequest, Source};
use es_core::stream::{Position, Version};
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::metadata::Reader;
use super::values::{Json, Time};
use crate::pg::{Client, Trouble, bounded, number};

/// The most messages fetched at a time, whatever a page takes.
const FETCH_EVENTS: usize = 1_000;
/// Payloads are stored in a form that may be larger than their text: so many times as much is
/// fetched as the page takes, before it is fetched again for what is left.
const STORED_PER_TEXT: usize = 4;

/// One page of messages.
pub(super) struct Query<'r> {
    request: &'r ReadRequest,
    /// Beyond it nothing is read from all streams.
    settled: Position,
    sql: &'static str,
    /// Where the next fetch begins, inclusive.
    from: i64,
}

/// Whether a page is as it should be.
#[derive(PartialEq, Eq)]
enum Filled {
    Yes,
    NotYet,
}

impl<'r> Query<'r> {
    /// A read of what `request` asks for; of all streams only up to `settled`.
    pub(super) fn new(request: &'r ReadRequest, settled: Position) -> Self {
        let (from, sql) = match &request.source {
            Source::Stream { from, .. } => {
                // A stream's first version is its position 0.
                let from = from.map(|from| bounded(from.get()).saturating_sub(1));
                (from, READ_STREAM)
            }
            Source::Category { from, group, .. } => {
                let from = from.map(|from| bounded(from.get()));
                (from, group.map_or(READ_CATEGORY, |_| READ_SHARE))
            }
            Source::All { from } => (from.map(|from| bounded(from.get())), READ_ALL),
        };
        let [forwards, backwards] = sql;
        let (end, sql) = match request.direction {
            Direction::Forwards => (0, forwards),
            Direction::Backwards => (i64::MAX, backwards),
        };
        Self {
            request,
            settled,
            sql,
            from: from.unwrap_or(end),
        }
    }

    /// Fills `page`, which it clears first.
    pub(super) async fn fill(&mut self, client: &Client, page: &mut Page) -> Result<(), Trouble> {
        page.clear();
        let mut reader = Reader::default();
        while self.fetch(client, &mut reader, page).await? == Filled::NotYet {}
        Ok(())
    }

    /// One message more is asked for than fits, so that "there is more" is never a guess.
    async fn fetch(
        &mut self,
        client: &Client,
        reader: &mut Reader,
        page: &mut Page,
    ) -> Result<Filled, Trouble> {
        let room = self.request.max_events.max(1).saturating_sub(page.len());
        let limit = room.min(FETCH_EVENTS) + 1;
        let rows = self.rows(client, limit, page).await?;
        for row in &rows {
            if self.request.is_filled_by(page) {
                page.set_has_more(true);
                return Ok(Filled::Yes);
            }
            push(row, reader, page)?;
        }
        let Some((last, found)) = self.last(&rows)? else {
            return Ok(Filled::Yes);
        };
        if rows.len() == found && found < limit {
            return Ok(Filled::Yes);
        }
        self.from = match self.request.direction {
            Direction::Forwards => last.saturating_add(1),
            Direction::Backwards => last - 1,
        };
        Ok(Filled::NotYet)
    }

    async fn rows(&self, client: &Client, limit: usize, page: &Page) -> Result<Vec<Row>, Trouble> {
        let left = self.request.max_bytes.saturating_sub(page.size_bytes());
        let bytes = bounded(left.saturating_mul(STORED_PER_TEXT) as u64);
        let limit = bounded(limit as u64);
        let settled = bounded(self.settled.get());
        let (name, member, size);
        let mut parameters: Vec<&(dyn ToSql + Sync)> = vec![&self.from, &limit, &bytes];
        match &self.request.source {
            Source::Stream { name: stream, .. } => {
                name = stream.as_str();
                parameters.push(&name);
            }
            Source::Category {
                name: category,
                group,
                ..
            } => {
                name = category.as_str();
                parameters.push(&name);
                if let Some(group) = group {
                    member = i64::from(group.member());
                    size = i64::from(group.size());
                    parameters.push(&member);
                    parameters.push(&size);
                }
            }
            Source::All { .. } => parameters.push(&settled),
        }
        let statement = client.prepare_cached(self.sql).await?;
        Ok(client.query(&statement, &parameters).await?)
    }

    /// Where the last row stands, and how many there would be but for their size.
    fn last(&self, rows: &[Row]) -> Result<Option<(i64, usize)>, Trouble> {
        let Some(row) = rows.last() else {
            return Ok(None);
        };
        let column = match self.request.source {
            Source::Stream { .. } => POSITION,
            Source::Category { .. } | Source::All { .. } => GLOBAL_POSITION,
        };
        let found: i64 = row.try_get(FOUND)?;
        Ok(Some((
            row.try_get(column)?,
            usize::try_from(found).unwrap_or(usize::MAX),
        )))
    }
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

type Both = [&'static str; 2];

const READ_STREAM: Both = [
    include_str!("sql/read_stream_forwards.sql"),
    include_str!("sql/read_stream_backwards.sql"),
];
const READ_CATEGORY: Both = [
    include_str!("sql/read_category_forwards.sql"),
    include_str!("sql/read_category_backwards.sql"),
];
const READ_SHARE: Both = [
    include_str!("sql/read_share_forwards.sql"),
    include_str!("sql/read_share_backwards.sql"),
];
const READ_ALL: Both = [
    include_str!("sql/read_all_forwards.sql"),
    include_str!("sql/read_all_backwards.sql"),
];

const STREAM_NAME: usize = 0;
const POSITION: usize = 1;
const GLOBAL_POSITION: usize = 2;
const TIME: usize = 3;
const ID: usize = 4;
const TYPE: usize = 5;
const METADATA: usize = 6;
const DATA: usize = 7;
const FOUND: usize = 8;

fn push(row: &Row, reader: &mut Reader, page: &mut Page) -> Result<(), Trouble> {
    let metadata: Option<Json<&[u8]>> = row.try_get(METADATA)?;
    let told = reader.read(metadata.map_or(b"", |json| json.0));
    let time = match told {
        Some(time) => time,
        None => row.try_get::<_, Time>(TIME)?.0,
    };
    let data: Option<Json<&[u8]>> = row.try_get(DATA)?;
    let position: i64 = row.try_get(POSITION)?;
    page.push(PageEvent {
        stream: row.try_get(STREAM_NAME)?,
        version: Version::new(number(position.saturating_add(1))),
        position: Position::new(number(row.try_get(GLOBAL_POSITION)?)),
        event: NewEvent {
            id: row.try_get::<_, Uuid>(ID)?,
            time,
            event_type: row.try_get(TYPE)?,
            data: data.map_or(b"null", |json| json.0),
            metadata: reader.context(),
        },
    });
    Ok(())
}
