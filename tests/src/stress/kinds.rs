//! The stores that are put under stress.

use es_stores::{MessageDbStore, PostgresStore};
use uuid::Uuid;

use super::Kind;
use super::writers::{STREAMS, stream};
use crate::servers::message_db_package;

/// PostgreSQL by our own tables.
#[derive(Clone, Copy, Debug)]
pub struct Postgres;

impl Kind for Postgres {
    type Store = PostgresStore;

    async fn prepare(self, _: &str) -> anyhow::Result<()> {
        Ok(())
    }

    async fn open(self, uri: &str) -> anyhow::Result<PostgresStore> {
        Ok(PostgresStore::connect(uri).await?)
    }

    /// A stream's row is what is locked, so the categories are those of the writers.
    fn undecided_stream(self, _: usize, nth: u64) -> String {
        stream(STREAMS + nth)
    }

    fn write_sql(self, stream: &str, id: Uuid) -> String {
        let category = stream.split('-').next().unwrap_or_default();
        format!(
            "INSERT INTO es.events (stream, version, category, time, id, type, data) \
             SELECT '{stream}', 1 + coalesce(max(version), 0), '{category}', now(), '{id}', \
             'Test.Happened.v1', '{{}}' FROM es.events WHERE stream = '{stream}'"
        )
    }

    fn all_sql(self) -> &'static str {
        "SELECT id, stream, version, position FROM es.events ORDER BY position"
    }
}

/// Message DB, of the npm package that `ES_MESSAGE_DB_SQL` names.
#[derive(Clone, Copy, Debug)]
pub struct MessageDb;

impl Kind for MessageDb {
    type Store = MessageDbStore;

    async fn prepare(self, uri: &str) -> anyhow::Result<()> {
        Ok(es_stores::message_db::install(uri, message_db_package()?).await?)
    }

    async fn open(self, uri: &str) -> anyhow::Result<MessageDbStore> {
        Ok(MessageDbStore::connect(uri).await?)
    }

    /// A category is what is locked.
    fn undecided_stream(self, who: usize, nth: u64) -> String {
        format!("stress::undecided{who}-{nth}")
    }

    /// Message DB's functions call each other by their bare names.
    fn write_sql(self, stream: &str, id: Uuid) -> String {
        format!(
            "SET LOCAL search_path = message_store, public; \
             SELECT write_message('{id}', '{stream}', 'Test.Happened.v1', '{{}}')"
        )
    }

    /// Its own positions in a stream are counted from 0.
    fn all_sql(self) -> &'static str {
        "SELECT id, stream_name, position + 1, global_position FROM message_store.messages \
         ORDER BY global_position"
    }
}
