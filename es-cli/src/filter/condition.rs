//! A condition on an event's payload, metadata and name.

use std::cmp::Ordering;

use es_core::record::RecordedEvent;
use serde_json::Value;

use super::parser;
use crate::failure::Failure;

/// What `--where` says.
#[derive(Debug)]
pub(crate) struct Condition(Expression);

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Expression {
    All(Vec<Expression>),
    Any(Vec<Expression>),
    Not(Box<Expression>),
    Compare(Path, Operator, Value),
    Exists(Path),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    Unequal,
    Less,
    AtMost,
    More,
    AtLeast,
    /// A text holds another, a list an item, an object a field.
    Contains,
}

/// Where a value is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Path {
    pub(super) root: Root,
    pub(super) steps: Vec<Step>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Root {
    Data,
    Metadata,
    /// The event itself: its stream, version, position, id, time and type.
    Event,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Field { name: String, quoted: bool },
    Index(usize),
}

impl Root {
    pub(super) fn named(name: &str) -> Option<Self> {
        match name {
            "data" => Some(Self::Data),
            "metadata" => Some(Self::Metadata),
            "event" => Some(Self::Event),
            _ => None,
        }
    }
}

impl Expression {
    pub(super) fn and(mut parts: Vec<Self>) -> Self {
        match parts.len() {
            1 => parts.remove(0),
            _ => Self::All(parts),
        }
    }

    pub(super) fn or(mut parts: Vec<Self>) -> Self {
        match parts.len() {
            1 => parts.remove(0),
            _ => Self::Any(parts),
        }
    }
}

impl Condition {
    /// Reads a condition; what is wrong is pointed at.
    pub(crate) fn parse(text: &str) -> Result<Self, Failure> {
        match parser::parse(text) {
            Ok(expression) => Ok(Self(expression)),
            Err(problem) => {
                // One line, in which tabs and line breaks take one place each.
                let line = text.replace(|letter: char| letter.is_control(), " ");
                let place = format!("  {line}\n  {}^", " ".repeat(problem.at));
                let column = problem.at + 1;
                let told = format!(
                    "`--where` does not parse at letter {column}: {}",
                    problem.what
                );
                Err(Failure::usage(told)
                    .at(place)
                    .help(r#"write a condition as in `cents > 100 and owner = "Ada"`"#))
            }
        }
    }

    pub(crate) fn holds(&self, event: &RecordedEvent<'_>) -> bool {
        holds(&self.0, &mut Parts::of(event))
    }
}

/// The parts of an event, each parsed when it is first looked at.
struct Parts<'a> {
    event: &'a RecordedEvent<'a>,
    data: Option<Value>,
    metadata: Option<Value>,
    own: Option<Value>,
}

impl<'a> Parts<'a> {
    fn of(event: &'a RecordedEvent<'_>) -> Self {
        Self {
            event,
            data: None,
            metadata: None,
            own: None,
        }
    }

