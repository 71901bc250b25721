//! The shapes of events, and what they are stored as.

use std::fmt::Debug;

use es_core::prelude::*;
use es_core::serde_json::{self, Value, json};
use serde::{Deserialize, Serialize};

#[event]
#[derive(PartialEq)]
struct Unit;

#[event]
#[derive(PartialEq)]
struct Empty {}

#[event]
#[derive(PartialEq)]
struct Pair(u32, String);

#[event]
#[derive(PartialEq)]
struct Amount(u64);

#[event]
#[derive(PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Attributed {
    #[serde(rename = "n", alias = "number")]
    count: u32,
    #[serde(default)]
    added_later: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    mostly_empty: Vec<u8>,
}

#[event]
#[derive(PartialEq, Clone, Debug, Serialize, Deserialize)]
struct WithAllDerives {
    at: DateTime<Utc>,
}

#[value]
#[derive(Eq, Hash, PartialOrd, Ord, Copy)]
#[serde(tag = "kind")]
enum Kind {
    Small,
    Large { size: u32 },
}

#[event]
#[derive(PartialEq)]
struct Valued(Kind);

#[event]
#[derive(PartialEq, Default)]
#[rustfmt::skip]
struct Wide {
    a0: u8, a1: u8, a2: u8, a3: u8, a4: u8, a5: u8, a6: u8, a7: u8, a8: u8, a9: u8,
    b0: u8, b1: u8, b2: u8, b3: u8, b4: u8, b5: u8, b6: u8, b7: u8, b8: u8, b9: u8,
    c0: u8, c1: u8, c2: u8, c3: u8, c4: u8, c5: u8, c6: u8, c7: u8, c8: u8, c9: u8,
}

fn stored_as<E: Event + PartialEq>(event: &E, stored: Value) {
    let data = serde_json::to_vec(event).expect("it can be stored");
    let read: Value = serde_json::from_slice(&data).expect("it is JSON");
    assert_eq!(read, stored, "{event:?}");

    let decoded = E::decode(E::VERSION, &data).expect("what was stored decodes");
    assert_eq!(&decoded, event, "{stored}");
}

#[test]
fn events_are_stored_as_serde_writes_them_and_units_as_empty_objects() {
    let attributed = Attributed {
        count: 1,
        added_later: None,
        mostly_empty: Vec::new(),
    };
    stored_as(&Unit, json!({}));
    stored_as(&Empty {}, json!({}));
    stored_as(&Pair(1, "a".to_owned()), json!([1, "a"]));
    stored_as(&Amount(5), json!(5));
    stored_as(&attributed, json!({ "n": 1, "addedLater": null }));
    stored_as(
        &WithAllDerives {
            at: DateTime::UNIX_EPOCH,
        },
        json!({ "at": "1970-01-01T00:00:00Z" }),
    );
    stored_as(
        &Valued(Kind::Large { size: 2 }),
        json!({ "kind": "Large", "size": 2 }),
    );
    let wide = serde_json::to_value(Wide::default()).expect("it can be stored");
    assert_eq!(wide.as_object().map(serde_json::Map::len), Some(30));
    stored_as(&Wide::default(), wide);
}

#[test]
fn attributes_of_serde_hold_when_an_event_is_read() {
    let read = Attributed::decode(1, br#"{ "number": 3 }"#);
    let unknown = Attributed::decode(1, br#"{ "number": 3, "unknown": true }"#);

    let expected = Attributed {
        count: 3,
        ..Attributed::default()
    };
    assert_eq!(read.expect("`number` is an alias"), expected);
    let told = unknown.expect_err("it is refused").to_string();
    assert!(told.starts_with("unknown field `unknown`"), "{told}");
}

/// Writes a field that it does not read.
#[event]
#[serde(tag = "kind")]
struct OfAKind {
    count: u32,
}

#[event]
struct Computed {
    count: u32,
    #[serde(skip_deserializing)]
    double: u32,
    #[serde(rename(serialize = "out", deserialize = "in"), default)]
    named: u32,
    #[serde(skip)]
    unseen: u32,
}

#[event]
#[serde(into = "OfAKind")]
struct Converted {
    #[serde(default)]
    number: u32,
}

impl From<Converted> for OfAKind {
    fn from(event: Converted) -> Self {
        let count = event.number;
        Self { count }
    }
}

#[test]
fn what_an_event_writes_it_reads_again() {
    fn written<E: Event>(event: &E) -> Vec<u8> {
        serde_json::to_vec(event).unwrap()
    }

    let kind = written(&OfAKind { count: 1 });
    let computed = written(&Computed {
        count: 1,
        double: 2,
        named: 3,
        unseen: 4,
    });
    let converted = written(&Converted { number: 1 });

    assert_eq!(OfAKind::decode(1, &kind).unwrap().count, 1);
    let computed = Computed::decode(1, &computed).unwrap();
    assert_eq!((computed.count, computed.unseen), (1, 0));
    assert_eq!(Converted::decode(1, &converted).unwrap().number, 0);
}

#[test]
fn a_unit_event_is_read_from_whatever_holds_nothing() {
    for stored in ["{}", "null", "[]"] {
        assert!(Unit::decode(1, stored.as_bytes()).is_ok(), "{stored}");
    }
    for more in [r#"{ "added": "later" }"#, "[1]", "1"] {
        assert!(Unit::decode(1, more.as_bytes()).is_err(), "{more}");
    }
}

#[test]
fn every_shape_has_a_schema() {
    for name in [
        "Unit",
        "Empty",
        "Pair",
        "Amount",
        "Attributed",
        "Wide",
        "Valued",
    ] {
        let mut events = es_core::registry::events();
        let event =
            events.find(|event| event.event_type.name == name && event.path.contains("hygiene"));
        let schema = event.map(|event| (event.schema)());
        assert!(
            schema.is_some_and(|schema| schema.as_object().is_some()),
            "{name}"
        );
    }
}

/// Steps called like anything, one by a path, one that takes JSON.
#[event(name = "moved", version = 4, upcast(1 => steps::data, 2 => version, 3 => value))]
#[derive(PartialEq)]
struct Moved {
    to: String,
    by: String,
}

mod steps {
    use es_core::serde_json::{Value, json};

    pub(super) fn data(old: Value) -> Value {
        let to = old.as_str().unwrap_or_default();
        json!({ "to": to })
    }
}

#[value]
struct MovedV2 {
    to: String,
}

fn version(old: Value) -> MovedV2 {
    serde_json::from_value(old).expect("version 2 is written by this program")
}

fn value(MovedV2 { to }: MovedV2) -> Moved {
    Moved {
        to,
        by: "nobody".to_owned(),
    }
}

#[test]
fn a_chain_of_upcasts_leads_every_version_to_the_newest() {
    let moved = |by: &str| Moved {
        to: "Rome".to_owned(),
        by: by.to_owned(),
    };
    let decode = |version, data: &str| Moved::decode(version, data.as_bytes());

    assert_eq!(decode(1, r#""Rome""#).expect("1"), moved("nobody"));
    assert_eq!(decode(2, r#"{"to":"Rome"}"#).expect("2"), moved("nobody"));
    assert_eq!(
        decode(4, r#"{"to":"Rome","by":"Ada"}"#).expect("4"),
        moved("Ada")
    );
    assert!(decode(5, "{}").is_err() && decode(0, "{}").is_err());
}

fn assert_debug<T: Debug>() {}

#[test]
fn an_event_enum_is_an_ordinary_enum() {
    assert_debug::<crate::aggregates::PlainEvent>();
}
