//! The document that is committed: every event, in every version it ever had.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::shape;
use crate::registry::{self, AggregateRegistration, EventRegistration};

/// What a lock file holds. The order of everything is by name, so that a change is a small diff.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Lock {
    /// By category, with the domain where the aggregate names it.
    pub aggregates: BTreeMap<String, LockedAggregate>,
    /// By stored name.
    pub events: BTreeMap<String, LockedEvent>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LockedAggregate {
    pub applies: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub upcasts: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LockedEvent {
    pub version: u32,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
    #[serde(default, skip_serializing_if = "is_false")]
    pub retired: bool,
    #[serde(default, skip_serializing_if = "is_false")]
    pub ignores_unknown_fields: bool,
    /// What each version looks like: those that were accepted, and the newest.
    pub shapes: BTreeMap<u32, Value>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_false(flag: &bool) -> bool {
    !flag
}

impl Lock {
    pub(super) fn of(
        events: &[&'static EventRegistration],
        aggregates: &[&'static AggregateRegistration],
    ) -> Self {
        Self {
            events: by_name(events, |event| event.event_type.name.into(), |e| e.path)
                .map(|(name, event)| (name, LockedEvent::of(event)))
                .collect(),
            aggregates: by_name(aggregates, category, |a| a.path)
                .map(|(name, aggregate)| (name, LockedAggregate::of(aggregate)))
                .collect(),
        }
    }

    pub(super) fn to_json(&self) -> String {
        let mut json = serde_json::to_string_pretty(self).expect("its keys are texts and numbers");
        json.push('\n');
        json
    }

    /// The event that is stored as `name`, by its name or an alias.
    pub(super) fn stored_as(&self, name: &str) -> Option<(&String, &LockedEvent)> {
        self.events.get_key_value(name).or_else(|| {
            let mut events = self.events.iter();
            events.find(|(_, event)| event.aliases.iter().any(|alias| alias == name))
        })
    }
}

impl LockedEvent {
    fn of(event: &EventRegistration) -> Self {
        let schema = (event.schema)().to_value();
        let version = event.event_type.version;
        Self {
            version,
            aliases: names(event.aliases.iter().copied()),
            retired: event.retired,
            ignores_unknown_fields: event.ignores_unknown_fields,
            shapes: BTreeMap::from([(version, shape::of(&schema))]),
        }
    }

    pub(super) fn newest(&self) -> &Value {
        self.shapes.get(&self.version).unwrap_or(&Value::Null)
    }
}

impl LockedAggregate {
    fn of(aggregate: &AggregateRegistration) -> Self {
        let behaviour = aggregate.behaviour();
        let applied = behaviour.map_or(&[][..], |behaviour| behaviour.handlers);
        let upcast = behaviour.map_or(&[][..], |behaviour| behaviour.upcasts);
        Self {
            applies: names(applied.iter().map(|handler| handler.event_type.name)),
            upcasts: names(upcast.iter().map(|upcast| upcast.event_type.name)),
        }
    }

    pub(super) fn reads(&self, name: &str) -> bool {
        self.applies
            .iter()
            .chain(&self.upcasts)
            .any(|known| known == name)
    }
}

fn names<'a>(names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut names: Vec<String> = names.map(str::to_owned).collect();
    names.sort();
    names
}

fn category(aggregate: &AggregateRegistration) -> String {
    match aggregate.domain {
        Some(domain) => format!("{domain}::{}", aggregate.category),
        None => aggregate.category.to_owned(),
    }
}

/// Each by its name; those of one name, which are of different domains, with their paths.
fn by_name<'a, T>(
    all: &'a [&'static T],
    name: impl Fn(&T) -> String + 'a,
    path: impl Fn(&T) -> &'static str + 'a,
) -> impl Iterator<Item = (String, &'static T)> + 'a {
    all.iter().map(move |one| {
        let own = name(one);
        let alone = all.iter().filter(|other| name(other) == own).count() == 1;
        match alone {
            true => (own, *one),
            false => (format!("{own} ({})", path(one)), *one),
        }
    })
}

/// What the registry holds below a module, or all of it.
pub(super) fn registered(
    module: Option<&str>,
) -> (
    Vec<&'static EventRegistration>,
    Vec<&'static AggregateRegistration>,
) {
    let wanted = |path: &str| {
        module.is_none_or(|module| {
            path.strip_prefix(module)
                .is_some_and(|rest| rest.starts_with("::"))
        })
    };
    let mut events: Vec<_> = registry::events().filter(|e| wanted(e.path)).collect();
    let mut aggregates: Vec<_> = registry::aggregates().filter(|a| wanted(a.path)).collect();
    events.sort_by_key(|event| event.path);
    aggregates.sort_by_key(|aggregate| aggregate.path);
    (events, aggregates)
}
