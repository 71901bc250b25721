//! Reading pages: from the driver's buffers into the page's, with nothing between.

use std::marker::PhantomData;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};

use es_core::record::{Direction, Page, PageEvent, ReadRequest, Source};
use es_core::stream::{Position, Version};
use futures_util::TryStreamExt as _;
use tokio_postgres::{Error, Row};

use super::halves::Halves;
use super::{Client, Density, Link, Parameter, Settled, Trouble, bounded};

/// A connection that still has to send more than this of what nobody wants is given up.
const MOST_UNREAD_BYTES: usize = 1 << 20;

/// The statements that read events, each with its parameters in this order: the name of the stream
/// or the category, where to begin, up to where (forwards, and not in a stream), and how many; for a
/// share the size of the group and the member.
#[derive(Debug)]
pub(crate) struct ReadSql {
    pub(crate) stream: Both,
    pub(crate) category: Both,
    /// What of a category is one member's of a consumer group.
    pub(crate) share: Both,
    pub(crate) all: Both,
    /// Of a stream forwards, what a replay looks at.
    pub(crate) replay: String,
}

/// One read in either direction.
#[derive(Debug)]
pub(crate) struct Both {
    pub(crate) forwards: String,
    pub(crate) backwards: String,
}

/// The two files of one read, each through `$named`, which completes a statement.
macro_rules! both {
    ($name:literal, $named:expr) => {
        $crate::pg::Both {
            forwards: $named(include_str!(concat!("sql/read_", $name, "_forwards.sql"))),
            backwards: $named(include_str!(concat!("sql/read_", $name, "_backwards.sql"))),
        }
    };
}
pub(crate) use both;

/// Makes events of a store's rows, one after the other.
pub(crate) trait Rows: Default {
    /// The event of a row, which may be borrowed from what is kept here until the next.
    fn event<'a>(&'a mut self, row: &'a Row) -> Result<PageEvent<'a>, Error>;

    /// The event of a row of [`ReadSql::replay`], whose stream is known.
    fn replayed<'a>(&'a mut self, row: &'a Row, stream: &'a str) -> Result<PageEvent<'a>, Error>;
}

/// Versions of a stream, or positions; `upto` is inclusive, and below `from` where that is read
/// backwards.
#[derive(Clone, Copy, Debug)]
pub(super) struct Range {
    pub(super) from: u64,
    pub(super) upto: u64,
}

/// Reads a store's events by its statements.
#[derive(Debug)]
pub(crate) struct Reads<R> {
    sql: ReadSql,
    /// The size of an event, as it was of late.
    event_bytes: AtomicUsize,
    rows: PhantomData<fn() -> R>,
}

impl<R: Rows> Reads<R> {
    pub(crate) fn new(sql: ReadSql) -> Self {
        Self {
            sql,
            event_bytes: AtomicUsize::new(512),
            rows: PhantomData,
        }
    }

    /// Fills the page, from its beginning, with whatever is visible: for what is committed in its
    /// order. Of a category two connections read what is known to be settled.
    pub(crate) async fn fill(
        &self,
        link: &Link,
        known: Position,
        request: &ReadRequest,
        density: Option<Density>,
        page: &mut Page,
    ) -> Result<(), Trouble> {
        page.clear();
        let end = match request.direction {
            Direction::Forwards => 0,
            Direction::Backwards => u64::MAX,
        };
        let (from, known) = match &request.source {
            // Versions that are there are the same to all who see them.
            Source::Stream { from, .. } => (from.map(Version::get), u64::MAX),
            Source::Category { from, .. } | Source::All { from } => {
                (from.map(Position::get), known.get())
            }
        };
        let from = from.unwrap_or(end);
        let mut range = Range { from, upto: known };
        if let Some(halves) = self.halves(request, density, range) {
            let next = self.walk_halves(link, &halves, range, page).await?;
            if page.has_more() || next.is_none() && known == u64::MAX {
                return Ok(());
            }
            range.from = next.unwrap_or_else(|| known + 1);
        }
        range.upto = u64::MAX;
        self.walk(link, request, range, page).await
    }

