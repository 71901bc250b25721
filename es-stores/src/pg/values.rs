//! Values on their way between our buffers and the wire, with nothing between.

use std::error::Error;

use bytes::{BufMut as _, BytesMut};
use serde::de::IgnoredAny;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};

/// JSON text for a `json` parameter, as it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Json<'a>(&'a [u8]);

impl<'a> Json<'a> {
    /// What is JSON by every reader's rules, and no deeper than the server's stack.
    pub(crate) fn new(bytes: &'a [u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?;
        serde_json::from_str::<IgnoredAny>(text).ok()?;
        (!is_deep(bytes)).then_some(Self(bytes))
    }

    /// What has been found to be JSON before.
    pub(crate) fn known(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }
}

/// Whether it may be nested more than a thousand times, as far as brackets tell: those in texts count
/// too, so one that hides its depth in them is left for the server to refuse.
fn is_deep(json: &[u8]) -> bool {
    const MOST: usize = 1_000;
    if json.len() <= 2 * MOST {
        return false;
    }
    let (mut depth, mut deepest) = (0_usize, 0);
    for byte in json {
        match byte {
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest > MOST
}

impl ToSql for Json<'_> {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        out.put_slice(self.0);
        Ok(IsNull::No)
    }

    fn accepts(ty: &Type) -> bool {
        *ty == Type::JSON
    }

    to_sql_checked!();
}

/// The text of a `json` value, borrowed from the driver's buffer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct JsonText<'a>(pub(crate) &'a [u8]);

impl<'a> FromSql<'a> for JsonText<'a> {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(raw))
    }

    fn accepts(ty: &Type) -> bool {
        *ty == Type::JSON
    }
}

/// Bytes for a `bytea` parameter.
pub(crate) type Bytes<'a> = &'a [u8];
