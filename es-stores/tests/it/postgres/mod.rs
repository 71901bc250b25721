//! What only the store in PostgreSQL does.

mod plans;

use es_core::store::StoreError;
use es_stores::conformance::Harness;
use es_stores::{PostgresOptions, PostgresStore};

use crate::on_servers::statements::Statements;
use crate::on_servers::{Limits, Place, tests_on_servers};
use crate::servers::{Uri, fresh_name, run_blocking, shared};

/// A schema of the shared database, or of another.
pub(crate) struct Schema {
    uri: Uri,
    name: String,
}

impl Schema {
    /// One on the server that all tests share.
    pub(crate) fn new() -> Self {
        Self::of(shared())
    }

    fn of(uri: Uri) -> Self {
        Self {
            uri,
            name: fresh_name(),
        }
    }

    fn options(&self) -> PostgresOptions {
        PostgresOptions::new().schema(&self.name)
    }
}

impl Drop for Schema {
    fn drop(&mut self) {
        let drop = format!("DROP SCHEMA IF EXISTS {} CASCADE", self.name);
        run_blocking(
            &self.uri,
            vec!["SET client_min_messages = warning".to_owned(), drop],
        );
    }
}

impl Harness for Schema {
    type Store = PostgresStore;

    async fn open(&self) -> PostgresStore {
        let store = PostgresStore::connect_with(self.uri.as_str(), self.options()).await;
        store.unwrap_or_else(|error| panic!("the store does not open: {error:?}"))
    }
}

impl Place for Schema {
    async fn on(server: &Uri) -> Self {
        Self::of(server.clone())
    }

    fn uri(&self) -> Uri {
        self.uri.clone()
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn schema(&self) -> &str {
        &self.name
    }

    fn events(&self) -> String {
        format!("{}.events", self.name)
    }

    fn statements(&self) -> Statements {
        let complete = |sql: &str| {
            let schema = format!("\"{}\"", self.name);
            sql.replace("{schema}", &schema)
                .replace("{events}", &format!("{schema}.events"))
                .replace("{position}", "position")
        };
        Statements::of(
            &["postgres/sql", "pg/sql"],
            complete,
            &[
                ("schema_version.sql", "it runs when the store is opened"),
                ("server.sql", "it runs when the store is opened"),
                ("version_1.sql", "it makes the schema"),
                ("delete_snapshots.sql", "it is meant to delete all rows"),
                ("about.sql", "tools ask for it, and programs never"),
                ("list_streams.sql", "tools ask for it, and programs never"),
                ("list_types.sql", "it is meant to count all rows"),
                ("list_snapshots.sql", "tools ask for it, and programs never"),
            ],
        )
    }

    async fn open_by(&self, uri: &Uri, limits: Limits) -> Result<PostgresStore, StoreError> {
        let mut options = self.options();
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
        PostgresStore::connect_with(uri.as_str(), options).await
    }
}

tests_on_servers!(crate::postgres::Schema);
