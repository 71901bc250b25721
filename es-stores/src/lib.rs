//! Stores for `es-core`: SQLite embedded in the program, stores chosen by a URI, and the suite of
//! behaviours that every store must show.
//!
//! A feature a driver, so that nobody compiles what is not used:
//!
//! | feature | brings |
//! |---|---|
//! | `sqlite` | `SqliteStore`: one file, SQLite compiled into the program |
//! | `postgres` | `PostgresStore`: tables of our own on a PostgreSQL server |
//! | `message-db` | `MessageDbStore`: Message DB on a PostgreSQL server, shared with programs of Eventide and Protean |
//! | `conformance` | `conformance`: the suite, for authors of stores |
#![forbid(unsafe_code)]

mod connect;

#[cfg(feature = "conformance")]
pub mod conformance;
#[cfg(feature = "message-db")]
pub mod message_db;
#[cfg(any(feature = "message-db", feature = "postgres"))]
mod pg;
#[cfg(feature = "postgres")]
pub mod postgres;
#[cfg(feature = "sqlite")]
pub mod sqlite;

pub use connect::connect;
#[cfg(feature = "message-db")]
pub use message_db::{MessageDbOptions, MessageDbStore};
#[cfg(feature = "postgres")]
pub use postgres::{PostgresOptions, PostgresStore};
#[cfg(feature = "sqlite")]
pub use sqlite::{SqliteOptions, SqliteStore, Synchronous};
