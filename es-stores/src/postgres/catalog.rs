//! What a store on a PostgreSQL server tells of itself.

use es_core::store::{
    About, BoxFuture, Catalog, SnapshotEntry, StoreError, StreamEntry, StreamsRequest, TypeEntry,
};
use es_core::stream::StreamName;

use super::PostgresStore;
use super::schema::named;
use crate::pg::{Trouble, bounded, catalog, number, repeatably};

/// The statements that list.
#[derive(Debug)]
pub(super) struct CatalogSql {
    schema: String,
    about: String,
    streams: String,
    streams_below: String,
    types: String,
    snapshots: String,
}

impl CatalogSql {
    pub(super) fn new(schema: &str) -> Self {
        let streams = named(include_str!("sql/list_streams.sql"), schema);
        Self {
            schema: schema.to_owned(),
            about: named(include_str!("sql/about.sql"), schema),
            streams: streams.replace("{below}", ""),
            streams_below: streams.replace("{below}", "AND e.stream < $3::text"),
            types: named(include_str!("sql/list_types.sql"), schema),
            snapshots: named(include_str!("sql/list_snapshots.sql"), schema),
        }
    }
}

impl PostgresStore {
    async fn about(&self) -> Result<About, Trouble> {
        let (link, sql) = (&self.shared.link, &self.shared.catalog);
        let rows = catalog::list(link, &sql.about, &[], |row| {
            let mut about = About::new("postgres", link.shown());
            let server: String = row.try_get(0)?;
            about.server = Some(format!("PostgreSQL {server}"));
            let version: i32 = row.try_get(1)?;
            about.schema = Some(format!("`{}`, version {version}", sql.schema));
            about.size_bytes = Some(number(row.try_get(2)?));
            Ok(Some(about))
        });
        let about = rows.await?.into_iter().next();
        Ok(about.unwrap_or_else(|| About::new("postgres", link.shown())))
    }

    async fn streams(&self, request: &StreamsRequest) -> Result<Vec<StreamEntry>, Trouble> {
        let (link, sql) = (&self.shared.link, &self.shared.catalog);
        let after = request.after.as_ref().map_or("", StreamName::as_str);
        let max = bounded(request.max as u64);
        let Some(category) = &request.category else {
            return catalog::list(link, &sql.streams, &[&after, &max], catalog::stream).await;
        };
        // In the order of bytes a `.` comes behind a `-`, by which names go on behind a category.
        let (first, behind) = (format!("{category}-"), format!("{category}."));
        let after = after.max(first.as_str());
        let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 3] = [&after, &max, &behind];
        catalog::list(link, &sql.streams_below, &parameters, catalog::stream).await
    }
}

impl Catalog for PostgresStore {
    fn about(&self) -> BoxFuture<'_, Result<About, StoreError>> {
        Box::pin(async move {
            let link = &self.shared.link;
            let about = repeatably!(link, PostgresStore::about(self));
            about.map_err(|trouble| link.error("look into", &trouble))
        })
    }

    fn streams<'a>(
        &'a self,
        request: &'a StreamsRequest,
    ) -> BoxFuture<'a, Result<Vec<StreamEntry>, StoreError>> {
        Box::pin(async move {
            let link = &self.shared.link;
            let streams = repeatably!(link, PostgresStore::streams(self, request));
            streams.map_err(|trouble| link.error("list the streams of", &trouble))
        })
    }

    fn types(&self) -> BoxFuture<'_, Result<Vec<TypeEntry>, StoreError>> {
        Box::pin(async move {
            let (link, sql) = (&self.shared.link, &self.shared.catalog.types);
            let types = repeatably!(link, catalog::list(link, sql, &[], catalog::of_type));
            types.map_err(|trouble| link.error("count the events of", &trouble))
        })
    }

    fn snapshots<'a>(
        &'a self,
        after: Option<&'a StreamName>,
        max: usize,
    ) -> BoxFuture<'a, Result<Vec<SnapshotEntry>, StoreError>> {
        Box::pin(async move {
            let (link, sql) = (&self.shared.link, &self.shared.catalog.snapshots);
            let (after, max) = (after.map_or("", StreamName::as_str), bounded(max as u64));
            let listed = repeatably!(
                link,
                catalog::list(link, sql, &[&after, &max], catalog::snapshot)
            );
            listed.map_err(|trouble| link.error("list the snapshots of", &trouble))
        })
    }
}
