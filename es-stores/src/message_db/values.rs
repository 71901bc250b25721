//! Values on their way to and from PostgreSQL without a copy between.

use std::error::Error as StdError;

use bytes::{BufMut, BytesMut};
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
