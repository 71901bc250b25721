//! What was expected and what came of it, line by line.

use std::fmt::Write as _;

use serde_json::Value;

use crate::event::EventEnum;

/// An event as it is compared and shown.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Shown {
    name: &'static str,
    data: Value,
}

pub(super) fn show<E: EventEnum>(events: &[E]) -> Vec<Shown> {
    events.iter().map(Shown::of).collect()
}

impl Shown {
    fn of<E: EventEnum>(event: &E) -> Self {
        let name = event.event_type().name;
        let mut data = Vec::new();
        let encoded = event.encode(&mut data);
        let data = encoded.and_then(|()| serde_json::from_slice(&data));
        let data = data.unwrap_or_else(|problem| {
            panic!("the event `{name}` can not be written as JSON: {problem}")
        });
        Self { name, data }
    }
}

/// Events as lines of text: each begins with its name.
pub(super) fn lines(events: &[Shown]) -> Vec<String> {
    let texts = events
        .iter()
        .map(|event| format!("{} {}", event.name, pretty(&event.data)));
    let lines: Vec<String> = texts
        .flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>())
        .collect();
    lines
}

pub(super) fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).expect("a value is JSON")
}

/// Both, with `-` before what was expected alone and `+` before what was found alone.
pub(super) fn difference(expected: &[String], found: &[String]) -> String {
    let common = common(expected, found);
    let (mut e, mut f) = (0, 0);
    let mut text = String::new();
    let mut line = |mark: char, line: &str| {
        // A `String` takes all that is written.
        let _ = write!(text, "\n{mark} {line}");
    };
    while e < expected.len() || f < found.len() {
        let both = e < expected.len() && f < found.len() && expected[e] == found[f];
        if both {
            line(' ', &expected[e]);
            (e, f) = (e + 1, f + 1);
        } else if e < expected.len() && (f == found.len() || common[e + 1][f] >= common[e][f + 1]) {
            line('-', &expected[e]);
            e += 1;
        } else {
            line('+', &found[f]);
            f += 1;
        }
    }
    text
}

/// How many lines are common to both from each place on: the table of a longest common subsequence.
fn common(expected: &[String], found: &[String]) -> Vec<Vec<usize>> {
    let mut table = vec![vec![0; found.len() + 1]; expected.len() + 1];
    for e in (0..expected.len()).rev() {
        for f in (0..found.len()).rev() {
            table[e][f] = match expected[e] == found[f] {
                true => table[e + 1][f + 1] + 1,
                false => table[e + 1][f].max(table[e][f + 1]),
            };
        }
    }
    table
}

/// What is wrong with the events that were raised, if anything.
pub(super) fn unlike(aggregate: &str, expected: &[Shown], raised: &[Shown]) -> Option<String> {
    if expected == raised {
        return None;
    }
    let head = match (expected.is_empty(), raised.is_empty()) {
        (true, _) => format!("`{aggregate}` raised events, and none was expected (+ raised)"),
        (_, true) => format!("`{aggregate}` raised nothing (- expected)"),
        _ => format!("`{aggregate}` raised other events than expected (- expected, + raised)"),
    };
    let difference = difference(&lines(expected), &lines(raised));
    Some(format!("{head}{difference}"))
}

/// Panics where events are not those that were expected.
#[track_caller]
pub(super) fn assert_same(aggregate: &str, expected: &[Shown], raised: &[Shown]) {
    if let Some(text) = unlike(aggregate, expected, raised) {
        panic!("{text}");
    }
}
