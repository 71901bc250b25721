//! A database with a Message DB in it.

use anyhow::{Context as _, bail};
use tokio_postgres::{Client, NoTls};
use uuid::Uuid;

/// One of this test's own on the server for tests; [`remove`](Self::remove) takes it away again.
pub(crate) struct Database {
    server: String,
    name: String,
}

impl Database {
    pub(crate) async fn make() -> anyhow::Result<Self> {
        let server = variable("ES_TEST_POSTGRES")?;
        let sql = variable("ES_MESSAGE_DB_SQL")?;
        let name = format!("es_interop_{}", Uuid::new_v4().simple());
        let made = Self { server, name };
        let name = &made.name;
        // As the role of Message DB has it: Protean calls functions by their bare names.
        let path = format!("ALTER DATABASE {name} SET search_path = message_store, public");
        let admin = session(&made.server).await?;
        admin
            .execute(&format!("CREATE DATABASE {name}"), &[])
            .await?;
        admin.execute(&path, &[]).await?;
        es_stores::message_db::install(&made.uri(), sql).await?;
        Ok(made)
    }

    pub(crate) fn uri(&self) -> String {
        let (address, options) = match self.server.split_once('?') {
            Some((address, options)) => (address, format!("?{options}")),
            None => (&*self.server, String::new()),
        };
        let (scheme, rest) = address.split_once("://").unwrap_or(("postgres", address));
        let host = rest.split('/').next().unwrap_or_default();
        format!("{scheme}://{host}/{}{options}", self.name)
    }

    /// How many messages of whom stand in a stream: ours tell so in their metadata.
    pub(crate) async fn snapshots(&self, stream: &str) -> anyhow::Result<Snapshots> {
        let sql = "SELECT count(*) FILTER (WHERE metadata ? '_es'), \
                   count(*) FILTER (WHERE metadata IS NULL) \
                   FROM messages WHERE stream_name = $1 AND type = 'SNAPSHOT'";
        let row = session(&self.uri())
            .await?
            .query_one(sql, &[&stream])
            .await?;
        Ok(Snapshots {
            ours: row.try_get(0)?,
            proteans: row.try_get(1)?,
        })
    }

    pub(crate) async fn remove(&self) -> anyhow::Result<()> {
        let drop = format!("DROP DATABASE {} WITH (FORCE)", self.name);
        session(&self.server).await?.execute(&drop, &[]).await?;
        Ok(())
    }
}

#[derive(Debug)]
pub(crate) struct Snapshots {
    pub(crate) ours: i64,
    pub(crate) proteans: i64,
}

/// What the script sets.
pub(crate) fn variable(name: &str) -> anyhow::Result<String> {
    match std::env::var(name) {
        Ok(value) if !value.is_empty() => Ok(value),
        _ => bail!("{name} is not set: run this test by `./tests/run --interop`"),
    }
}

async fn session(uri: &str) -> anyhow::Result<Client> {
    let (client, connection) = tokio_postgres::connect(uri, NoTls)
        .await
        .context("the server for tests")?;
    tokio::spawn(connection);
    Ok(client)
}