    /// Fills the page, from its beginning, with what is settled of a category or of everything, or
    /// with whatever is visible of a stream.
    pub(crate) async fn fill_settled(
        &self,
        link: &Link,
        settled: &Settled,
        request: &ReadRequest,
        density: Option<Density>,
        page: &mut Page,
    ) -> Result<(), Trouble> {
        let (Source::Category { from, .. } | Source::All { from }) = request.source else {
            // Nothing is appended behind what of a stream is not committed.
            return self
                .fill(link, Position::START, request, density, page)
                .await;
        };
        page.clear();
        match request.direction {
            Direction::Forwards => {
                let from = from.unwrap_or(Position::START.next());
                self.up_to_the_horizon(link, settled, from, request, density, page)
                    .await
            }
            Direction::Backwards => {
                let from = match from {
                    Some(from) if from <= settled.known() => from,
                    Some(from) => settled.advance(link).await?.min(from),
                    None => settled.advance(link).await?,
                };
                let range = Range::of(from, Position::START);
                self.walk(link, request, range, page).await
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
        density: Option<Density>,
        page: &mut Page,
    ) -> Result<(), Trouble> {
        let known = settled.known();
        if from <= known {
            let mut range = Range::of(from, known);
            let mut next = Some(range.from);
            if let Some(halves) = self.halves(request, density, range) {
                next = self.walk_halves(link, &halves, range, page).await?;
            }
            if let Some(next) = next {
                range.from = next;
                self.walk(link, request, range, page).await?;
            }
            if page.has_more() {
                return Ok(());
            }
            from = known.next();
        }
        // Once: what is settled while this is read is for the next page, however fast it comes.
        let upto = settled.advance(link).await?;
        if from <= upto {
            let range = Range::of(from, upto);
            self.walk(link, request, range, page).await?;
        }
        Ok(())
    }

    /// How to read an empty page by two connections, where that is worth it.
    fn halves(
        &self,
        request: &ReadRequest,
        density: Option<Density>,
        range: Range,
    ) -> Option<Halves> {
        let halves = Halves::of(request, range.from, density, self.event_bytes());
        halves.filter(|halves| halves.middle <= range.upto)
    }

    /// Adds what lies in the range to the page, until it is filled: a statement after the other,
    /// each asking for as many events as should fit.
    async fn walk(
        &self,
        link: &Link,
        request: &ReadRequest,
        mut range: Range,
        page: &mut Page,
    ) -> Result<(), Trouble> {
        loop {
            let limit = self.limit(request, page);
            let client = link.client().await?;
            let taken = self.take(client, request, range, limit, page).await?;
            if page.has_more() || taken < limit {
                return Ok(());
            }
            let Some(next) = next(request, page) else {
                return Ok(());
            };
            range.from = next;
        }
    }

    /// Adds the first events in the range to the page, at most so many and until it is filled, by
    /// one statement. Answers how many it took.
    pub(super) async fn take(
        &self,
        client: Client,
        request: &ReadRequest,
        range: Range,
        limit: usize,
        page: &mut Page,
    ) -> Result<usize, Trouble> {
        let mut events = R::default();
        let replayed = match &request.source {
            Source::Stream { name, .. } if request.is_replay() => Some(name.as_str()),
            _ => None,
        };
        let (sql, parameters) = self.statement(request, range, limit);
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
            page.push(match replayed {
                Some(stream) => events.replayed(&row, stream)?,
                None => events.event(&row)?,
            });
            taken += 1;
        }
        self.learn(page.len() - before.0, page.size_bytes() - before.1);
        if page.has_more() && (limit - taken - 1) * self.event_bytes() > MOST_UNREAD_BYTES {
            drop(Client::take(client));
        }
        Ok(taken)
    }

    /// How many rows to ask for. All rows of a statement are sent, wanted or not: so no more than
    /// should fit by the size that events had so far, and one more to know whether there is one.
    fn limit(&self, request: &ReadRequest, page: &Page) -> usize {
        let by_count = request.max_events.max(1).saturating_sub(page.len());
        let room = request.max_bytes.saturating_sub(page.size_bytes());
        let by_size = room / self.event_bytes();
        let wanted = by_count.min(by_size.saturating_add(by_size / 4 + 1));
        wanted.saturating_add(1)
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
        range: Range,
        limit: usize,
    ) -> (&'a str, Vec<Parameter<'a>>) {
        let Range { from, upto } = range;
        let forwards = request.direction == Direction::Forwards;
        let mut parameters = Vec::with_capacity(6);
        let (both, share) = match &request.source {
            Source::Stream { name, .. } => {
                parameters.push(Parameter::Text(name.as_str()));
                (&self.sql.stream, None)
            }
            Source::Category { name, group, .. } => {
                parameters.push(Parameter::Text(name.as_str()));
                let both = match group {
                    Some(_) => &self.sql.share,
                    None => &self.sql.category,
                };
                (both, *group)
            }
            Source::All { .. } => (&self.sql.all, None),
        };
        parameters.push(Parameter::Number(bounded(from)));
        if forwards && !matches!(request.source, Source::Stream { .. }) {
            parameters.push(Parameter::Number(bounded(upto)));
        }
        parameters.push(Parameter::Number(bounded(limit as u64)));
        if let Some(share) = share {
            parameters.push(Parameter::Number(share.size().into()));
            parameters.push(Parameter::Number(share.member().into()));
        }
        let sql = match forwards {
            true if request.is_replay() => &self.sql.replay,
            true => &both.forwards,
            false => &both.backwards,
        };
        (sql, parameters)
    }
}

impl Range {
    fn of(from: Position, upto: Position) -> Self {
        Self {
            from: from.get(),
            upto: upto.get(),
        }
    }
}

/// Where to go on behind the last event of the page, or `None` where nothing can be there.
pub(super) fn next(request: &ReadRequest, page: &Page) -> Option<u64> {
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
