//! Current states: decided and written inside a transaction, and read.

use es_core::store::{
    Appended, BoxFuture, StandingState, State, StateChange, StateStore, StateWrite, StoreError,
};
use es_core::stream::{Category, StreamName, Version};
use rusqlite::{Connection, OptionalExtension, Row, params};
use uuid::Uuid;

use super::SqliteStore;
use super::kept::Kept;
use super::numbers::{bounded, number, time, version};
use super::units::Bytes;

/// The writer's statements about states.
pub(super) struct StateRows<'c> {
    find: Kept<'c>,
    save: Kept<'c>,
}

impl<'c> StateRows<'c> {
    pub(super) fn new(connection: &'c Connection) -> Self {
        Self {
            find: Kept::new(connection, include_str!("sql/find_state.sql")),
            save: Kept::new(connection, include_str!("sql/save_state.sql")),
        }
    }

    pub(super) fn standing(&mut self, stream: &StreamName) -> rusqlite::Result<StandingState> {
        let found = self.find.get()?.query_row([stream.as_str()], |row| {
            Ok(StandingState {
                version: version(row.get(0)?)?,
                id: Some(Uuid::from_bytes(row.get(1)?)),
                removed: row.get(2)?,
            })
        });
        Ok(found.optional()?.unwrap_or_default())
    }

    /// Writes what was decided, over the version told.
    pub(super) fn write(
        &mut self,
        write: &StateWrite,
        before: Version,
    ) -> rusqlite::Result<Appended> {
        let data = match &write.change {
            StateChange::Check => return Ok(outcome(before)),
            StateChange::Put(data) => Some(Bytes(data)),
            StateChange::Remove => None,
        };
        self.save.get()?.execute(params![
            write.stream.as_str(),
            write.stream.category_str(),
            number(before.next().get())?,
            write.time.timestamp_micros(),
            write.id.as_bytes(),
            data,
        ])?;
        Ok(outcome(before.next()))
    }
}

fn outcome(version: Version) -> Appended {
    Appended {
        version,
        position: None,
    }
}

/// A reader's statements about states.
pub(super) struct StateQueries<'c> {
    load: Kept<'c>,
    list: Kept<'c>,
}

impl<'c> StateQueries<'c> {
    pub(super) fn new(connection: &'c Connection) -> Self {
        Self {
            load: Kept::new(connection, include_str!("sql/load_state.sql")),
            list: Kept::new(connection, include_str!("sql/list_states.sql")),
        }
    }

    pub(super) fn load(&mut self, stream: &StreamName) -> rusqlite::Result<Option<State>> {
        let found = self
            .load
            .get()?
            .query_row([stream.as_str()], |row| state(row, stream.clone()));
        found.optional()
    }

    pub(super) fn list(&mut self, list: &List) -> rusqlite::Result<Vec<State>> {
        let after = list.after.as_ref().map_or("", StreamName::as_str);
        let params = params![list.category.as_str(), after, bounded(list.limit as u64)];
        let states = self.list.get()?.query_map(params, |row| {
            let stream = StreamName::new(row.get::<_, String>(3)?);
            let stream = stream.map_err(|error| {
                let kind = rusqlite::types::Type::Text;
                rusqlite::Error::FromSqlConversionFailure(3, kind, error.into())
            })?;
            state(row, stream)
        })?;
        states.collect()
    }
}

fn state(row: &Row<'_>, stream: StreamName) -> rusqlite::Result<State> {
    Ok(State {
        stream,
        version: version(row.get(0)?)?,
        time: time(row.get(1)?)?,
        data: row.get_ref(2)?.as_bytes()?.to_vec(),
    })
}

/// Which states are listed.
pub(super) struct List {
    category: Category,
    after: Option<StreamName>,
    limit: usize,
}

impl StateStore for SqliteStore {
    fn load<'a>(
        &'a self,
        stream: &'a StreamName,
    ) -> BoxFuture<'a, Result<Option<State>, StoreError>> {
        Box::pin(self.shared.readers.state(stream.clone()))
    }

    fn list<'a>(
        &'a self,
        category: &'a Category,
        after: Option<&'a StreamName>,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<State>, StoreError>> {
        let list = List {
            category: category.clone(),
            after: after.cloned(),
            limit,
        };
        Box::pin(self.shared.readers.states(list))
    }
}
