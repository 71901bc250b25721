//! What may stand in a `domain.toml`: known keys and sections, and overlays of them.

use std::collections::BTreeMap;

use super::file::File;
use super::merge::lay_over;
use crate::settings::{Node, SettingsError, Table, Value, list, nearest, unknown};

const KEYS: [&str; 3] = ["name", SNAPSHOT_EVERY, SNAPSHOT_THRESHOLD];
const SECTIONS: [&str; 3] = ["aggregates", "event_store", "log"];
const OF_AN_AGGREGATE: [&str; 3] = [SNAPSHOT_EVERY, SNAPSHOT_THRESHOLD, "snapshots"];
const OF_THE_LOG: [&str; 2] = ["filter", "level"];

const SNAPSHOT_EVERY: &str = "snapshot_every";
/// What Protean calls it.
const SNAPSHOT_THRESHOLD: &str = "snapshot_threshold";

/// What is in effect: the base, under the overlay that `environment` names.
pub(super) fn in_effect(
    root: Table,
    environment: Option<&str>,
    file: &File,
) -> Result<Table, SettingsError> {
    let mut base = Table::new();
    let mut overlays = BTreeMap::new();
    for (key, mut node) in root {
        if is_known(&key) {
            base.insert(key, node);
        } else if let Some(overlay) = as_overlay(&key, &mut node) {
            overlays.insert(key, checked(overlay, file)?);
        } else {
            return Err(unknown_at_the_top(&key, &node, file));
        }
    }
    let mut base = checked(base, file)?;
    let Some(environment) = environment else {
        return Ok(base);
    };
    let Some(overlay) = overlays.remove(environment) else {
        return Err(no_overlay(environment, &overlays, file));
    };
    let before = provider(&base);
    lay_over(&mut base, overlay);
    take_over_the_store(before.as_deref(), &mut base);
    Ok(base)
}

fn is_known(key: &str) -> bool {
    KEYS.contains(&key) || SECTIONS.contains(&key)
}

/// The table, where it is one that holds known sections, or nothing but known keys.
fn as_overlay(key: &str, node: &mut Node) -> Option<Table> {
    let Value::Table(table) = &mut node.value else {
        return None;
    };
    let holds_a_section = table.keys().any(|key| SECTIONS.contains(&key.as_str()));
    let holds_known_keys = table.keys().all(|key| is_known(key));
    let is_a_slip = nearest(key, &SECTIONS).is_some();
    (holds_a_section || holds_known_keys && !is_a_slip).then(|| std::mem::take(table))
}

fn unknown_at_the_top(key: &str, node: &Node, file: &File) -> SettingsError {
    let problem = match &node.value {
        Value::Table(_) if nearest(key, &SECTIONS).is_some() => {
            unknown(&format!("the section `[{key}]`"), key, &SECTIONS)
        }
        Value::Table(_) => {
            let known = list(SECTIONS, "and");
            format!(
                "the section `[{key}]` is unknown, known are {known}; an overlay for `ES_ENV={key}` \
                 holds one of them, as in `[{key}.event_store]`"
            )
        }
        _ if ["provider", "database_uri"].contains(&key) => {
            format!("the key `{key}` belongs below `[event_store]`")
        }
        _ => unknown(&format!("the key `{key}`"), key, &KEYS),
    };
    file.error(node.place.clone(), problem)
}

fn no_overlay(environment: &str, overlays: &BTreeMap<String, Table>, file: &File) -> SettingsError {
    let present = match overlays.is_empty() {
        true => "there are no overlays".to_owned(),
        false => format!(
            "there are {}",
            list(overlays.keys().map(String::as_str), "and")
        ),
    };
    file.refuse(format!(
        "`ES_ENV` is `{environment}`, but there is no overlay `[{environment}.…]`; {present}"
    ))
}

/// The base or an overlay, with known keys alone, and one name for what has two.
fn checked(mut table: Table, file: &File) -> Result<Table, SettingsError> {
    let known = [&KEYS[..], &SECTIONS[..]].concat();
    check_keys(&table, &known, file)?;
    rename(&mut table, file)?;
    for section in SECTIONS {
        let Some(node) = table.get_mut(section) else {
            continue;
        };
        let section = below(node, file)?;
        match node_key(section.0) {
            "log" => check_keys(section.1, &OF_THE_LOG, file)?,
            "aggregates" => {
                for aggregate in section.1.values_mut() {
                    let (_, settings) = below(aggregate, file)?;
                    check_keys(settings, &OF_AN_AGGREGATE, file)?;
                    rename(settings, file)?;
                }
            }
            // Its provider knows.
            _ => {}
        }
    }
    Ok(table)
}

/// The path of a section and what it holds.
fn below<'a>(node: &'a mut Node, file: &File) -> Result<(&'a str, &'a mut Table), SettingsError> {
    let place = &node.place;
    let kind = node.value.kind();
    match &mut node.value {
        Value::Table(table) => Ok((&place.path, table)),
        _ => {
            let problem = format!(
                "`{0}` is {kind}, expected was a section, as in `[{0}]`",
                place.path
            );
            Err(file.error(place.clone(), problem))
        }
    }
}

fn node_key(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or(path)
}

fn check_keys(table: &Table, known: &[&str], file: &File) -> Result<(), SettingsError> {
    match table.iter().find(|(key, _)| !known.contains(&key.as_str())) {
        None => Ok(()),
        Some((key, node)) => {
            let what = format!("the key `{}`", node.place.path);
            Err(file.error(node.place.clone(), unknown(&what, key, known)))
        }
    }
}

fn rename(table: &mut Table, file: &File) -> Result<(), SettingsError> {
    let Some(node) = table.remove(SNAPSHOT_THRESHOLD) else {
        return Ok(());
    };
    let place = node.place.clone();
    match table.insert(SNAPSHOT_EVERY.to_owned(), node) {
        None => Ok(()),
        Some(other) => {
            let problem = format!(
                "`{}` and `{}` are the same; write one",
                other.place.path, place.path
            );
            Err(file.error(place, problem))
        }
    }
}

fn provider(base: &Table) -> Option<String> {
    let Some(Value::Table(store)) = base.get("event_store").map(|node| &node.value) else {
        return None;
    };
    match store.get("provider").map(|node| &node.value) {
        Some(Value::Text(text)) => Some(text.written.clone()),
        _ => None,
    }
}

/// Where the provider stayed, all settings are its own; else those of the base may not be.
fn take_over_the_store(before: Option<&str>, base: &mut Table) {
    if provider(base).as_deref() != before {
        return;
    }
    if let Some(Value::Table(store)) = base.get_mut("event_store").map(|node| &mut node.value) {
        for node in store.values_mut() {
            node.inherited = false;
        }
    }
}
