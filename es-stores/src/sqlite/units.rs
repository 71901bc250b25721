//! Deciding and writing one unit inside a transaction.

use es_core::record::{NewEvent, NewEvents};
use es_core::store::{
    Append, Appended, Decision, ExpectedVersionError, Snapshot, Standing, StandingState,
    StreamAppend,
};
use es_core::stream::{Position, StreamName, Version};
use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Connection, OptionalExtension, Statement, params};
use uuid::Uuid;

use super::kept::Kept;
use super::numbers::{bounded, number, position, version};
use super::states::StateRows;

/// The writer's statements, of one batch.
pub(super) struct Units<'c> {
    connection: &'c Connection,
    /// The rows of a unit's streams in their order, found while it is decided: each is asked for once.
    found: Vec<Option<StreamRow>>,
    find_stream: Kept<'c>,
    events_behind: Kept<'c>,
    find_category: Kept<'c>,
    insert_category: Kept<'c>,
    insert_stream: Kept<'c>,
    advance_stream: Kept<'c>,
    insert_event: Kept<'c>,
    insert_8_events: Kept<'c>,
    save_snapshot: Kept<'c>,
    delete_snapshot: Kept<'c>,
    delete_snapshots: Kept<'c>,
    states: StateRows<'c>,
}

/// What a unit came to.
pub(super) type Outcome = Result<Vec<Appended>, ExpectedVersionError>;

impl<'c> Units<'c> {
    pub(super) fn new(connection: &'c Connection) -> Self {
        Self {
            connection,
            found: Vec::new(),
            find_stream: Kept::new(connection, include_str!("sql/find_stream.sql")),
            events_behind: Kept::new(connection, include_str!("sql/events_behind.sql")),
            find_category: Kept::new(connection, include_str!("sql/find_category.sql")),
            insert_category: Kept::new(connection, include_str!("sql/insert_category.sql")),
            insert_stream: Kept::new(connection, include_str!("sql/insert_stream.sql")),
            advance_stream: Kept::new(connection, include_str!("sql/advance_stream.sql")),
            insert_event: Kept::new(connection, include_str!("sql/insert_event.sql")),
            insert_8_events: Kept::new(connection, include_str!("sql/insert_8_events.sql")),
            save_snapshot: Kept::new(connection, include_str!("sql/save_snapshot.sql")),
            delete_snapshot: Kept::new(connection, include_str!("sql/delete_snapshot.sql")),
            delete_snapshots: Kept::new(connection, include_str!("sql/delete_snapshots.sql")),
            states: StateRows::new(connection),
        }
    }

    /// Decides the whole unit, then writes it. Where this fails, parts of it may be written and the
    /// transaction must be rolled back.
    pub(super) fn append(&mut self, append: &Append) -> rusqlite::Result<Outcome> {
        self.found.clear();
        match append.decide(self)? {
            Decision::Conflict(conflict) => Ok(Err(conflict)),
            Decision::Stands(appended) => Ok(Ok(appended)),
            Decision::Write(versions) => {
                let found = std::mem::take(&mut self.found);
                let mut versions = versions.into_iter();
                let mut appended = Vec::with_capacity(versions.len());
                for (part, row) in append.streams().iter().zip(found) {
                    let version = versions.next().expect("each part was decided");
                    appended.push(self.write(part, version, row)?);
                }
                for (write, version) in append.states().iter().zip(versions) {
                    appended.push(self.states.write(write, version)?);
                }
                Ok(Ok(appended))
            }
        }
    }

    pub(super) fn save_snapshot(&mut self, snapshot: &Snapshot) -> rusqlite::Result<usize> {
        self.save_snapshot.get()?.execute(params![
            snapshot.stream.as_str(),
            bounded(snapshot.version.get()),
            snapshot.time.timestamp_micros(),
            snapshot.fingerprint.get().cast_signed(),
            snapshot.state,
        ])
    }

    pub(super) fn delete_snapshot(&mut self, stream: &StreamName) -> rusqlite::Result<usize> {
        self.delete_snapshot.get()?.execute([stream.as_str()])
    }

    pub(super) fn delete_snapshots(&mut self) -> rusqlite::Result<usize> {
        self.delete_snapshots.get()?.execute([])
    }

