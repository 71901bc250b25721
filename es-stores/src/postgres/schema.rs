//! The tables: their versions, and who makes them.

use deadpool_postgres::GenericClient;
use es_core::store::{Durability, StoreError, StoreErrorKind};

use crate::pg::{Client, Link, Trouble, quoted};

/// The schema's versions in order: each file leads from the one before it.
const VERSIONS: [&str; 1] = [include_str!("sql/version_1.sql")];

/// The oldest server the statements are written for.
const OLDEST_SERVER: i32 = 130_000;

/// The statements that make the schema `es`, for people whose databases are changed by others; see
/// [`sql_for`].
pub fn sql() -> String {
    versions(0, "es").collect()
}

/// The statements that make the tables in `schema`, to be run in one transaction. Open the store
/// with [`PostgresOptions::migrate`](super::PostgresOptions::migrate) turned off then.
///
/// ```
/// let sql = es_stores::postgres::sql_for("bank_events")?;
/// assert!(sql.contains(r#"CREATE TABLE "bank_events".events"#));
/// # Ok::<(), es_core::store::StoreError>(())
/// ```
///
/// # Errors
/// [`StoreErrorKind::Invalid`] where `schema` is no proper name.
pub fn sql_for(schema: &str) -> Result<String, StoreError> {
    check_name(schema)?;
    Ok(versions(0, schema).collect())
}

/// Puts a schema's name into a statement.
pub(super) fn named(sql: &str, schema: &str) -> String {
    sql.replace("{schema}", &quoted(schema))
}

fn versions(after: usize, schema: &str) -> impl Iterator<Item = String> {
    VERSIONS[after..].iter().map(move |sql| named(sql, schema))
}

pub(super) fn check_name(schema: &str) -> Result<(), StoreError> {
    let proper = schema.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && schema
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        && schema.len() <= 60
        && !schema.starts_with("pg_");
    if proper {
        return Ok(());
    }
    Err(StoreError::new(
        StoreErrorKind::Invalid,
        format!(
            "use the schema `{}`: write at most 60 lower-case letters, digits and underscores, \
             not beginning with a digit or with `pg_`",
            schema.escape_debug()
        ),
    ))
}

/// Makes sure that the tables are there and of this version; makes them, or brings them up to date,
/// where that is wanted. Answers what the server promises.
pub(super) async fn prepare(
    link: &Link,
    schema: &str,
    migrate: bool,
) -> Result<Durability, StoreError> {
    let failed = |trouble: &Trouble| link.error("open the store at", trouble);
    let mut client = link
        .client()
        .await
        .map_err(|trouble| link.error("connect to", &trouble))?;
    let found = look(&client, schema)
        .await
        .map_err(|trouble| failed(&trouble))?;
    let version = found.version(link, schema)?;
    if version == VERSIONS.len() {
        return Ok(found.durability);
    }
    if !migrate {
        let why = match version {
            0 => format!("there is no schema `{schema}`"),
            _ => format!(
                "the schema `{schema}` has version {version}, {} is needed",
                VERSIONS.len()
            ),
        };
        let action = format!(
            "open the store at `{}`: {why}; run what `es_stores::postgres::sql` prints, or open \
             it with `migrate(true)`",
            link.shown()
        );
        return Err(StoreError::new(StoreErrorKind::NotAStore, action));
    }
    let migrated = self::migrate(&mut client, schema).await;
    migrated
        .map_err(|trouble| link.error(&format!("make the schema `{schema}` in"), &trouble))?
        .version(link, schema)?;
    Ok(found.durability)
}

/// In one transaction behind a lock: whoever comes second finds it done.
async fn migrate(client: &mut Client, schema: &str) -> Result<Found, Trouble> {
    let transaction = client.transaction().await?;
    let lock = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))";
    transaction
        .execute(lock, &[&format!("es-stores schema {schema}")])
        .await?;
    let found = look(&transaction, schema).await?;
    let version = found.version.unwrap_or(0);
    if version < VERSIONS.len() {
        for sql in versions(version, schema) {
            transaction.batch_execute(&sql).await?;
        }
    }
    transaction.commit().await?;
    Ok(found)
}

/// What is there.
struct Found {
    server: i32,
    encoding: String,
    version: Option<usize>,
    durability: Durability,
}

async fn look(client: &impl GenericClient, schema: &str) -> Result<Found, Trouble> {
    let table = format!("{}.schema_version", quoted(schema));
    let row = client
        .query_one(include_str!("sql/server.sql"), &[&table])
        .await?;
    let version = match row.try_get(2)? {
        true => {
            let sql = named(include_str!("sql/schema_version.sql"), schema);
            let version: i32 = client.query_one(&sql, &[]).await?.try_get(0)?;
            Some(usize::try_from(version).unwrap_or(usize::MAX))
        }
        false => None,
    };
    Ok(Found {
        server: row.try_get(0)?,
        encoding: row.try_get(1)?,
        version,
        durability: match row.try_get(3)? {
            true => Durability::Power,
            false => Durability::Process,
        },
    })
}

impl Found {
    /// The schema's version, 0 where there is none.
    fn version(&self, link: &Link, schema: &str) -> Result<usize, StoreError> {
        let refused = |kind, why: String| {
            StoreError::new(kind, format!("open the store at `{}`: {why}", link.shown()))
        };
        if self.server < OLDEST_SERVER {
            let why = format!(
                "the server is PostgreSQL {}, {} or newer is needed",
                self.server / 10_000,
                OLDEST_SERVER / 10_000
            );
            return Err(refused(StoreErrorKind::Unsupported, why));
        }
        if self.encoding != "UTF8" {
            let why = format!(
                "the database's encoding is {}; make one by `createdb --encoding UTF8 --template template0`",
                self.encoding
            );
            return Err(refused(StoreErrorKind::Unsupported, why));
        }
        match self.version {
            None => Ok(0),
            Some(version) if version <= VERSIONS.len() => Ok(version),
            Some(version) => {
                let why = format!(
                    "the schema `{schema}` has version {version}, this program knows {}; update the program",
                    VERSIONS.len()
                );
                Err(refused(StoreErrorKind::NewerSchema, why))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_checked() {
        let long = "x".repeat(61);
        for improper in ["", "1a", "Es", "a-b", "a\"b", "a'b", "pg_es", "é", &long] {
            assert!(check_name(improper).is_err(), "{improper}");
        }
        for proper in ["es", "_x", "bank_events_2", "user"] {
            assert!(check_name(proper).is_ok(), "{proper}");
        }
    }

    #[test]
    fn the_statements_name_the_schema() {
        assert!(!sql().contains("{schema}"));
        assert!(sql_for("user").unwrap().contains("\"user\".events"));
        assert!(sql_for("Bank").is_err());
    }
}
