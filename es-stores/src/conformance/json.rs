//! JSON by what it says, for stores that keep it in a form of their own.

use std::collections::BTreeMap;

use es_core::store::Payloads;
use serde_json::value::RawValue;

/// Whether what a store gave back is what was written, by what the store declares.
pub(super) fn comes_back(payloads: Payloads, written: &[u8], stored: &[u8]) -> bool {
    match payloads {
        Payloads::Bytes => written == stored,
        // Metadata may be none at all.
        Payloads::Json if written.is_empty() => stored.is_empty(),
        Payloads::Json => parse(written).is_ok_and(|written| {
            let stored = parse(stored);
            stored.is_ok_and(|stored| stored == written)
        }),
    }
}

/// Numbers to their last digit: a store that reads them as floats loses money.
#[derive(Debug, PartialEq, Eq)]
enum Json {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    List(Vec<Json>),
    Object(BTreeMap<String, Json>),
}

/// `0.digits` times ten to the exponent, the digits without zeros at either end.
#[derive(Debug, Default, PartialEq, Eq)]
struct Number {
    negative: bool,
    digits: String,
    exponent: i64,
}

fn parse(json: &[u8]) -> serde_json::Result<Json> {
    json_of(serde_json::from_slice(json)?)
}

fn json_of(raw: &RawValue) -> serde_json::Result<Json> {
    let text = raw.get();
    Ok(match text.as_bytes()[0] {
        b'{' => {
            // Of a key that stands twice, the last counts.
            let fields: BTreeMap<String, &RawValue> = serde_json::from_str(text)?;
            let fields = fields
                .into_iter()
                .map(|(name, field)| Ok((name, json_of(field)?)));
            Json::Object(fields.collect::<serde_json::Result<_>>()?)
        }
        b'[' => {
            let items: Vec<&RawValue> = serde_json::from_str(text)?;
            let items = items.into_iter().map(json_of);
            Json::List(items.collect::<serde_json::Result<_>>()?)
        }
        b'"' => Json::Text(serde_json::from_str(text)?),
        b't' | b'f' => Json::Bool(text == "true"),
        b'n' => Json::Null,
        _ => Json::Number(number(text)),
    })
}

fn number(text: &str) -> Number {
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let exponent: i64 = exponent.parse().expect("the suite writes small exponents");
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let negative = whole.starts_with('-');
    let whole = whole.trim_start_matches(['-', '0']);
    let digits = format!("{whole}{fraction}");
    let significant = digits.trim_start_matches('0');
    if significant.is_empty() {
        return Number::default();
    }
    let length = |digits: &str| i64::try_from(digits.len()).expect("64 bits count all letters");
    Number {
        negative,
        digits: significant.trim_end_matches('0').to_owned(),
        exponent: exponent + length(whole) + length(significant) - length(&digits),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(written: &str, stored: &str) -> bool {
        comes_back(Payloads::Json, written.as_bytes(), stored.as_bytes())
    }

    #[test]
    fn json_that_says_the_same_is_the_same() {
        for (one, other) in [
            (r#"{"a":1,"b":[]}"#, " { \"b\" : [ ],\n\"a\" : 1 } "),
            (r#"{"a":1,"a":2}"#, r#"{"a":2}"#),
            (r#""\u00e9\/""#, r#""é/""#),
            ("1", "1.0"),
            ("100", "1e2"),
            ("0.01", "10E-3"),
            ("-0.0", "0"),
            ("1e21", "1000000000000000000000"),
            ("0.00120", "12e-4"),
        ] {
            assert!(same(one, other), "{one} {other}");
        }
    }

    #[test]
    fn json_that_says_another_thing_is_another() {
        for (one, other) in [
            (r#"{"a":1}"#, r#"{"a":1,"b":null}"#),
            (r#"{"a":1,"a":2}"#, r#"{"a":1}"#),
            ("[1,2]", "[2,1]"),
            ("\"1\"", "1"),
            ("1", "-1"),
            ("12", "1.2"),
            ("0.1", "0.01"),
            (
                "123456789012345678901234567890",
                "123456789012345677877719597056",
            ),
            ("\"é\"", "\"e\u{301}\""),
            ("null", "false"),
            ("1", ""),
            ("", "1"),
            ("1", "1 1"),
        ] {
            assert!(!same(one, other), "{one} {other}");
        }
    }
}
