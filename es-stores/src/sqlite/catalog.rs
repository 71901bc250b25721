//! What a file tells of itself.

use es_core::store::{
    About, BoxFuture, Catalog, Fingerprint, SnapshotEntry, StoreError, StreamEntry, StreamsRequest,
    TypeEntry,
};
use es_core::stream::StreamName;
use rusqlite::types::FromSqlError;
use rusqlite::{Connection, Row, params};

use super::SqliteStore;
use super::numbers::{bounded, position, time, version};

impl Catalog for SqliteStore {
    fn about(&self) -> BoxFuture<'_, Result<About, StoreError>> {
        Box::pin(async move {
            let place = self.shared.readers.path();
            self.shared
                .readers
                .look(move |connection| about(connection, &place))
                .await
        })
    }

    fn streams<'a>(
        &'a self,
        request: &'a StreamsRequest,
    ) -> BoxFuture<'a, Result<Vec<StreamEntry>, StoreError>> {
        let request = request.clone();
        let look = move |connection: &Connection| streams(connection, &request);
        Box::pin(self.shared.readers.look(look))
    }

    fn types(&self) -> BoxFuture<'_, Result<Vec<TypeEntry>, StoreError>> {
        Box::pin(self.shared.readers.look(types))
    }

    fn snapshots<'a>(
        &'a self,
        after: Option<&'a StreamName>,
        max: usize,
    ) -> BoxFuture<'a, Result<Vec<SnapshotEntry>, StoreError>> {
        let after = after.cloned();
        let look = move |connection: &Connection| snapshots(connection, after.as_ref(), max);
        Box::pin(self.shared.readers.look(look))
    }
}

fn about(connection: &Connection, place: &str) -> rusqlite::Result<About> {
    let number = |pragma| connection.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0));
    let mut about = About::new("sqlite", place);
    about.server = Some(format!("SQLite {}", rusqlite::version()));
    about.schema = Some(format!("version {}", number("user_version")?));
    about.size_bytes = Some((number("page_count")? * number("page_size")?).unsigned_abs());
    Ok(about)
}

fn streams(
    connection: &Connection,
    request: &StreamsRequest,
) -> rusqlite::Result<Vec<StreamEntry>> {
    let after = request.after.as_ref().map_or("", StreamName::as_str);
    let max = bounded(request.max as u64);
    match &request.category {
        Some(category) => {
            let sql = include_str!("sql/list_streams_of_category.sql");
            let mut statement = connection.prepare(sql)?;
            let rows = statement.query_map(params![after, max, category.as_str()], stream)?;
            rows.collect()
        }
        None => {
            let mut statement = connection.prepare(include_str!("sql/list_streams.sql"))?;
            let rows = statement.query_map(params![after, max], stream)?;
            rows.collect()
        }
    }
}

fn stream(row: &Row<'_>) -> rusqlite::Result<StreamEntry> {
    Ok(StreamEntry {
        stream: name(row)?,
        version: version(row.get(1)?)?,
        position: position(row.get(2)?)?,
        time: time(row.get(3)?)?,
        event_type: row.get(4)?,
    })
}

fn name(row: &Row<'_>) -> rusqlite::Result<StreamName> {
    let name = StreamName::new(row.get_ref(0)?.as_str()?);
    Ok(name.map_err(|error| FromSqlError::Other(error.into()))?)
}

fn types(connection: &Connection) -> rusqlite::Result<Vec<TypeEntry>> {
    let mut statement = connection.prepare(include_str!("sql/list_types.sql"))?;
    let rows = statement.query_map([], |row| {
        Ok(TypeEntry {
            category: row.get(0)?,
            event_type: row.get(1)?,
            events: row.get::<_, i64>(2)?.unsigned_abs(),
            begun: row.get::<_, i64>(3)?.unsigned_abs(),
            bytes: row.get::<_, i64>(4)?.unsigned_abs(),
            first: time(row.get(5)?)?,
            last: time(row.get(6)?)?,
        })
    })?;
    rows.collect()
}

fn snapshots(
    connection: &Connection,
    after: Option<&StreamName>,
    max: usize,
) -> rusqlite::Result<Vec<SnapshotEntry>> {
    let mut statement = connection.prepare(include_str!("sql/list_snapshots.sql"))?;
    let after = after.map_or("", StreamName::as_str);
    let rows = statement.query_map(params![after, bounded(max as u64)], |row| {
        Ok(SnapshotEntry {
            stream: name(row)?,
            version: version(row.get(1)?)?,
            time: time(row.get(2)?)?,
            fingerprint: Fingerprint::new(row.get::<_, i64>(3)?.cast_unsigned()),
            bytes: row.get::<_, i64>(4)?.unsigned_abs(),
        })
    })?;
    rows.collect()
}
