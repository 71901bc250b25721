//! What a payload looks like: a JSON Schema without what only people read.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

/// What says nothing about which payloads are read.
const WORDS: [&str; 8] = [
    "$schema",
    "$defs",
    "title",
    "description",
    "examples",
    "default",
    "deprecated",
    "writeOnly",
];

/// The shape that a schema describes: each field holds all of its type, and everything that has no
/// order is sorted.
pub(super) fn of(schema: &Value) -> Value {
    let none = Map::new();
    let types = schema.get("$defs").and_then(Value::as_object);
    shape(schema, types.unwrap_or(&none), &mut Vec::new())
}

/// `inside` is which types it is a part of, so that one that holds itself ends.
fn shape<'a>(schema: &'a Value, types: &'a Map<String, Value>, inside: &mut Vec<&'a str>) -> Value {
    let Value::Object(schema) = schema else {
        return schema.clone();
    };
    let mut shaped = BTreeMap::new();
    for (key, value) in schema {
        if WORDS.contains(&key.as_str()) || key == "additionalProperties" && value == false {
            continue;
        }
        let value = match (key.as_str(), value) {
            ("$ref", Value::String(reference)) => {
                merge(&mut shaped, named(reference, types, inside));
                continue;
            }
            ("properties" | "patternProperties", Value::Object(fields)) => {
                let fields = fields.iter();
                let shaped: BTreeMap<_, _> = fields
                    .map(|(name, field)| (name.clone(), shape(field, types, inside)))
                    .collect();
                json!(shaped)
            }
            ("required" | "enum" | "type", Value::Array(values)) => sorted(values.clone()),
            ("oneOf" | "anyOf", Value::Array(choices)) => {
                let choices = choices.iter().map(|choice| shape(choice, types, inside));
                merge(&mut shaped, choice(key, choices.collect()));
                continue;
            }
            (_, Value::Array(parts)) => parts
                .iter()
                .map(|part| shape(part, types, inside))
                .collect(),
            (_, value) => shape(value, types, inside),
        };
        shaped.insert(key.clone(), value);
    }
    json!(shaped)
}

fn merge(shaped: &mut BTreeMap<String, Value>, other: Value) {
    if let Value::Object(other) = other {
        shaped.extend(other);
    }
}

fn named<'a>(
    reference: &'a str,
    types: &'a Map<String, Value>,
    inside: &mut Vec<&'a str>,
) -> Value {
    let name = reference.rsplit('/').next().unwrap_or(reference);
    match types.get(name) {
        Some(schema) if !inside.contains(&name) => {
            inside.push(name);
            let shaped = shape(schema, types, inside);
            inside.pop();
            shaped
        }
        // A type inside of itself.
        _ => json!({ "$ref": name }),
    }
}

/// Variants without fields are one list of names, whether or not they are documented.
fn choice(key: &str, choices: Vec<Value>) -> Value {
    let (mut names, mut others) = (Vec::new(), Vec::new());
    for choice in choices {
        match &choice {
            Value::Object(map) if map.get("type") == Some(&json!("string")) && map.len() == 2 => {
                match (map.get("const"), map.get("enum")) {
                    (Some(name), _) => names.push(name.clone()),
                    (_, Some(Value::Array(several))) => names.extend(several.iter().cloned()),
                    _ => others.push(choice),
                }
            }
            _ => others.push(choice),
        }
    }
    let names = (!names.is_empty()).then(|| json!({ "enum": sorted(names), "type": "string" }));
    match names {
        Some(names) if others.is_empty() => names,
        names => {
            others.extend(names);
            json!({ key: sorted(others) })
        }
    }
}

fn sorted(mut values: Vec<Value>) -> Value {
    values.sort_by_cached_key(Value::to_string);
    Value::Array(values)
}

#[cfg(test)]
mod tests {
    use schemars::{JsonSchema, schema_for};

    use super::*;

    #[derive(JsonSchema)]
    #[expect(dead_code, reason = "only its schema is looked at")]
    struct Plain {
        title: String,
        kind: Kind,
        within: Option<Box<Plain>>,
        #[serde(default)]
        many: Vec<Kind>,
    }

    #[derive(JsonSchema)]
    #[expect(dead_code, reason = "only its schema is looked at")]
    enum Kind {
        /// Documented.
        B,
        A,
        C {
            size: u8,
        },
    }

    #[test]
    fn a_shape_holds_its_types_and_no_words() {
        let kind = json!({"oneOf": [
            {"enum": ["A", "B"], "type": "string"},
            {
                "properties": {"C": {
                    "properties": {"size": {
                        "format": "uint8", "maximum": 255, "minimum": 0, "type": "integer"
                    }},
                    "required": ["size"],
                    "type": "object",
                }},
                "required": ["C"],
                "type": "object",
            },
        ]});

        let shape = of(&schema_for!(Plain).to_value());

        assert_eq!(shape["properties"]["kind"], kind);
        assert_eq!(shape["properties"]["many"]["items"], kind);
        assert_eq!(shape["properties"]["title"], json!({"type": "string"}));
        assert_eq!(shape["required"], json!(["kind", "title"]));
        assert!(shape.get("title").is_none());
        let text = shape.to_string();
        assert!(
            !text.contains("$defs") && !text.contains("description"),
            "{text}"
        );
    }
}
