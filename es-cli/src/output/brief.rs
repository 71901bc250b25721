//! Payloads for people: in a few words, in one line, and in many.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::Value;

/// What a payload says, in a few words: `owner "Ada", cents 100`.
pub(crate) fn brief(data: &[u8]) -> String {
    if let Ok(Fields(fields)) = serde_json::from_slice(data) {
        return brief_fields(&fields);
    }
    match serde_json::from_slice::<Value>(data) {
        Ok(Value::Null) => String::new(),
        Ok(other) => short(&other),
        Err(_) => format!("{} bytes", data.len()),
    }
}

fn brief_fields(fields: &[(String, Value)]) -> String {
    let mut text = String::new();
    for (name, value) in fields {
        if !text.is_empty() {
            text.push_str(", ");
        }
        if text.len() > 160 {
            text.push('…');
            break;
        }
        text.push_str(name);
        text.push(' ');
        text.push_str(&short(value));
    }
    text
}

/// The fields of an object, in the order they are written.
struct Fields(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;

        impl<'de> Visitor<'de> for InOrder {
            type Value = Fields;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Fields, M::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(Fields(fields))
            }
        }

        deserializer.deserialize_map(InOrder)
    }
}

/// A value in at most forty letters.
pub(crate) fn short(value: &Value) -> String {
    const MOST: usize = 40;
    let text = value.to_string();
    match text.char_indices().nth(MOST) {
        Some((end, _)) => match value {
            Value::Array(items) => format!("[{} items]", items.len()),
            Value::Object(fields) => format!("{{{} fields}}", fields.len()),
            _ => format!("{}…", &text[..end]),
        },
        None => text,
    }
}

/// JSON without the blanks between its parts, every letter of which stays.
pub(crate) fn compact(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    let (mut inside, mut escaped) = (false, false);
    for letter in json.chars() {
        match letter {
            _ if escaped => escaped = false,
            '\\' if inside => escaped = true,
            '"' => inside = !inside,
            ' ' | '\t' | '\n' | '\r' if !inside => continue,
            _ => {}
        }
        text.push(letter);
    }
    text
}

/// JSON over several lines, each indented by so many blanks, its fields in the order they are
/// written; what is no JSON as text.
pub(crate) fn pretty(data: &[u8], indent: usize) -> String {
    let text = String::from_utf8_lossy(data);
    let margin = " ".repeat(indent);
    if serde_json::from_str::<serde::de::IgnoredAny>(&text).is_err() {
        let lines = text.lines().map(|line| format!("{margin}{line}"));
        return lines.collect::<Vec<_>>().join("\n");
    }
    let json = compact(&text);
    let mut pretty = margin.clone();
    let (mut depth, mut inside, mut escaped) = (0, false, false);
    let line = |pretty: &mut String, depth: usize| {
        pretty.push('\n');
        pretty.push_str(&margin);
        pretty.push_str(&"  ".repeat(depth));
    };
    let mut letters = json.chars().peekable();
    while let Some(letter) = letters.next() {
        if inside {
            pretty.push(letter);
            inside = escaped || letter != '"';
            escaped = !escaped && letter == '\\';
            continue;
        }
        match letter {
            '{' | '[' => {
                pretty.push(letter);
                match letters.next_if(|next| matches!(next, '}' | ']')) {
                    Some(end) => pretty.push(end),
                    None => {
                        depth += 1;
                        line(&mut pretty, depth);
                    }
                }
            }
            '}' | ']' => {
                depth -= 1;
                line(&mut pretty, depth);
                pretty.push(letter);
            }
            ',' => {
                pretty.push(letter);
                line(&mut pretty, depth);
            }
            ':' => pretty.push_str(": "),
            _ => {
                inside = letter == '"';
                pretty.push(letter);
            }
        }
    }
    pretty
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_is_brief_in_the_order_it_is_written() {
        assert_eq!(
            brief(br#"{"owner":"Ada","cents":1}"#),
            r#"owner "Ada", cents 1"#
        );
        assert_eq!(brief(b"null"), "");
        assert_eq!(brief(b"[1]"), "[1]");
        assert_eq!(brief(b"\xff"), "1 bytes");
    }

    #[test]
    fn layout_changes_no_letter_of_a_text() {
        let json = r#"{"b": [1, {}, []], "a": "x, \": {"}"#;

        assert_eq!(compact(json), r#"{"b":[1,{},[]],"a":"x, \": {"}"#);
        let pretty = pretty(json.as_bytes(), 2);
        assert_eq!(compact(&pretty), compact(json));
        assert_eq!(pretty.lines().nth(1), Some("    \"b\": ["));
    }
}
