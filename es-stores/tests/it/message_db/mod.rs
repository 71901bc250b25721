//! What only the store in Message DB does: living with other programs, and with the rights it gives.

mod foreign;
mod installing;
mod roles;
mod sharing;
mod snapshots;

use std::path::PathBuf;

use es_core::store::StoreError;
use es_stores::conformance::Harness;
use es_stores::{MessageDbOptions, MessageDbStore};
use serde_json::Value;
use tokio::sync::OnceCell;
use tokio_postgres::Client;

use crate::on_servers::statements::Statements;
use crate::on_servers::{Limits, Place, tests_on_servers};
use crate::servers::{Uri, fresh_name, run_blocking, session, shared, until};

/// A database with a Message DB in it, or without.
pub(crate) struct Database {
    server: Uri,
    name: String,
    made: OnceCell<()>,
}

/// What is copied, since that is faster than to install.
const TEMPLATE: &str = "es_test_message_db";

impl Database {
    /// One on the server that all tests share, made when the store is first opened.
    pub(crate) fn new() -> Self {
        Self::of(&shared())
    }

    /// One with nothing in it.
    pub(crate) async fn empty() -> Self {
        let database = Self::new();
        let admin = session(&database.server).await;
        let make = format!("CREATE DATABASE {}", database.name);
        admin.batch_execute(&make).await.unwrap();
        database.made.set(()).unwrap();
        database
    }

    fn of(server: &Uri) -> Self {
        Self {
            server: server.clone(),
            name: fresh_name(),
            made: OnceCell::new(),
        }
    }

    async fn make(&self) {
        self.made.get_or_init(|| self.copy()).await;
    }

    async fn copy(&self) {
        let admin = session(&self.server).await;
        let is_there = "SELECT FROM pg_database WHERE datname = $1";
        if admin
            .query_opt(is_there, &[&TEMPLATE])
            .await
            .unwrap()
            .is_none()
        {
            let new = fresh_name();
            admin
                .batch_execute(&format!("CREATE DATABASE {new}"))
                .await
                .unwrap();
            let uri = self.server.clone().database(&new);
            let installed = es_stores::message_db::install(uri.as_str(), package()).await;
            installed.unwrap_or_else(|error| panic!("{error:?}"));
            // Another test may have been first; a session that is about to end stands in the way.
            until(async || {
                let rename = format!("ALTER DATABASE {new} RENAME TO {TEMPLATE}");
                let renamed = admin.batch_execute(&rename).await.is_ok();
                let there = admin.query_opt(is_there, &[&TEMPLATE]).await.unwrap();
                (renamed || there.is_some()).then_some(())
            })
            .await;
            let left = format!("DROP DATABASE IF EXISTS {new}");
            admin.batch_execute(&left).await.unwrap();
        }
        let make = format!("CREATE DATABASE {} TEMPLATE {TEMPLATE}", self.name);
        until(async || admin.batch_execute(&make).await.ok()).await;
    }

    pub(crate) async fn store_with(&self, options: MessageDbOptions) -> MessageDbStore {
        self.make().await;
        let store = MessageDbStore::connect_with(self.uri().as_str(), options).await;
        store.unwrap_or_else(|error| panic!("the store does not open: {error:?}"))
    }

    /// Another program's session.
    pub(crate) async fn session(&self) -> Client {
        self.make().await;
        let client = session(&self.uri()).await;
        let path = "SET search_path = message_store, public";
        client.batch_execute(path).await.unwrap();
        client
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let drop = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
        run_blocking(&self.server, vec![drop]);
    }
}

impl Harness for Database {
    type Store = MessageDbStore;

    async fn open(&self) -> MessageDbStore {
        self.store_with(MessageDbOptions::new()).await
    }
}

impl Place for Database {
    async fn on(server: &Uri) -> Self {
        let database = Self::of(server);
        database.make().await;
        database
    }

    fn uri(&self) -> Uri {
        self.server.clone().database(&self.name)
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn schema(&self) -> &'static str {
        "message_store"
    }

    fn events(&self) -> String {
        "message_store.messages".to_owned()
    }

    fn statements(&self) -> Statements {
        let complete = |sql: &str| {
            let columns = include_str!("../../../src/message_db/sql/columns.sql");
            sql.replace("{columns}", columns.trim_end())
                .replace("{events}", "message_store.messages")
                .replace("{position}", "global_position")
        };
        Statements::of(
            &["message_db/sql", "pg/sql"],
            complete,
            &[
                ("columns.sql", "it is a part of others"),
                ("time.sql", "it is a part of others"),
                ("about.sql", "tools ask for it, and programs never"),
                ("list_streams.sql", "tools ask for it, and programs never"),
                ("list_types.sql", "it is meant to count all rows"),
                ("list_snapshots.sql", "tools ask for it, and programs never"),
                ("begin_install.sql", "it runs when Message DB is installed"),
                ("probe.sql", "it runs when the store is opened"),
                (
                    "delete_snapshots.sql",
                    "no index of Message DB's tells snapshots from events, so it reads them all",
                ),
            ],
        )
    }

    async fn open_by(&self, uri: &Uri, limits: Limits) -> Result<MessageDbStore, StoreError> {
        let mut options = MessageDbOptions::new();
        if let Some(connections) = limits.pool_size {
            options = options.pool_size(connections);
        }
        if let Some(timeout) = limits.connect_timeout {
            options = options.connect_timeout(timeout);
        }
        if let Some(timeout) = limits.wait_timeout {
            options = options.wait_timeout(timeout);
        }
        if let Some(timeout) = limits.statement_timeout {
            options = options.statement_timeout(timeout);
        }
        MessageDbStore::connect_with(uri.as_str(), options).await
    }
}

tests_on_servers!(crate::message_db::Database);

/// The unpacked npm package.
pub(crate) fn package() -> PathBuf {
    let folder = std::env::var_os("ES_MESSAGE_DB_SQL").unwrap_or_else(|| {
        panic!(
            "this test needs Message DB's SQL: run it by `./tests/run -p es-stores`, or name the \
             unpacked npm package @eventide/message-db by ES_MESSAGE_DB_SQL"
        )
    });
    folder.into()
}

/// The payloads and the metadata of a stream as the database shows them.
pub(crate) async fn stored(session: &Client, stream: &str) -> Vec<(Value, Value)> {
    let sql = "SELECT data::text, coalesce(metadata::text, 'null') \
               FROM get_stream_messages($1::varchar)";
    let rows = session.query(sql, &[&stream]).await.unwrap();
    let json = |text: &str| serde_json::from_str(text).unwrap();
    rows.iter()
        .map(|row| (json(row.get(0)), json(row.get(1))))
        .collect()
}