    fn write(
        &mut self,
        part: &StreamAppend,
        before: Version,
        row: Option<StreamRow>,
    ) -> rusqlite::Result<Appended> {
        if part.events.is_empty() {
            return Ok(Appended {
                version: before,
                position: None,
            });
        }
        let after = Version::new(before.get() + part.events.len() as u64);
        let row = match row {
            Some(row) => {
                let version = number(after.get())?;
                self.advance_stream.get()?.execute([row.stream, version])?;
                row
            }
            None => self.create_stream(&part.stream, after)?,
        };
        self.insert_events(row, before, &part.events)?;
        Ok(Appended {
            version: after,
            position: Some(position(self.connection.last_insert_rowid())?),
        })
    }

    fn create_stream(
        &mut self,
        stream: &StreamName,
        version: Version,
    ) -> rusqlite::Result<StreamRow> {
        let category = stream.category_str();
        let found = self
            .find_category
            .get()?
            .query_row([category], |row| row.get(0));
        let category = match found.optional()? {
            Some(category) => category,
            None => self.insert_category.get()?.insert([category])?,
        };
        let version = number(version.get())?;
        let stream =
            self.insert_stream
                .get()?
                .insert(params![stream.as_str(), category, version])?;
        Ok(StreamRow { stream, category })
    }

    fn insert_events(
        &mut self,
        row: StreamRow,
        before: Version,
        events: &NewEvents,
    ) -> rusqlite::Result<()> {
        let mut version = number(before.get())?;
        let mut left = events.len();
        let mut events = events.iter();
        while left > 0 {
            let (insert, rows) = match left {
                ROWS.. => (self.insert_8_events.get()?, ROWS),
                _ => (self.insert_event.get()?, 1),
            };
            insert.raw_bind_parameter(1, row.stream)?;
            insert.raw_bind_parameter(2, row.category)?;
            for (nth, event) in events.by_ref().take(rows).enumerate() {
                version += 1;
                bind(insert, 3 + 6 * nth, version, &event)?;
            }
            insert.raw_execute()?;
            left -= rows;
        }
        Ok(())
    }
}

/// How many events one statement inserts where there are so many.
const ROWS: usize = 8;

/// One row of an insert, from its parameter `first` on.
fn bind(
    insert: &mut Statement<'_>,
    first: usize,
    version: i64,
    event: &NewEvent<'_>,
) -> rusqlite::Result<()> {
    let metadata = (!event.metadata.is_empty()).then_some(Bytes(event.metadata));
    insert.raw_bind_parameter(first, version)?;
    insert.raw_bind_parameter(first + 1, event.time.timestamp_micros())?;
    insert.raw_bind_parameter(first + 2, event.id.as_bytes())?;
    insert.raw_bind_parameter(first + 3, event.event_type)?;
    insert.raw_bind_parameter(first + 4, metadata)?;
    insert.raw_bind_parameter(first + 5, Bytes(event.data))
}

impl Standing for Units<'_> {
    type Error = rusqlite::Error;

    fn version(&mut self, stream: &StreamName) -> rusqlite::Result<Version> {
        let found = self.find_stream.get()?.query_row([stream.as_str()], |row| {
            let stream = StreamRow {
                stream: row.get(0)?,
                category: row.get(1)?,
            };
            Ok((stream, version(row.get(2)?)?))
        });
        let found = found.optional()?;
        self.found.push(found.map(|(row, _)| row));
        Ok(found.map_or(Version::EMPTY, |(_, version)| version))
    }

    fn behind(
        &mut self,
        stream: &StreamName,
        after: Version,
        count: usize,
    ) -> rusqlite::Result<Vec<(Uuid, Position)>> {
        let params = params![stream.as_str(), bounded(after.get()), bounded(count as u64)];
        let found = self.events_behind.get()?.query_map(params, |row| {
            let id = Uuid::from_bytes(row.get(0)?);
            Ok((id, position(row.get(1)?)?))
        })?;
        found.collect()
    }

    fn state(&mut self, stream: &StreamName) -> rusqlite::Result<StandingState> {
        self.states.standing(stream)
    }
}

#[derive(Clone, Copy)]
struct StreamRow {
    stream: i64,
    category: i64,
}

/// Bytes as they are: text where they are UTF-8, so that people can query JSON in SQL, else a blob.
pub(super) struct Bytes<'a>(pub(super) &'a [u8]);

impl ToSql for Bytes<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match std::str::from_utf8(self.0) {
            Ok(_) => ValueRef::Text(self.0),
            Err(_) => ValueRef::Blob(self.0),
        }))
    }
}
