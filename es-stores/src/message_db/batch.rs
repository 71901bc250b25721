//! One batch of units in one transaction.
//!
//! Message DB's own way of writing is kept: the lock of a category from before a stream's version
//! is read until the commit, and each message by `write_message`. But the versions are looked at
//! before anything is written, since a version that the server finds wrong would abort the
//! transaction and all units with it.

use std::sync::Arc;

use es_core::store::Append;
use es_core::stream::{Position, StreamName, Version};
use futures_util::future;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Row, Statement};
use uuid::Uuid;

use super::plan::{Outcome, Plan, Range};
use super::values::Json;
use crate::pg::{Client, Failure, Trouble, number};

/// Repeatable reads would look at the versions as of before the locks.
pub(super) const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED";

/// Writes what fits of a batch, in one transaction of two round trips; a third where a version does
/// not hold. Where it fails, the connection is inside the transaction.
pub(super) async fn write(client: &Client, batch: &[Arc<Append>]) -> Result<Vec<Outcome>, Failure> {
    // Before anything is sent, so that nothing is waited for while the locks are held.
    let write = client.prepare_cached(include_str!("sql/write_messages.sql"));
    let write = write.await.map_err(|error| before_commit(error.into()))?;
    let batch: Vec<&Append> = batch.iter().map(|append| &**append).collect();
    let mut plan = lock(client, &batch).await.map_err(before_commit)?;
    let unknown = plan.unknown(&batch);
    if !unknown.is_empty() {
        let known = read_behind(client, &unknown, &mut plan).await;
        known.map_err(before_commit)?;
    }
    plan.decide(&batch);
    let positions = commit(client, &write, &plan)
        .await
        .map_err(Trouble::of_batch)?;
    Ok(plan.outcomes(&positions))
}

fn position(stored: i64) -> Position {
    Position::new(number(stored))
}

/// Nothing is written by a transaction whose commit was never sent.
fn before_commit(trouble: Trouble) -> Failure {
    match trouble.is_disconnection() {
        true => Failure::NotReached(trouble),
        false => Failure::Refused(trouble),
    }
}

async fn lock<'a>(client: &Client, batch: &[&'a Append]) -> Result<Plan<'a>, Trouble> {
    let streams = Plan::streams(batch);
    let names: Vec<&str> = streams.iter().map(|name| name.as_str()).collect();
    let mut categories: Vec<&str> = streams.iter().map(|name| name.category_str()).collect();
    categories.dedup();
    let locks = client.prepare_cached(include_str!("sql/acquire_locks.sql"));
    let locks = locks.await?;
    let versions = client.prepare_cached(include_str!("sql/stream_positions.sql"));
    let versions = versions.await?;
    // Sent together; the server begins each statement when the one before has ended.
    let ((), _, rows) = future::try_join3(
        client.batch_execute(BEGIN),
        client.execute(&locks, &[&categories]),
        client.query(&versions, &[&names]),
    )
    .await?;
    let versions: Vec<Version> = rows.iter().map(version).collect::<Result<_, _>>()?;
    Ok(Plan::new(streams.into_iter().zip(versions)))
}

fn version(row: &Row) -> Result<Version, Trouble> {
    let position: i64 = row.try_get(0)?;
    Ok(Version::new(number(position + 1)))
}

async fn read_behind(
    client: &Client,
    ranges: &[Range<'_>],
    plan: &mut Plan<'_>,
) -> Result<(), Trouble> {
    let names: Vec<&str> = ranges.iter().map(|range| range.stream.as_str()).collect();
    let signed = |version: Version| version.get().cast_signed();
    let first: Vec<i64> = ranges.iter().map(|range| signed(range.after)).collect();
    let last: Vec<i64> = ranges.iter().map(|range| signed(range.last)).collect();
    let behind = client.prepare_cached(include_str!("sql/messages_behind.sql"));
    let rows = client
        .query(&behind.await?, &[&names, &first, &last])
        .await?;
    for row in rows {
        let place: i64 = row.try_get(0)?;
        let stream: &StreamName = ranges[usize::try_from(place - 1).unwrap_or_default()].stream;
        let at: i64 = row.try_get(1)?;
        let id: Uuid = row.try_get(2)?;
        plan.know(
            stream,
            Version::new(number(at + 1)),
            id,
            position(row.try_get(3)?),
        );
    }
    Ok(())
}

/// Writes what is planned and commits; answers the position of each message. Without any it only
/// gives the locks back.
async fn commit(
    client: &Client,
    write: &Statement,
    plan: &Plan<'_>,
) -> Result<Vec<Position>, Trouble> {
    let columns = Columns::of(plan);
    if columns.ids.is_empty() {
        client.batch_execute("ROLLBACK").await?;
        return Ok(Vec::new());
    }
    let parameters: [&(dyn ToSql + Sync); 6] = [
        &columns.ids,
        &columns.streams,
        &columns.types,
        &columns.data,
        &columns.metadata,
        &columns.expected,
    ];
    // Sent together: where a message is refused, the commit only ends the transaction.
    let (rows, ()) = future::try_join(
        client.query(write, &parameters),
        client.batch_execute("COMMIT"),
    )
    .await?;
    let positions = rows.iter().map(|row| Ok(position(row.try_get(1)?)));
    positions.collect()
}

/// What is to be written, a column each.
struct Columns<'a> {
    ids: Vec<Uuid>,
    streams: Vec<&'a str>,
    types: Vec<&'a str>,
    data: Vec<Json<&'a [u8]>>,
    metadata: Vec<Json<Vec<u8>>>,
    expected: Vec<i64>,
}

impl<'a> Columns<'a> {
    fn of(plan: &Plan<'a>) -> Self {
        let mut columns = Self {
            ids: Vec::new(),
            streams: Vec::new(),
            types: Vec::new(),
            data: Vec::new(),
            metadata: Vec::new(),
            expected: Vec::new(),
        };
        for (message, metadata) in plan.writes() {
            columns.ids.push(message.event.id);
            columns.streams.push(message.stream.as_str());
            columns.types.push(message.event.event_type);
            columns.data.push(Json(message.event.data));
            columns.metadata.push(Json(metadata));
            columns.expected.push(message.position - 1);
        }
        columns
    }
}
