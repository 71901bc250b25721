//! What a Message DB tells of itself. Its streams come in the order in which they began.

use es_core::store::{
    About, BoxFuture, Catalog, SnapshotEntry, StoreError, StreamEntry, StreamsRequest, TypeEntry,
};
use es_core::stream::{Category, StreamName};
use tokio_postgres::types::ToSql;

use super::MessageDbStore;
use crate::pg::{Trouble, bounded, catalog, number, repeatably};

/// The time of a message: its writer's where one is told, as every read has it.
const TIME: &str = include_str!("sql/time.sql");

fn timed(sql: &str) -> String {
    sql.replace("{time}", TIME.trim_end())
}

impl MessageDbStore {
    async fn about(&self) -> Result<About, Trouble> {
        let link = &self.shared.link;
        let rows = catalog::list(link, include_str!("sql/about.sql"), &[], |row| {
            let mut about = About::new("message_db", link.shown());
            let server: String = row.try_get(0)?;
            about.server = Some(format!("PostgreSQL {server}"));
            let version: String = row.try_get(1)?;
            about.schema = Some(format!("Message DB {version}"));
            about.size_bytes = Some(number(row.try_get(2)?));
            Ok(Some(about))
        });
        let about = rows.await?.into_iter().next();
        Ok(about.unwrap_or_else(|| About::new("message_db", link.shown())))
    }

    async fn streams(&self, request: &StreamsRequest) -> Result<Vec<StreamEntry>, Trouble> {
        let link = &self.shared.link;
        let after = request.after.as_ref().map_or("", StreamName::as_str);
        let max = bounded(request.max as u64);
        let sql = timed(include_str!("sql/list_streams.sql"));
        let mut parameters: Vec<&(dyn ToSql + Sync)> = vec![&after, &max];
        let category = request.category.as_ref().map(Category::as_str);
        let of_category = match &category {
            Some(category) => {
                parameters.push(category);
                "AND message_store.category(first.stream_name) = $3"
            }
            None => "",
        };
        let sql = sql.replace("{category}", of_category);
        catalog::list(link, &sql, &parameters, catalog::stream).await
    }

    async fn snapshots(
        &self,
        after: Option<&StreamName>,
        max: usize,
    ) -> Result<Vec<SnapshotEntry>, Trouble> {
        let (link, snapshots) = (&self.shared.link, &self.shared.snapshots);
        let (after, max) = (
            after.map(|after| snapshots.stream_of(after)),
            bounded(max as u64),
        );
        let after = after.unwrap_or_default();
        let suffix = snapshots.suffix().unwrap_or_default();
        let sql = include_str!("sql/list_snapshots.sql");
        let parameters: [&(dyn ToSql + Sync); 3] = [&after, &max, &suffix];
        catalog::list(link, sql, &parameters, catalog::snapshot).await
    }
}

impl Catalog for MessageDbStore {
    fn about(&self) -> BoxFuture<'_, Result<About, StoreError>> {
        Box::pin(async move {
            let link = &self.shared.link;
            let about = repeatably!(link, MessageDbStore::about(self));
            about.map_err(|trouble| link.error("look into", &trouble))
        })
    }

    fn streams<'a>(
        &'a self,
        request: &'a StreamsRequest,
    ) -> BoxFuture<'a, Result<Vec<StreamEntry>, StoreError>> {
        Box::pin(async move {
            let link = &self.shared.link;
            let streams = repeatably!(link, MessageDbStore::streams(self, request));
            streams.map_err(|trouble| link.error("list the streams of", &trouble))
        })
    }

    fn types(&self) -> BoxFuture<'_, Result<Vec<TypeEntry>, StoreError>> {
        Box::pin(async move {
            let link = &self.shared.link;
            let sql = timed(include_str!("sql/list_types.sql"));
            let types = repeatably!(link, catalog::list(link, &sql, &[], catalog::of_type));
            types.map_err(|trouble| link.error("count the events of", &trouble))
        })
    }

    fn snapshots<'a>(
        &'a self,
        after: Option<&'a StreamName>,
        max: usize,
    ) -> BoxFuture<'a, Result<Vec<SnapshotEntry>, StoreError>> {
        Box::pin(async move {
            let link = &self.shared.link;
            let listed = repeatably!(link, MessageDbStore::snapshots(self, after, max));
            listed.map_err(|trouble| link.error("list the snapshots of", &trouble))
        })
    }
}
