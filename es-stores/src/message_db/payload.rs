//! What Message DB's columns can hold: `jsonb`, checked before anything is written.

use std::fmt;

use es_core::store::{Append, StoreError, StoreErrorKind};
use serde::Deserialize;
use serde::de::IgnoredAny;

/// Refuses a unit that holds anything that `jsonb` can not.
///
/// The server would refuse it as well, but only in the middle of a transaction that other units
/// share. A few limits of its own stay with it: numbers of more than 131,072 digits, and nesting by
/// the thousand.
pub(super) fn check(append: &Append) -> Result<(), StoreError> {
    for part in append.streams() {
        let mut checked: &[u8] = b"";
        for event in part.events.iter() {
            let what = |what, why: &dyn fmt::Display| {
                invalid(format!(
                    "append a `{}` to `{}`: its {what} {why}",
                    event.event_type, part.stream
                ))
            };
            check_json(event.data).map_err(|why| what("payload", &why))?;
            if event.metadata.is_empty() || event.metadata == checked {
                continue;
            }
            check_object(event.metadata).map_err(|why| what("metadata", &why))?;
            checked = event.metadata;
        }
    }
    Ok(())
}

/// Refuses a snapshot's state likewise.
pub(super) fn check_state(stream: &impl fmt::Display, state: &[u8]) -> Result<(), StoreError> {
    check_json(state)
        .map_err(|why| invalid(format!("save a snapshot of `{stream}`: its state {why}")))
}

fn invalid(action: String) -> StoreError {
    StoreError::new(StoreErrorKind::Invalid, action)
}

/// Why some bytes can not be stored, read on from "its payload".
#[derive(Debug, PartialEq, Eq)]
enum Unstorable {
    NoText,
    NoJson(String),
    NoObject,
    Zero,
    HalfLetter,
}

impl fmt::Display for Unstorable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoText => f.write_str("is not UTF-8; Message DB holds JSON only"),
            Self::NoJson(why) => write!(f, "is no JSON, and Message DB holds nothing else: {why}"),
            Self::NoObject => f.write_str("is no JSON object, and Message DB's metadata is one"),
            Self::Zero => f.write_str("holds `\\u0000`, which PostgreSQL's `jsonb` can not"),
            Self::HalfLetter => f.write_str(
                "holds one half of a surrogate pair (`\\ud800` to `\\udfff`), which PostgreSQL's \
                 `jsonb` can not",
            ),
        }
    }
}

fn check_object(bytes: &[u8]) -> Result<(), Unstorable> {
    check_json(bytes)?;
    match bytes.trim_ascii_start().first() {
        Some(b'{') => Ok(()),
        _ => Err(Unstorable::NoObject),
    }
}

fn check_json(bytes: &[u8]) -> Result<(), Unstorable> {
    let text = std::str::from_utf8(bytes).map_err(|_| Unstorable::NoText)?;
    let mut json = serde_json::Deserializer::from_str(text);
    IgnoredAny::deserialize(&mut json)
        .and_then(|_| json.end())
        .map_err(|error| Unstorable::NoJson(error.to_string()))?;
    check_escapes(text.as_bytes())
}

/// The escapes of what is known to be JSON, which has backslashes in strings only.
fn check_escapes(json: &[u8]) -> Result<(), Unstorable> {
    let mut rest = json;
    while let Some(at) = rest.iter().position(|byte| *byte == b'\\') {
        rest = &rest[at..];
        let Some(unit) = unit(rest) else {
            rest = rest.get(2..).unwrap_or_default();
            continue;
        };
        rest = &rest[UNIT_BYTES..];
        match unit {
            0 => return Err(Unstorable::Zero),
            0xd800..0xdc00 if unit_in(rest, 0xdc00..0xe000) => rest = &rest[UNIT_BYTES..],
            0xd800..0xe000 => return Err(Unstorable::HalfLetter),
            _ => {}
        }
    }
    Ok(())
}

/// As long as `\u0000`.
const UNIT_BYTES: usize = 6;

/// The UTF-16 unit escaped at the very beginning.
fn unit(json: &[u8]) -> Option<u32> {
    let digits = json.get(..UNIT_BYTES)?.strip_prefix(br"\u")?;
    let digits = std::str::from_utf8(digits).ok()?;
    u32::from_str_radix(digits, 16).ok()
}

fn unit_in(json: &[u8], range: std::ops::Range<u32>) -> bool {
    unit(json).is_some_and(|unit| range.contains(&unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_jsonb_holds_is_let_through() {
        for json in [
            "{}",
            "null",
            " [1, 2]\r\n",
            r#"{"n":1e400,"s":"\\u0000 \u00e9 \ud83d\ude00 \/"}"#,
            r#""\\\\u0000\\ud800""#,
        ] {
            assert_eq!(check_json(json.as_bytes()), Ok(()), "{json}");
        }
        let deep = ["[".repeat(5_000), "]".repeat(5_000)].concat();
        assert_eq!(check_json(deep.as_bytes()), Ok(()));
    }

    #[test]
    fn what_jsonb_can_not_hold_is_told() {
        for (json, why) in [
            (r#""a\u0000""#, Unstorable::Zero),
            (r#"{"\u0000":1}"#, Unstorable::Zero),
            (r#""\ud83d""#, Unstorable::HalfLetter),
            (r#""\ud83dx\ude00""#, Unstorable::HalfLetter),
            (r#""\ude00\ud83d""#, Unstorable::HalfLetter),
            (r#""\ud83d\ud83d\ude00""#, Unstorable::HalfLetter),
        ] {
            assert_eq!(check_json(json.as_bytes()), Err(why), "{json}");
        }
        assert_eq!(check_json(b"\"\xff\""), Err(Unstorable::NoText));
        for none in ["", "x", "{} {}", "{", "\"\0\""] {
            let refused = check_json(none.as_bytes());
            assert!(matches!(refused, Err(Unstorable::NoJson(_))), "{none}");
        }
        assert_eq!(check_object(b" [1]"), Err(Unstorable::NoObject));
        assert_eq!(check_object(b" {}"), Ok(()));
    }
}
