//! Values on their way to and from PostgreSQL without a copy between.

use std::error::Error as StdError;

use bytes::{BufMut, BytesMut};
use chrono::{DateTime, Utc};
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};

type Failure = Box<dyn StdError + Sync + Send>;

/// `jsonb` as its text.
#[derive(Debug)]
pub(super) struct Json<B>(pub(super) B);

/// The only form of `jsonb` on the wire there has been: a byte of 1, then text.
const JSONB_VERSION: u8 = 1;

impl<B: AsRef<[u8]> + std::fmt::Debug> ToSql for Json<B> {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Failure> {
        out.put_u8(JSONB_VERSION);
        out.put_slice(self.0.as_ref());
        Ok(IsNull::No)
    }

    fn accepts(kind: &Type) -> bool {
        *kind == Type::JSONB
    }

    to_sql_checked!();
}

impl<'a> FromSql<'a> for Json<&'a [u8]> {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Failure> {
        match raw.split_first() {
            Some((&JSONB_VERSION, text)) => Ok(Self(text)),
            _ => Err("`jsonb` came in a form that is not known".into()),
        }
    }

    fn accepts(kind: &Type) -> bool {
        *kind == Type::JSONB
    }
}

/// A `timestamp`, which Message DB keeps in UTC.
#[derive(Debug)]
pub(super) struct Time(pub(super) DateTime<Utc>);

/// 2000 began as many microseconds after 1970.
const EPOCH_US: i64 = 946_684_800_000_000;

impl<'a> FromSql<'a> for Time {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Failure> {
        let since_2000_us = i64::from_be_bytes(raw.try_into()?);
        // PostgreSQL has later times than chrono, and infinity.
        let time = DateTime::from_timestamp_micros(since_2000_us.saturating_add(EPOCH_US));
        Ok(Self(time.unwrap_or(match since_2000_us < 0 {
            true => DateTime::<Utc>::MIN_UTC,
            false => DateTime::<Utc>::MAX_UTC,
        })))
    }

    fn accepts(kind: &Type) -> bool {
        *kind == Type::TIMESTAMP
    }
}
