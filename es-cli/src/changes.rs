//! What changed from one state to another.

use serde::Serialize;
use serde_json::Value;

use crate::output::short;

/// One place that is not as it was.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Change {
    /// As `--where` would have it: `address.city`, `tags[2]`.
    pub(crate) path: String,
    /// `None` where there was nothing.
    pub(crate) from: Option<Value>,
    pub(crate) to: Option<Value>,
}

/// All that is not as it was, in the order of fields.
pub(crate) fn between(from: &Value, to: &Value) -> Vec<Change> {
    let mut changes = Vec::new();
    compare("", Some(from), Some(to), &mut changes);
    changes
}

fn compare(path: &str, from: Option<&Value>, to: Option<&Value>, changes: &mut Vec<Change>) {
    match (from, to) {
        (from, to) if from == to => {}
        (Some(Value::Object(from)), Some(Value::Object(to))) => {
            let gone = from.keys().filter(|name| !to.contains_key(*name));
            let mut names = to.keys().chain(gone).collect::<Vec<_>>();
            names.sort_unstable();
            for name in names {
                let below = match path {
                    "" => name.clone(),
                    path => format!("{path}.{name}"),
                };
                compare(&below, from.get(name), to.get(name), changes);
            }
        }
        (Some(Value::Array(from)), Some(Value::Array(to))) => {
            for index in 0..from.len().max(to.len()) {
                let below = format!("{path}[{index}]");
                compare(&below, from.get(index), to.get(index), changes);
            }
        }
        (from, to) => changes.push(Change {
            path: path.to_owned(),
            from: from.cloned(),
            to: to.cloned(),
        }),
    }
}

impl Change {
    /// `cents 0 → 150`.
    pub(crate) fn brief(&self) -> String {
        let path = match self.path.as_str() {
            "" => "all",
            path => path,
        };
        match (&self.from, &self.to) {
            (Some(from), Some(to)) => format!("{path} {} → {}", short(from), short(to)),
            (None, Some(to)) => format!("{path} {}", short(to)),
            (Some(from), None) => format!("{path} {} → nothing", short(from)),
            (None, None) => path.to_owned(),
        }
    }
}

/// All of them, in a few words.
pub(crate) fn brief(changes: &[Change]) -> String {
    const TOLD: usize = 8;
    let mut told = changes
        .iter()
        .take(TOLD)
        .map(Change::brief)
        .collect::<Vec<_>>();
    if changes.len() > TOLD {
        told.push(format!("and {} more", changes.len() - TOLD));
    }
    told.join(", ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_place_that_differs_is_told_once() {
        let from = json!({ "cents": 0, "owner": "Ada", "tags": ["a"], "at": { "city": "Ulm" } });
        let to = json!({ "cents": 150, "owner": "Ada", "tags": ["a", "b"], "at": { "city": null }, "open": true });

        let told = brief(&between(&from, &to));

        assert_eq!(
            told,
            r#"at.city "Ulm" → null, cents 0 → 150, open true, tags[1] "b""#
        );
        assert_eq!(between(&to, &to), []);
        assert_eq!(brief(&between(&json!(1), &json!({}))), "all 1 → {}");
    }
}
