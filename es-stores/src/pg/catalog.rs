//! What both stores on a PostgreSQL server tell of themselves, row by row.

use es_core::store::{Fingerprint, SnapshotEntry, StreamEntry, TypeEntry};
use es_core::stream::{Position, StreamName, Version};
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use super::{Link, Time, Trouble, number};

/// The rows that a statement answers, each as `read` has it; `None` is passed over.
pub(crate) async fn list<T>(
    link: &Link,
    sql: &str,
    parameters: &[&(dyn ToSql + Sync)],
    read: impl Fn(&Row) -> Result<Option<T>, Trouble>,
) -> Result<Vec<T>, Trouble> {
    let client = link.client().await?;
    let statement = client.prepare_cached(sql).await?;
    let rows = client.query(&statement, parameters).await?;
    rows.iter()
        .filter_map(|row| read(row).transpose())
        .collect()
}

/// Name, version, position, time and type.
pub(crate) fn stream(row: &Row) -> Result<Option<StreamEntry>, Trouble> {
    // A name that others wrote, and that can be read by nobody here.
    let Ok(stream) = StreamName::new(row.try_get::<_, &str>(0)?) else {
        return Ok(None);
    };
    Ok(Some(StreamEntry {
        stream,
        version: Version::new(number(row.try_get(1)?)),
        position: Position::new(number(row.try_get(2)?)),
        time: row.try_get::<_, Time>(3)?.0,
        event_type: row.try_get(4)?,
    }))
}

/// Category, type, events, begun, bytes, first and last.
pub(crate) fn of_type(row: &Row) -> Result<Option<TypeEntry>, Trouble> {
    Ok(Some(TypeEntry {
        category: row.try_get(0)?,
        event_type: row.try_get(1)?,
        events: number(row.try_get(2)?),
        begun: number(row.try_get(3)?),
        bytes: number(row.try_get(4)?),
        first: row.try_get::<_, Time>(5)?.0,
        last: row.try_get::<_, Time>(6)?.0,
    }))
}

/// Stream, version, time, fingerprint and bytes.
pub(crate) fn snapshot(row: &Row) -> Result<Option<SnapshotEntry>, Trouble> {
    let Ok(stream) = StreamName::new(row.try_get::<_, &str>(0)?) else {
        return Ok(None);
    };
    Ok(Some(SnapshotEntry {
        stream,
        version: Version::new(number(row.try_get(1)?)),
        time: row.try_get::<_, Time>(2)?.0,
        fingerprint: Fingerprint::new(row.try_get::<_, i64>(3)?.cast_unsigned()),
        bytes: number(row.try_get(4)?),
    }))
}
