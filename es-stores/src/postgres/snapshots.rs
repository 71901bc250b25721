//! Snapshots: the latest of each stream, in a table of their own.

use chrono::{DateTime, Utc};
use es_core::store::{BoxFuture, Fingerprint, Snapshot, SnapshotStore, StoreError};
use es_core::stream::{StreamName, Version};
use tokio_postgres::types::ToSql;

use super::PostgresStore;
use super::schema::named;
use crate::pg::{Trouble, bounded, number, repeatably};

/// The statements on snapshots.
#[derive(Debug)]
pub(super) struct SnapshotSql {
    save: String,
    load: String,
    delete: String,
    delete_all: String,
}

impl SnapshotSql {
    pub(super) fn new(schema: &str) -> Self {
        Self {
            save: named(include_str!("sql/save_snapshot.sql"), schema),
            load: named(include_str!("sql/load_snapshot.sql"), schema),
            delete: named(include_str!("sql/delete_snapshot.sql"), schema),
            delete_all: named(include_str!("sql/delete_snapshots.sql"), schema),
        }
    }
}

impl PostgresStore {
    /// Answers how many snapshots have changed. Doing it twice does no harm.
    async fn change_snapshots(
        &self,
        sql: &str,
        parameters: &[&(dyn ToSql + Sync)],
    ) -> Result<u64, StoreError> {
        let link = &self.shared.link;
        let changed = repeatably!(link, self.execute(sql, parameters));
        changed.map_err(|trouble| link.error("change the snapshots of", &trouble))
    }

    async fn execute(&self, sql: &str, parameters: &[&(dyn ToSql + Sync)]) -> Result<u64, Trouble> {
        let client = self.shared.link.client().await?;
        let statement = client.prepare_cached(sql).await?;
        Ok(client.execute(&statement, parameters).await?)
    }

    async fn load_snapshot(&self, stream: &StreamName) -> Result<Option<Snapshot>, Trouble> {
        let client = self.shared.link.client().await?;
        let statement = client.prepare_cached(&self.shared.snapshots.load).await?;
        let row = client.query_opt(&statement, &[&stream.as_str()]).await?;
        let Some(row) = row else {
            return Ok(None);
        };
        let time: DateTime<Utc> = row.try_get(1)?;
        Ok(Some(Snapshot {
            stream: stream.clone(),
            version: Version::new(number(row.try_get(0)?)),
            time,
            fingerprint: Fingerprint::new(row.try_get::<_, i64>(2)?.cast_unsigned()),
            state: row.try_get(3)?,
        }))
    }
}

impl SnapshotStore for PostgresStore {
    fn save(&self, snapshot: Snapshot) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async move {
            let sql = &self.shared.snapshots.save;
            let parameters: [&(dyn ToSql + Sync); 5] = [
                &snapshot.stream.as_str(),
                &bounded(snapshot.version.get()),
                &snapshot.time,
                &snapshot.fingerprint.get().cast_signed(),
                &snapshot.state,
            ];
            self.change_snapshots(sql, &parameters).await?;
            Ok(())
        })
    }

    fn load<'a>(
        &'a self,
        stream: &'a StreamName,
    ) -> BoxFuture<'a, Result<Option<Snapshot>, StoreError>> {
        Box::pin(async move {
            let link = &self.shared.link;
            let loaded = repeatably!(link, self.load_snapshot(stream));
            loaded.map_err(|trouble| link.error("read a snapshot from", &trouble))
        })
    }

    fn delete<'a>(&'a self, stream: &'a StreamName) -> BoxFuture<'a, Result<bool, StoreError>> {
        Box::pin(async move {
            let sql = &self.shared.snapshots.delete;
            let deleted = self.change_snapshots(sql, &[&stream.as_str()]).await?;
            Ok(deleted > 0)
        })
    }

    fn delete_all(&self) -> BoxFuture<'_, Result<u64, StoreError>> {
        Box::pin(async move {
            self.change_snapshots(&self.shared.snapshots.delete_all, &[])
                .await
        })
    }
}