    fn get(&mut self, path: &Path) -> Option<&Value> {
        let event = self.event;
        let root = match path.root {
            Root::Data => self.data.get_or_insert_with(|| parsed(&event.data)),
            Root::Metadata => self.metadata.get_or_insert_with(|| parsed(&event.metadata)),
            Root::Event => self.own.get_or_insert_with(|| own(event)),
        };
        path.steps
            .iter()
            .try_fold(&*root, |value, step| match step {
                Step::Field { name, .. } => value.get(name),
                Step::Index(index) => value.get(index),
            })
    }
}

fn parsed(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap_or(Value::Null)
}

fn own(event: &RecordedEvent<'_>) -> Value {
    serde_json::json!({
        "stream": event.stream,
        "version": event.version.get(),
        "position": event.position.get(),
        "id": event.id,
        "time": event.time,
        "type": event.event_type,
    })
}

fn holds(expression: &Expression, parts: &mut Parts<'_>) -> bool {
    match expression {
        Expression::All(all) => all.iter().all(|one| holds(one, parts)),
        Expression::Any(any) => any.iter().any(|one| holds(one, parts)),
        Expression::Not(one) => !holds(one, parts),
        Expression::Exists(path) => parts.get(path).is_some(),
        Expression::Compare(path, operator, value) => {
            let found = parts.get(path);
            match found {
                Some(found) => compares(found, *operator, value),
                // What is not there is not null, and is unlike everything else.
                None => *operator == Operator::Unequal,
            }
        }
    }
}

fn compares(found: &Value, operator: Operator, value: &Value) -> bool {
    let ordering = || order(found, value);
    match operator {
        Operator::Equal => equal(found, value),
        Operator::Unequal => !equal(found, value),
        Operator::Less => ordering() == Some(Ordering::Less),
        Operator::AtMost => matches!(ordering(), Some(Ordering::Less | Ordering::Equal)),
        Operator::More => ordering() == Some(Ordering::Greater),
        Operator::AtLeast => matches!(ordering(), Some(Ordering::Greater | Ordering::Equal)),
        Operator::Contains => match (found, value) {
            (Value::String(text), Value::String(part)) => text.contains(part.as_str()),
            (Value::Array(items), value) => items.iter().any(|item| equal(item, value)),
            (Value::Object(fields), Value::String(name)) => fields.contains_key(name),
            _ => false,
        },
    }
}

/// 1 and 1.0 are one number.
fn equal(a: &Value, b: &Value) -> bool {
    a == b || order(a, b) == Some(Ordering::Equal)
}

/// Only what is of one kind has an order: numbers, texts (letter by letter, which is time's order
/// too where they are times of one form).
fn order(a: &Value, b: &Value) -> Option<Ordering> {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => match (a.as_i128(), b.as_i128()) {
            (Some(a), Some(b)) => Some(a.cmp(&b)),
            _ => a.as_f64()?.partial_cmp(&b.as_f64()?),
        },
        (Value::String(a), Value::String(b)) => Some(a.cmp(b)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use es_core::stream::{Position, Version};
    use uuid::Uuid;

    use super::*;

    fn event() -> RecordedEvent<'static> {
        RecordedEvent {
            stream: Cow::Borrowed("bank::account-1"),
            version: Version::new(3),
            position: Position::new(7),
            id: Uuid::nil(),
            time: "2024-06-15T12:00:00Z".parse().unwrap(),
            event_type: Cow::Borrowed("Bank.Deposited.v1"),
            data: Cow::Borrowed(
                br#"{"cents":150,"owner":"Ada","tags":["a","b"],"at":{"city":"Ulm"},"gone":null,"big":9007199254740993}"#,
            ),
            metadata: Cow::Borrowed(br#"{"correlation_id":"r-1","headers":{"tenant":"acme"}}"#),
        }
    }

    #[test]
    fn conditions_hold_on_payload_metadata_and_the_event() {
        for holds in [
            r#"cents > 100 and owner = "Ada""#,
            "cents = 150.0",
            "cents >= 150 AND NOT cents < 150",
            "owner ~ 'd' or cents = 0",
            "at.city = 'Ulm'",
            "tags[1] = 'b' and tags contains 'a'",
            "metadata.correlation_id = 'r-1'",
            "metadata.headers.tenant != 'other'",
            "event.version = 3 and event.type = 'Bank.Deposited.v1'",
            "gone = null and gone exists and not missing exists",
            "missing != 1",
            "data.cents == 150",
            "\"cents\" <> 1",
            "(cents = 1 or cents = 150) and owner != 'Bob'",
            "cents > -1 and cents < 1_000",
            "big = 9007199254740993 and big != 9007199254740992",
        ] {
            assert!(Condition::parse(holds).unwrap().holds(&event()), "{holds}");
        }
        for fails in [
            "cents > 150",
            "missing = null",
            "owner > 1",
            "owner < 'Ada'",
            "cents ~ '1'",
            "tags[2] exists",
            "metadata.missing exists",
        ] {
            assert!(!Condition::parse(fails).unwrap().holds(&event()), "{fails}");
        }
    }

    #[test]
    fn what_does_not_parse_is_pointed_at() {
        for (text, at, what) in [
            ("", 0, "expected was a field"),
            ("cents > > 100", 8, "expected was a value"),
            ("cents", 5, "expected was a comparison"),
            ("cents = ada", 8, "between quotes: \"ada\""),
            ("cents = 1 owner = 2", 10, "expected was `and`"),
            ("(cents = 1", 10, "expected was `)`"),
            ("owner = 'Ada", 8, "does not end"),
            ("cents = 1x", 8, "no number"),
            ("cents ; 1", 6, "no meaning"),
            ("a. = 1", 3, "behind the dot"),
            ("a[x] = 1", 2, "a number from 0"),
            ("a[0 = 1", 4, "expected was `]`"),
            ("and = 1", 0, "between quotes"),
        ] {
            let problem = parser::parse(text).expect_err(text);

            assert_eq!(problem.at, at, "{text}: {}", problem.what);
            assert!(problem.what.contains(what), "{text}: {}", problem.what);
        }
        let deep = format!("{}a = 1", "(".repeat(100_000));
        assert!(parser::parse(&deep).is_err());
        assert!(parser::parse(&"not ".repeat(100_000)).is_err());
    }
}
