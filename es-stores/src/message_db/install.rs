//! Installing Message DB.

use std::path::Path;

use es_core::store::StoreError;
use tokio_postgres::error::SqlState;

use super::MessageDbOptions;
use super::probe::Probe;
use super::sources::{self, ROLE, Source};
use crate::pg::{Address, Client, Link, Trouble};

/// How often to begin again where another database of the server was given the same role meanwhile.
const TRIES: usize = 5;

/// Installs Message DB into the database that `uri` names, which must be there; does nothing where
/// it is installed already.
///
/// `dir` is its npm package, unpacked, or the folder `database` of it:
///
/// ```sh
/// npm pack @eventide/message-db@1.3.1 && tar xzf eventide-message-db-1.3.1.tgz   # makes `package`
/// ```
///
/// Runs what the package's `install.sh` runs, without `psql`, in one transaction: all of it is
/// there afterwards, or nothing. The user must own the database, and either may make roles or the
/// role `message_store` is there; the extension `pgcrypto` comes with PostgreSQL
/// (`postgresql-contrib` on some systems).
///
/// ```no_run
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// es_stores::message_db::install("postgres://postgres@localhost/bank", "package").await?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// [`StoreError`] of the kind [`Invalid`](es_core::store::StoreErrorKind::Invalid) where `dir` does not hold the
/// package, [`NotAStore`](es_core::store::StoreErrorKind::NotAStore) where a part of some Message DB is in the
/// database already, else what the server says.
pub async fn install(uri: &str, dir: impl AsRef<Path>) -> Result<(), StoreError> {
    let link = Link::new(&Address::parse(uri)?, &MessageDbOptions::new().link)?;
    let mut tries = 1;
    loop {
        let failed = |trouble: &Trouble| link.error("install Message DB in", trouble);
        let probe = Probe::of(&link).await.map_err(|trouble| failed(&trouble))?;
        if probe.has_messages {
            return probe.check(&link);
        }
        let sources = sources::read(dir.as_ref())?;
        match run(&link, &sources).await {
            Ok(()) => return Ok(()),
            Err((_, trouble)) if was_first(&trouble) && tries < TRIES => tries += 1,
            Err((Some(file), trouble)) => {
                let action = format!("run `{file}` to install Message DB in");
                return Err(link.error(&action, &trouble));
            }
            Err((None, trouble)) => return Err(failed(&trouble)),
        }
    }
}

/// Somebody installed at the same time, here or in another database of the server.
fn was_first(trouble: &Trouble) -> bool {
    let code = trouble.code();
    [
        SqlState::UNIQUE_VIOLATION,
        SqlState::DUPLICATE_OBJECT,
        SqlState::DUPLICATE_TABLE,
        SqlState::DUPLICATE_SCHEMA,
        SqlState::DUPLICATE_FUNCTION,
        SqlState::INVALID_TABLE_DEFINITION,
    ]
    .iter()
    .any(|known| code == Some(known))
}

type Failed = (Option<&'static str>, Trouble);

async fn run(link: &Link, sources: &[Source]) -> Result<(), Failed> {
    let client = link.client().await.map_err(|trouble| (None, trouble))?;
    let installed = run_all(&client, sources).await;
    if installed.is_err() {
        let _ = client.batch_execute("ROLLBACK").await;
    }
    installed
}

async fn run_all(client: &Client, sources: &[Source]) -> Result<(), Failed> {
    let plainly = |error: tokio_postgres::Error| (None, error.into());
    let has_role = client.query_one(include_str!("sql/begin_install.sql"), &[]);
    client.batch_execute("BEGIN").await.map_err(plainly)?;
    let has_role = has_role.await.and_then(|row| row.try_get(0));
    let has_role: bool = has_role.map_err(plainly)?;
    // As `psql` has it where nobody has said otherwise: what has no schema goes to `public`.
    let path = client.batch_execute("SET LOCAL search_path = public");
    path.await.map_err(plainly)?;
    for source in sources.iter().filter(|it| !(has_role && it.name == ROLE)) {
        let ran = client.batch_execute(&source.sql).await;
        ran.map_err(|error| (Some(source.name), error.into()))?;
    }
    client.batch_execute("COMMIT").await.map_err(plainly)
}
