//! What a reading connection is asked, and the way from SQLite's rows into a page.

use es_core::record::{Direction, NewEvent, Page, PageEvent, ReadRequest, Source};
use es_core::store::{Fingerprint, Snapshot};
use es_core::stream::{Position, StreamName, Version};
use rusqlite::types::{FromSqlError, FromSqlResult, Type, ValueRef};
use rusqlite::{CachedStatement, Connection, OptionalExtension, Row, Rows, params};
use uuid::Uuid;

use super::kept::Kept;
use super::numbers::{bounded, position, time, version};
use super::states::StateQueries;

/// A reader's statements, of a while.
pub(super) struct Queries<'c> {
    stream: Both<'c>,
    /// Of a stream forwards, what a replay looks at.
    replay: Kept<'c>,
    category: Both<'c>,
    all: Both<'c>,
    head: Kept<'c>,
    snapshot: Kept<'c>,
    pub(super) states: StateQueries<'c>,
}

/// One read in either direction.
struct Both<'c> {
    forwards: Kept<'c>,
    backwards: Kept<'c>,
}

impl<'c> Queries<'c> {
    pub(super) fn new(connection: &'c Connection) -> Self {
        Self {
            stream: Both::new(
                connection,
                include_str!("sql/read_stream_forwards.sql"),
                include_str!("sql/read_stream_backwards.sql"),
            ),
            replay: Kept::new(connection, include_str!("sql/replay_stream.sql")),
            category: Both::new(
                connection,
                include_str!("sql/read_category_forwards.sql"),
                include_str!("sql/read_category_backwards.sql"),
            ),
            all: Both::new(
                connection,
                include_str!("sql/read_all_forwards.sql"),
                include_str!("sql/read_all_backwards.sql"),
            ),
            head: Kept::new(connection, include_str!("sql/head.sql")),
            snapshot: Kept::new(connection, include_str!("sql/load_snapshot.sql")),
            states: StateQueries::new(connection),
        }
    }

    /// One page. The statement ends with it, and with the statement SQLite's hold on that moment:
    /// the next page sees what was committed since.
    pub(super) fn fill(&mut self, request: &ReadRequest, page: &mut Page) -> rusqlite::Result<()> {
        page.clear();
        let direction = request.direction;
        let rows = match &request.source {
            Source::Stream { name, from } => {
                let from = first(from.map(Version::get), direction);
                let statement = match request.is_replay() {
                    true => self.replay.get()?,
                    false => self.stream.going(direction)?,
                };
                statement.query(params![name.as_str(), from])?
            }
            Source::Category { name, from, .. } => {
                let from = first(from.map(Position::get), direction);
                self.category
                    .going(direction)?
                    .query(params![name.as_str(), from])?
            }
            Source::All { from } => {
                let from = first(from.map(Position::get), direction);
                self.all.going(direction)?.query([from])?
            }
        };
        push(rows, request, page)
    }

    pub(super) fn head(&mut self) -> rusqlite::Result<Position> {
        self.head.get()?.query_row([], |row| position(row.get(0)?))
    }

    pub(super) fn snapshot(&mut self, stream: &StreamName) -> rusqlite::Result<Option<Snapshot>> {
        let found = self.snapshot.get()?.query_row([stream.as_str()], |row| {
            Ok(Snapshot {
                stream: stream.clone(),
                version: version(row.get(0)?)?,
                time: time(row.get(1)?)?,
                fingerprint: Fingerprint::new(row.get::<_, i64>(2)?.cast_unsigned()),
                state: row.get(3)?,
            })
        });
        found.optional()
    }
}

impl<'c> Both<'c> {
    fn new(connection: &'c Connection, forwards: &'static str, backwards: &'static str) -> Self {
        Self {
            forwards: Kept::new(connection, forwards),
            backwards: Kept::new(connection, backwards),
        }
    }

    fn going(&mut self, direction: Direction) -> rusqlite::Result<&mut CachedStatement<'c>> {
        match direction {
            Direction::Forwards => self.forwards.get(),
            Direction::Backwards => self.backwards.get(),
        }
    }
}

