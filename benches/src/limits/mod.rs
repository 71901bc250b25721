//! What the machine can do: the same durable work by the raw driver, without any framework.
//!
//! Every limit keeps what a stream of events can not do without: the stream, its version, unique
//! together, the type, and the payload. It keeps no ids, no times and no metadata, hides nothing
//! from readers that is not settled yet, and repeats nothing after a lost reply.

mod jobs;
mod memory;
mod message_db;
mod postgres;
mod server;
mod sqlite;

pub use memory::{Json, SerdeAlone};
pub use message_db::WriteMessage;
pub use postgres::{Inserts, OneBatchAtATime, POSTGRES_SCHEMA};
pub use server::Server;
pub use sqlite::{File, GroupCommit};
