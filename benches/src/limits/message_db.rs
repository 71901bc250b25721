//! Message DB by its own functions.

use anyhow::Result;
use async_trait::async_trait;
use es_bench_race::bank::{self, BankEvent, account_name};
use futures_util::future::try_join_all;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Statement};
use uuid::Uuid;

use super::server::Sql;

/// One `write_message` a transaction.
pub struct WriteMessage(Statement);

#[async_trait]
impl Sql for WriteMessage {
    const NAME: &'static str = "tokio-postgres, a write_message a commit";
    /// Its own functions call each other without the schema.
    const SESSION: &'static str = "SET search_path = message_store, public; SET jit = off";
    const STREAM: &'static str =
        "SELECT type, data FROM message_store.get_stream_messages($1::varchar, 0, -1)";
    const ALL: &'static str = "SELECT stream_name, position, global_position, type, data::text \
        FROM message_store.messages ORDER BY global_position LIMIT $1";

    fn stream(account: u64) -> String {
        format!("account-{}", account_name(account))
    }

    async fn prepare(client: &Client) -> Result<Self> {
        const WRITE: &str = "SELECT message_store.write_message($1::varchar, $2::varchar, \
            $3::varchar, $4::text::jsonb, NULL, $5::bigint)";
        Ok(Self(client.prepare(WRITE).await?))
    }

    async fn append(&self, client: &Client, account: u64, from: u64, count: u64) -> Result<()> {
        client.batch_execute("BEGIN").await?;
        // Sent one behind the other without waiting: they are still carried out in order.
        let events: Vec<_> = (from..from + count)
            .map(|nth| (nth, bank::event(nth)))
            .collect();
        let written = events
            .iter()
            .map(|(nth, event)| self.insert(client, None, account, *nth, event));
        try_join_all(written).await?;
        client.batch_execute("COMMIT").await?;
        Ok(())
    }

    async fn insert(
        &self,
        client: &Client,
        writer: Option<u64>,
        account: u64,
        version: u64,
        event: &BankEvent,
    ) -> Result<()> {
        let stream = match writer {
            None => Self::stream(account),
            Some(writer) => format!("account{writer}-{}", account_name(account)),
        };
        let id = Uuid::now_v7().to_string();
        let fields = String::from_utf8(event.fields()?)?;
        let expected = i64::try_from(version)? - 1;
        let values: [&(dyn ToSql + Sync); 5] = [&id, &stream, &event.kind(), &fields, &expected];
        client.execute(&self.0, &values).await?;
        Ok(())
    }
}
