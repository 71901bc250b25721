//! Databases and pools: the same for every peer, by the two majors of sqlx that they ask for.

use std::str::FromStr as _;

use anyhow::Result;
use sqlx08::Executor as _;

/// The connections of a pool.
const CONNECTIONS: u32 = 16;

/// A PostgreSQL server, with the rights of a superuser.
pub struct Server {
    options08: sqlx08::postgres::PgConnectOptions,
    options09: sqlx09::postgres::PgConnectOptions,
}

impl Server {
    /// The server behind `uri`.
    pub fn at(uri: &str) -> Result<Self> {
        Ok(Self {
            options08: sqlx08::postgres::PgConnectOptions::from_str(uri)?,
            options09: sqlx09::postgres::PgConnectOptions::from_str(uri)?,
        })
    }

    /// A new, empty database for sqlx 0.8; one of this name is dropped.
    pub async fn database08(&self, name: &str) -> Result<sqlx08::postgres::PgConnectOptions> {
        self.create(name).await?;
        Ok(self.options08.clone().database(name))
    }

    /// A new, empty database for sqlx 0.9; one of this name is dropped.
    pub async fn database09(&self, name: &str) -> Result<sqlx09::postgres::PgConnectOptions> {
        self.create(name).await?;
        Ok(self.options09.clone().database(name))
    }

    async fn create(&self, name: &str) -> Result<()> {
        use sqlx08::ConnectOptions as _;
        let mut connection = self.options08.connect().await?;
        let drop = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
        connection.execute(drop.as_str()).await?;
        let create = format!("CREATE DATABASE {name}");
        connection.execute(create.as_str()).await?;
        Ok(())
    }
}

/// How pools are made: without a ping before each use.
pub fn pooling08() -> sqlx08::postgres::PgPoolOptions {
    sqlx08::postgres::PgPoolOptions::new()
        .max_connections(CONNECTIONS)
        .test_before_acquire(false)
}

/// As [`pooling08`], a pool of sqlx 0.9.
pub async fn pool09(options: sqlx09::postgres::PgConnectOptions) -> Result<sqlx09::PgPool> {
    let pooling = sqlx09::postgres::PgPoolOptions::new()
        .max_connections(CONNECTIONS)
        .test_before_acquire(false);
    Ok(pooling.connect_with(options).await?)
}

/// Vacuums and gathers statistics, as a server does by itself after a while.
pub async fn analyze08(pool: &sqlx08::PgPool) -> Result<()> {
    pool.execute("VACUUM ANALYZE").await?;
    Ok(())
}

/// As [`analyze08`], by a pool of sqlx 0.9.
pub async fn analyze09(pool: &sqlx09::PgPool) -> Result<()> {
    use sqlx09::Executor as _;
    pool.execute("VACUUM ANALYZE").await?;
    Ok(())
}
