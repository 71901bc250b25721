//! The parts of a configuration that are no store.

use std::collections::BTreeMap;

use es_core::{DomainName, Snapshots};

use crate::settings::{Node, Place, Settings, SettingsError, Table, Value};

/// What is read before a store is opened.
pub(super) struct Parts {
    pub name: Option<String>,
    pub snapshot_every: Option<u64>,
    pub aggregates: BTreeMap<String, (Place, Snapshots)>,
    pub log_filter: Option<String>,
}

impl Parts {
    pub(super) fn read(root: &mut Settings) -> Result<Self, SettingsError> {
        Ok(Self {
            name: name(root)?,
            snapshot_every: snapshot_every(root)?,
            log_filter: match root.section("log")? {
                Some(log) => log_filter(log)?,
                None => None,
            },
            aggregates: match root.section("aggregates")? {
                Some(aggregates) => aggregates_of(aggregates)?,
                None => BTreeMap::new(),
            },
        })
    }
}

fn name(root: &mut Settings) -> Result<Option<String>, SettingsError> {
    let Some(name) = root.string("name")? else {
        return Ok(None);
    };
    match DomainName::new(&name) {
        Ok(_) => Ok(Some(name)),
        Err(_) => Err(root.refuse(
            "name",
            "is no name of a domain, expected was snake_case, as in `name = \"bank\"`",
        )),
    }
}

fn snapshot_every(settings: &mut Settings) -> Result<Option<u64>, SettingsError> {
    let every = settings.integer("snapshot_every")?;
    match every {
        Some(0) => Err(settings.refuse(
            "snapshot_every",
            "is 0, expected was 1 or more; `snapshots = false` below `[aggregates.…]` turns them \
             off for one aggregate",
        )),
        every => Ok(every),
    }
}

fn log_filter(mut log: Settings) -> Result<Option<String>, SettingsError> {
    let levels = ["off", "error", "warn", "info", "debug", "trace"].map(|level| (level, level));
    later_wins(&mut log, ["level", "filter"])?;
    let level = log.one_of("level", &levels)?.map(str::to_owned);
    let filter = log.string("filter")?;
    Ok(filter.or(level))
}

fn aggregates_of(
    mut aggregates: Settings,
) -> Result<BTreeMap<String, (Place, Snapshots)>, SettingsError> {
    let mut said = BTreeMap::new();
    for category in aggregates.keys() {
        let Some(mut settings) = aggregates.section(&category)? else {
            continue;
        };
        later_wins(&mut settings, ["snapshots", "snapshot_every"])?;
        let every = snapshot_every(&mut settings)?;
        let snapshots = settings.boolean("snapshots")?;
        let snapshots = match (every, snapshots) {
            (Some(events), _) => Snapshots::Every(events),
            (None, Some(false)) => Snapshots::Off,
            (None, Some(true) | None) => continue,
        };
        said.insert(category, (settings.place().clone(), snapshots));
    }
    Ok(said)
}

/// Of two keys that contradict each other, the overlay's goes before the base's.
fn later_wins(settings: &mut Settings, keys: [&str; 2]) -> Result<(), SettingsError> {
    let truth = |node: &Node| matches!(node.value, Value::Boolean(true));
    let inherited = |table: &Table, key: &str| {
        table
            .get(key)
            .filter(|node| !truth(node))
            .map(|node| node.inherited)
    };
    let table = settings.table();
    match keys.map(|key| inherited(table, key)) {
        [Some(first), Some(second)] if first == second => Err(settings.refuse(
            keys[1],
            format_args!("and `{}` contradict each other; write one", keys[0]),
        )),
        [Some(first), Some(_)] => {
            table.remove(keys[usize::from(!first)]);
            Ok(())
        }
        _ => Ok(()),
    }
}
