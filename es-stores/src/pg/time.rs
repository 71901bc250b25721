//! Times, as they come from the server.

use std::error::Error;

use chrono::{DateTime, Utc};
use tokio_postgres::types::{FromSql, Type};

/// A `timestamptz`, or a `timestamp` in UTC: microseconds on the wire as they are here, with no
/// calendar between.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Time(pub(crate) DateTime<Utc>);

/// 2000 began as many microseconds after 1970.
const EPOCH_US: i64 = 946_684_800_000_000;

impl<'a> FromSql<'a> for Time {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        let since_2000_us = i64::from_be_bytes(raw.try_into()?);
        // PostgreSQL has later times than chrono, and infinity.
        let time = DateTime::from_timestamp_micros(since_2000_us.saturating_add(EPOCH_US));
        Ok(Self(time.unwrap_or(match since_2000_us < 0 {
            true => DateTime::<Utc>::MIN_UTC,
            false => DateTime::<Utc>::MAX_UTC,
        })))
    }

    fn accepts(ty: &Type) -> bool {
        matches!(*ty, Type::TIMESTAMP | Type::TIMESTAMPTZ)
    }
}
