//! Current states: in a table of their own, read by name and by category.

use chrono::{DateTime, Utc};
use es_core::store::{BoxFuture, State, StateStore, StoreError};
use es_core::stream::{Category, StreamName, Version};
use tokio_postgres::Row;

use super::PostgresStore;
use super::schema::named;
use crate::pg::{JsonText, Trouble, bounded, number, repeatably};

/// The statements that read states.
#[derive(Debug)]
pub(super) struct StateSql {
    load: String,
    list: String,
}

impl StateSql {
    pub(super) fn new(schema: &str) -> Self {
        Self {
            load: named(include_str!("sql/load_state.sql"), schema),
            list: named(include_str!("sql/list_states.sql"), schema),
        }
    }
}

impl PostgresStore {
    async fn load_state(&self, stream: &StreamName) -> Result<Option<State>, Trouble> {
        let client = self.shared.link.client().await?;
        let statement = client.prepare_cached(&self.shared.states.load).await?;
        let row = client.query_opt(&statement, &[&stream.as_str()]).await?;
        let found = row.map(|row| state(&row, stream.clone()));
        Ok(found.transpose()?)
    }

    async fn list_states(
        &self,
        category: &Category,
        after: Option<&StreamName>,
        limit: usize,
    ) -> Result<Vec<State>, Trouble> {
        let client = self.shared.link.client().await?;
        let statement = client.prepare_cached(&self.shared.states.list).await?;
        let (after, limit) = (after.map_or("", StreamName::as_str), bounded(limit as u64));
        let rows = client
            .query(&statement, &[&category.as_str(), &after, &limit])
            .await?;
        let states = rows.into_iter().map(|row| {
            let stream = StreamName::new(row.try_get::<_, &str>(3)?)
                .expect("the store keeps what has a proper name");
            Ok(state(&row, stream)?)
        });
        states.collect()
    }
}

fn state(row: &Row, stream: StreamName) -> Result<State, tokio_postgres::Error> {
    let time: DateTime<Utc> = row.try_get(1)?;
    let data: JsonText<'_> = row.try_get(2)?;
    Ok(State {
        stream,
        version: Version::new(number(row.try_get(0)?)),
        time,
        data: data.0.to_vec(),
    })
}

impl StateStore for PostgresStore {
    fn load<'a>(
        &'a self,
        stream: &'a StreamName,
    ) -> BoxFuture<'a, Result<Option<State>, StoreError>> {
        Box::pin(async move {
            let link = &self.shared.link;
            let loaded = repeatably!(link, self.load_state(stream));
            loaded.map_err(|trouble| link.error("read a state from", &trouble))
        })
    }

    fn list<'a>(
        &'a self,
        category: &'a Category,
        after: Option<&'a StreamName>,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<State>, StoreError>> {
        Box::pin(async move {
            let link = &self.shared.link;
            let listed = repeatably!(link, self.list_states(category, after, limit));
            listed.map_err(|trouble| link.error("list the states of", &trouble))
        })
    }
}
