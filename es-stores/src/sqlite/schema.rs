//! Whose a database is, which schema it has, and making ours.

use std::fmt;

use es_core::store::StoreErrorKind;
use rusqlite::{Connection, Transaction, TransactionBehavior};

const SCHEMA: &str = include_str!("sql/schema.sql");

/// The mark of our files in SQLite's header: `es_s` in ASCII.
const APPLICATION_ID: i32 = i32::from_be_bytes(*b"es_s");

/// The schema that this version of the library writes, and the only one it knows.
const SCHEMA_VERSION: i32 = 1;

/// Whose a database is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Identity {
    /// Nobody's: there is nothing in it.
    Empty,
    /// A store's.
    Store { schema: i32 },
    /// Somebody else's.
    Foreign { application_id: i32 },
}

/// Why a database is not opened. It has not been written to.
#[derive(Clone, Copy, Debug)]
pub(super) enum Refusal {
    /// It is somebody else's.
    Foreign { application_id: i32 },
    /// There is nothing in it, and nothing is to be made.
    Empty,
    /// It was written by a newer version of this library.
    Newer { found: i32 },
    /// Its schema has a version that never was.
    Unknown { found: i32 },
}

/// The statements that make the tables of a file, for people.
pub fn sql() -> &'static str {
    SCHEMA
}

/// Looks whose a database is, all at one moment: another process may be making it.
pub(super) fn identify(connection: &Connection) -> rusqlite::Result<Identity> {
    let moment = Transaction::new_unchecked(connection, TransactionBehavior::Deferred)?;
    identify_within(&moment)
}

/// Makes the schema where there is nothing and one is wanted, and refuses what is not ours.
pub(super) fn ensure(
    connection: &Connection,
    wanted: bool,
) -> rusqlite::Result<Result<(), Refusal>> {
    match identify(connection)? {
        Identity::Empty if wanted => create(connection),
        Identity::Empty => Ok(Err(Refusal::Empty)),
        other => Ok(accept(other)),
    }
}

fn create(connection: &Connection) -> rusqlite::Result<Result<(), Refusal>> {
    let transaction = Transaction::new_unchecked(connection, TransactionBehavior::Exclusive)?;
    // Another process may have been faster.
    match identify_within(&transaction)? {
        Identity::Empty => {}
        other => return Ok(accept(other)),
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", SCHEMA_VERSION)?;
    transaction.execute_batch(SCHEMA)?;
    transaction.commit()?;
    Ok(Ok(()))
}

fn identify_within(transaction: &Transaction<'_>) -> rusqlite::Result<Identity> {
    let number = |pragma| transaction.pragma_query_value(None, pragma, |row| row.get::<_, i32>(0));
    let application_id = number("application_id")?;
    let schema = number("user_version")?;
    if application_id == APPLICATION_ID {
        return Ok(Identity::Store { schema });
    }
    let objects: i64 =
        transaction.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    Ok(if application_id == 0 && schema == 0 && objects == 0 {
        Identity::Empty
    } else {
        Identity::Foreign { application_id }
    })
}

fn accept(identity: Identity) -> Result<(), Refusal> {
    match identity {
        Identity::Empty
        | Identity::Store {
            schema: SCHEMA_VERSION,
        } => Ok(()),
        Identity::Store { schema: found } if found > SCHEMA_VERSION => {
            Err(Refusal::Newer { found })
        }
        Identity::Store { schema: found } => Err(Refusal::Unknown { found }),
        Identity::Foreign { application_id } => Err(Refusal::Foreign { application_id }),
    }
}

impl Refusal {
    pub(super) fn kind(self) -> StoreErrorKind {
        match self {
            Self::Foreign { .. } | Self::Empty => StoreErrorKind::NotAStore,
            Self::Newer { .. } => StoreErrorKind::NewerSchema,
            Self::Unknown { .. } => StoreErrorKind::Corrupt,
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Foreign { application_id } => write!(
                f,
                "it is a SQLite database, but no store of events: its `application_id` is \
                 {application_id}, expected was {APPLICATION_ID}; name another file"
            ),
            Self::Empty => f.write_str("it is empty, and no store is to be made of it"),
            Self::Newer { found } => write!(
                f,
                "its schema has version {found}, this program knows version {SCHEMA_VERSION}; \
                 update the program"
            ),
            Self::Unknown { found } => write!(
                f,
                "its schema has version {found}, this program knows version {SCHEMA_VERSION}; \
                 the file is damaged"
            ),
        }
    }
}
