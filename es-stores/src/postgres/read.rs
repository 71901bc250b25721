//! Reading pages: from the driver's buffers into the page's, with nothing between.

use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};

use es_core::record::{Direction, NewEvent, Page, PageEvent, ReadRequest, Source};
use es_core::stream::{Position, Version};
use futures_util::TryStreamExt as _;
use tokio_postgres::{Error, Row};

use super::schema::named;
use crate::pg::{Client, JsonText, Link, Settled, Trouble, Value, bounded, number};

/// A connection that still has to send more than this of what nobody wants is given up.
const MOST_UNREAD_BYTES: usize = 1 << 20;

/// The statements that read events.
#[derive(Debug)]
pub(super) struct Reads {
    stream: Both,
    category: Both,
    /// What of a category is one member's of a consumer group.
    share: Both,
    all: Both,
    /// The size of an event, as it was of late.
    event_bytes: AtomicUsize,
}

/// One read in either direction.
#[derive(Debug)]
struct Both {
    forwards: String,
    backwards: String,
}

macro_rules! both {
    ($schema:ident, $name:literal) => {
        Both {
            forwards: named(
                include_str!(concat!("sql/read_", $name, "_forwards.sql")),
                $schema,
            ),
            backwards: named(
                include_str!(concat!("sql/read_", $name, "_backwards.sql")),
                $schema,
            ),
        }
    };
}

impl Reads {
    pub(super) fn new(schema: &str) -> Self {
        Self {
            stream: both!(schema, "stream"),
            category: both!(schema, "category"),
            share: both!(schema, "share"),
            all: both!(schema, "all"),
            event_bytes: AtomicUsize::new(512),
        }
    }

    /// Fills the page, from its beginning.
    pub(super) async fn fill(
        &self,
        link: &Link,
        settled: &Settled,
        request: &ReadRequest,
        page: &mut Page,
    ) -> Result<(), Trouble> {
        page.clear();
        match (&request.source, request.direction) {
            (Source::Stream { from, .. }, direction) => {
                let from = match direction {
                    Direction::Forwards => from.map_or(0, Version::get),
                    Direction::Backwards => from.map_or(u64::MAX, Version::get),
                };
                self.walk(link, request, from, u64::MAX, page).await
            }
            (Source::Category { from, .. } | Source::All { from }, Direction::Forwards) => {
                let from = from.unwrap_or(Position::START.next());
                self.up_to_the_horizon(link, settled, from, request, page)
                    .await
            }
            (Source::Category { from, .. } | Source::All { from }, Direction::Backwards) => {
                let from = match from {
                    Some(from) if *from <= settled.known() => *from,
                    Some(from) => settled.advance(link).await?.min(*from),
                    None => settled.advance(link).await?,
                };
                self.walk(link, request, from.get(), 0, page).await
            }
        }
    }

    /// What is settled as far as is known; where that does not fill the page, as far as can be
    /// known.
    async fn up_to_the_horizon(
        &self,
        link: &Link,
        settled: &Settled,
        mut from: Position,
        request: &ReadRequest,
        page: &mut Page,
    ) -> Result<(), Trouble> {
        let known = settled.known();
        if from <= known {
            self.walk(link, request, from.get(), known.get(), page)
                .await?;
            if page.has_more() {
                return Ok(());
            }
            from = known.next();
        }
        // Once: what is settled while this is read is for the next page, however fast it comes.
        let upto = settled.advance(link).await?;
        if from <= upto {
            self.walk(link, request, from.get(), upto.get(), page)
                .await?;
        }
        Ok(())
    }

    /// Adds what lies between `from` and `upto` to the page, until it is filled: a statement after
    /// the other, each asking for as many events as should fit.
    async fn walk(
        &self,
        link: &Link,
        request: &ReadRequest,
        mut from: u64,
        upto: u64,
        page: &mut Page,
    ) -> Result<(), Trouble> {
        loop {
            let limit = self.limit(request, page);
            let (sql, parameters) = self.statement(request, from, upto, limit);
            let client = link.client().await?;
            let statement = client.prepare_cached(sql).await?;
            let rows = client.query_raw(&statement, parameters).await?;
            let mut rows = pin!(rows);
            let before = (page.len(), page.size_bytes());
            let mut taken = 0;
            while let Some(row) = rows.try_next().await? {
                if request.is_filled_by(page) {
                    page.set_has_more(true);
                    break;
                }
                page.push(event(&row)?);
                taken += 1;
            }
            self.learn(page.len() - before.0, page.size_bytes() - before.1);
            if page.has_more() {
                let unread = (limit - taken) * self.event_bytes();
                if unread > MOST_UNREAD_BYTES {
                    drop(Client::take(client));
                }
                return Ok(());
            }
            if taken < limit {
                return Ok(());
            }
            let Some(next) = next(request, page) else {
                return Ok(());
            };
            from = next;
        }
    }

    /// How many rows to ask for. All rows of a statement are sent, wanted or not: so no more than
    /// should fit by the size that events had so far, and one more to know whether there is one.
    fn limit(&self, request: &ReadRequest, page: &Page) -> usize {
        let by_count = request.max_events.max(1).saturating_sub(page.len());
        let room = request.max_bytes.saturating_sub(page.size_bytes());
        let by_size = room / self.event_bytes();
        by_count.min(by_size + by_size / 4 + 4) + 1
    }

    fn event_bytes(&self) -> usize {
        self.event_bytes.load(Ordering::Relaxed).max(1)
    }

    fn learn(&self, events: usize, bytes: usize) {
        if let Some(bytes) = bytes.checked_div(events) {
            let now = (3 * self.event_bytes() + bytes) / 4;
            self.event_bytes.store(now, Ordering::Relaxed);
        }
    }

    /// The statement for one way of reading, with its parameters.
    fn statement<'a>(
        &'a self,
        request: &'a ReadRequest,
        from: u64,
        upto: u64,
        limit: usize,
    ) -> (&'a str, Vec<Value<'a>>) {
        let forwards = request.direction == Direction::Forwards;
        let mut parameters = Vec::with_capacity(6);
        let (both, share) = match &request.source {
            Source::Stream { name, .. } => {
                parameters.push(Value::Text(name.as_str()));
                (&self.stream, None)
            }
            Source::Category { name, group, .. } => {
                parameters.push(Value::Text(name.as_str()));
                let both = match group {
                    Some(_) => &self.share,
                    None => &self.category,
                };
                (both, *group)
            }
            Source::All { .. } => (&self.all, None),
        };
        parameters.push(Value::Number(bounded(from)));
        if forwards && !matches!(request.source, Source::Stream { .. }) {
            parameters.push(Value::Number(bounded(upto)));
        }
        parameters.push(Value::Number(bounded(limit as u64)));
        if let Some(share) = share {
            parameters.push(Value::Number(share.size().into()));
            parameters.push(Value::Number(share.member().into()));
        }
        let sql = match forwards {
            true => &both.forwards,
            false => &both.backwards,
        };
        (sql, parameters)
    }
}

/// Where to go on behind the last event of the page, or `None` where nothing can be there.
fn next(request: &ReadRequest, page: &Page) -> Option<u64> {
    let last = page.last()?;
    let last = match request.source {
        Source::Stream { .. } => last.version.get(),
        Source::Category { .. } | Source::All { .. } => last.position.get(),
    };
    match request.direction {
        Direction::Forwards => Some(last + 1),
        Direction::Backwards => last.checked_sub(1).filter(|next| *next > 0),
    }
}

fn event(row: &Row) -> Result<PageEvent<'_>, Error> {
    let json = |index| row.try_get::<_, Option<JsonText<'_>>>(index);
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