fn first(from: Option<u64>, direction: Direction) -> i64 {
    let end = match direction {
        Direction::Forwards => 0,
        Direction::Backwards => i64::MAX,
    };
    from.map_or(end, bounded)
}

/// From SQLite's buffers into the page's, with nothing between. One row more than fits is looked
/// at, so that "there is more" is never a guess.
fn push(mut rows: Rows<'_>, request: &ReadRequest, page: &mut Page) -> rusqlite::Result<()> {
    let (known, group) = match &request.source {
        Source::Stream { name, .. } => (Some(name.as_str()), None),
        Source::Category { group, .. } => (None, *group),
        Source::All { .. } => (None, None),
    };
    let replay = request.is_replay();
    while let Some(row) = rows.next()? {
        if group.is_none() && request.is_filled_by(page) {
            page.set_has_more(true);
            break;
        }
        let event = match known {
            Some(stream) if replay => replayed(row, stream),
            known => event(row, known),
        };
        let event = event.map_err(|error| damaged(row, known, &error))?;
        if group.is_some_and(|group| !group.has_stream(event.stream)) {
            continue;
        }
        if request.is_filled_by(page) {
            page.set_has_more(true);
            break;
        }
        page.push(event);
    }
    Ok(())
}

/// The columns of all reads begin with these two.
const VERSION: usize = 0;
const TYPE: usize = 1;

/// What a replay looks at, of a stream whose name is known.
fn replayed<'r>(row: &'r Row<'_>, stream: &'r str) -> rusqlite::Result<PageEvent<'r>> {
    Ok(PageEvent {
        stream,
        version: version(row.get_ref(VERSION)?.as_i64()?)?,
        position: Position::START,
        event: NewEvent {
            time: time(row.get_ref(2)?.as_i64()?)?,
            id: Uuid::nil(),
            event_type: row.get_ref(TYPE)?.as_str()?,
            metadata: &[],
            data: bytes(row.get_ref(3)?)?,
        },
    })
}

/// The columns of all other reads, in their order; those of a stream's have its name, which is
/// known, not among them.
fn event<'r>(row: &'r Row<'_>, known: Option<&'r str>) -> rusqlite::Result<PageEvent<'r>> {
    let id = row.get_ref(5)?.as_blob()?;
    Ok(PageEvent {
        version: version(row.get_ref(VERSION)?.as_i64()?)?,
        position: position(row.get_ref(4)?.as_i64()?)?,
        event: NewEvent {
            time: time(row.get_ref(2)?.as_i64()?)?,
            id: Uuid::from_slice(id).map_err(|error| FromSqlError::Other(error.into()))?,
            event_type: row.get_ref(TYPE)?.as_str()?,
            metadata: bytes(row.get_ref(6)?)?,
            data: bytes(row.get_ref(3)?)?,
        },
        stream: match known {
            Some(name) => name,
            None => row.get_ref(7)?.as_str()?,
        },
    })
}

/// Says which event it is that does not read.
fn damaged(row: &Row<'_>, known: Option<&str>, error: &rusqlite::Error) -> rusqlite::Error {
    let text = |index| -> String {
        match row.get_ref(index) {
            Ok(ValueRef::Text(text)) => format!("`{}`", String::from_utf8_lossy(text)),
            Ok(ValueRef::Integer(number)) => number.to_string(),
            _ => "?".to_owned(),
        }
    };
    let stream = known.map_or_else(|| text(7), |name| format!("`{name}`"));
    let (version, event_type) = (text(VERSION), text(TYPE));
    let why = format!(
        "version {version} of {stream}, a {event_type}, holds a value that no store writes: {error}"
    );
    rusqlite::Error::FromSqlConversionFailure(0, Type::Null, why.into())
}

fn bytes(value: ValueRef<'_>) -> FromSqlResult<&[u8]> {
    match value {
        ValueRef::Null => Ok(&[]),
        value => value.as_bytes(),
    }
}
