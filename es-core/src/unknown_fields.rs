//! Fields that are stored and that an event does not know.

use serde::de::value::Error;
use serde::de::{DeserializeOwned, Deserializer, Error as _, IgnoredAny, Visitor};
use serde::forward_to_deserialize_any;

use crate::event::KnownEvent;
use crate::stream::{StreamName, Version};

/// What a domain does with fields that are stored and that an event does not know.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UnknownFields {
    /// The event does not load, and the error says what to do.
    #[default]
    Refuse,
    /// They are left out, and told to `tracing`.
    Ignore,
}

/// The payload without what `event` does not know, and the names of that; `None` where it knows all
/// of it, where it can not be told, and where `version` is an older one, whose shape is a type with
/// serde attributes of its own.
#[cold]
pub(crate) fn split(
    event: &KnownEvent,
    version: u32,
    data: &[u8],
) -> Option<(Vec<u8>, Vec<String>)> {
    if version != event.event_type.version {
        return None;
    }
    let known = (event.fields)()?;
    let (mut payload, mut unknown) = (b"{".to_vec(), Vec::new());
    for (field, member) in members(data)? {
        if !known.contains(&field.as_str()) {
            unknown.push(field);
            continue;
        }
        if payload.len() > 1 {
            payload.push(b',');
        }
        payload.extend(member);
    }
    payload.push(b'}');
    (!unknown.is_empty()).then_some((payload, unknown))
}

/// The payload without what `event` does not know, which is told; the `error` that it did not decode
/// with, where it knows all of it.
#[cold]
pub(crate) fn left_out(
    event: &KnownEvent,
    version: u32,
    data: &[u8],
    error: serde_json::Error,
) -> Result<Vec<u8>, serde_json::Error> {
    let (data, fields) = split(event, version, data).ok_or(error)?;
    let event = event.event_type.name;
    tracing::info!(event, ?fields, "unknown fields were left out");
    Ok(data)
}

/// Tells what was left out of an event of a stream.
#[cold]
pub(crate) fn tell(stream: &StreamName, version: Version, event_type: &str, fields: &[String]) {
    tracing::info!(%stream, %version, event_type, ?fields, "unknown fields were left out");
}

/// The members of a JSON object by name, as they are written.
fn members(object: &[u8]) -> Option<Vec<(String, &[u8])>> {
    // Once it is known for JSON, strings end and brackets close.
    serde_json::from_slice::<IgnoredAny>(object).ok()?;
    if !object.trim_ascii_start().starts_with(b"{") {
        return None;
    }
    let (mut members, mut begin, mut depth, mut quoted, mut escaped) =
        (Vec::new(), 0, 0, false, false);
    for (index, byte) in object.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'{' | b'[' => {
                depth += 1;
                if depth == 1 {
                    begin = index + 1;
                }
            }
            b',' | b'}' if depth == 1 => {
                members.push(&object[begin..index]);
                begin = index + 1;
                depth -= u32::from(*byte == b'}');
            }
            b'}' | b']' => depth -= 1,
            _ => {}
        }
    }
    let named = members.into_iter().filter_map(|member| {
        let name = serde_json::Deserializer::from_slice(member)
            .into_iter()
            .next();
        Some((name?.ok()?, member))
    });
    Some(named.collect())
}

/// The fields of a struct as its derived `Deserialize` asks for them, with their aliases.
pub(crate) fn fields_of<T: DeserializeOwned>() -> Option<&'static [&'static str]> {
    let mut fields = None;
    // It only asks, so it never succeeds.
    let _ = T::deserialize(Asked(&mut fields));
    fields
}

/// Notes which fields are asked for, and has none of them.
struct Asked<'a>(&'a mut Option<&'static [&'static str]>);

impl<'de> Deserializer<'de> for Asked<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
        Err(Error::custom("no fields were asked for"))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Error> {
        *self.0 = Some(fields);
        Err(Error::custom("the fields are noted"))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_what_stands_between_the_commas_of_the_object() {
        let object = br#" { "a" : 1,"b,\"}":{"c":[1,{"d":"}"}]} , "\u00e9": "[" } "#;

        let members = members(object).unwrap();

        let expected: [(&str, &[u8]); 3] = [
            ("a", br#" "a" : 1"#),
            ("b,\"}", br#""b,\"}":{"c":[1,{"d":"}"}]} "#),
            ("\u{e9}", br#" "\u00e9": "[" "#),
        ];
        let expected = expected.map(|(name, member)| (name.to_owned(), member));
        assert_eq!(members, expected);
    }

    #[test]
    fn what_is_no_object_has_no_members() {
        assert_eq!(members(b"{}"), Some(Vec::new()));
        for other in ["[1]", "{", "1", "", r#"{"a":1}x"#] {
            assert_eq!(members(other.as_bytes()), None, "{other}");
        }
    }
}
