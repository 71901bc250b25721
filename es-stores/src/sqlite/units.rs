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

use super::numbers::{bounded, number, position, version};
use super::states::StateRows;

/// The writer's statements, prepared once.
pub(super) struct Units<'c> {
    connection: &'c Connection,
    /// The rows of a unit's streams in their order, found while it is decided: each is asked for once.
    found: Vec<Option<StreamRow>>,
    find_stream: Statement<'c>,
    events_behind: Statement<'c>,
    find_category: Statement<'c>,
    insert_category: Statement<'c>,
    insert_stream: Statement<'c>,
    advance_stream: Statement<'c>,
    insert_event: Statement<'c>,
    save_snapshot: Statement<'c>,
    delete_snapshot: Statement<'c>,
    delete_snapshots: Statement<'c>,
    states: StateRows<'c>,
}

/// What a unit came to.
pub(super) type Outcome = Result<Vec<Appended>, ExpectedVersionError>;

impl<'c> Units<'c> {
    pub(super) fn prepare(connection: &'c Connection) -> rusqlite::Result<Self> {
        Ok(Self {
            connection,
            found: Vec::new(),
            find_stream: connection.prepare(include_str!("sql/find_stream.sql"))?,
            events_behind: connection.prepare(include_str!("sql/events_behind.sql"))?,
            find_category: connection.prepare(include_str!("sql/find_category.sql"))?,
            insert_category: connection.prepare(include_str!("sql/insert_category.sql"))?,
            insert_stream: connection.prepare(include_str!("sql/insert_stream.sql"))?,
            advance_stream: connection.prepare(include_str!("sql/advance_stream.sql"))?,
            insert_event: connection.prepare(include_str!("sql/insert_event.sql"))?,
            save_snapshot: connection.prepare(include_str!("sql/save_snapshot.sql"))?,
            delete_snapshot: connection.prepare(include_str!("sql/delete_snapshot.sql"))?,
            delete_snapshots: connection.prepare(include_str!("sql/delete_snapshots.sql"))?,
            states: StateRows::prepare(connection)?,
        })
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
        self.save_snapshot.execute(params![
            snapshot.stream.as_str(),
            bounded(snapshot.version.get()),
            snapshot.time.timestamp_micros(),
            snapshot.fingerprint.get().cast_signed(),
            snapshot.state,
        ])
    }

    pub(super) fn delete_snapshot(&mut self, stream: &StreamName) -> rusqlite::Result<usize> {
        self.delete_snapshot.execute([stream.as_str()])
    }

    pub(super) fn delete_snapshots(&mut self) -> rusqlite::Result<usize> {
        self.delete_snapshots.execute([])
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
                self.advance_stream.execute([row.stream, version])?;
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
        let found = self.find_category.query_row([category], |row| row.get(0));
        let category = match found.optional()? {
            Some(category) => category,
            None => self.insert_category.insert([category])?,
        };
        let version = number(version.get())?;
        let stream = self
            .insert_stream
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
        for NewEvent {
            id,
            time,
            event_type,
            data,
            metadata,
        } in events.iter()
        {
            version += 1;
            self.insert_event.execute(params![
                row.stream,
                row.category,
                version,
                time.timestamp_micros(),
                id.as_bytes(),
                event_type,
                (!metadata.is_empty()).then_some(Bytes(metadata)),
                Bytes(data),
            ])?;
        }
        Ok(())
    }
}

impl Standing for Units<'_> {
    type Error = rusqlite::Error;

    fn version(&mut self, stream: &StreamName) -> rusqlite::Result<Version> {
        let found = self.find_stream.query_row([stream.as_str()], |row| {
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
        let found = self.events_behind.query_map(params, |row| {
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
