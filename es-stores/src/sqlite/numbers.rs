//! Between SQLite's signed numbers and ours.

use chrono::{DateTime, Utc};
use es_core::stream::{Position, Version};
use rusqlite::types::{FromSqlError, FromSqlResult};

/// A number for comparisons: what SQLite can not hold is larger than all it holds.
pub(super) fn bounded(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A number to be stored.
pub(super) fn number(number: u64) -> FromSqlResult<i64> {
    i64::try_from(number).map_err(|error| FromSqlError::Other(error.into()))
}

pub(super) fn version(stored: i64) -> rusqlite::Result<Version> {
    Ok(Version::new(unsigned(stored)?))
}

pub(super) fn position(stored: i64) -> rusqlite::Result<Position> {
    Ok(Position::new(unsigned(stored)?))
}

pub(super) fn time(stored_us: i64) -> FromSqlResult<DateTime<Utc>> {
    DateTime::from_timestamp_micros(stored_us).ok_or(FromSqlError::OutOfRange(stored_us))
}

fn unsigned(stored: i64) -> FromSqlResult<u64> {
    u64::try_from(stored).map_err(|_| FromSqlError::OutOfRange(stored))
}
