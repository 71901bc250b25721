//! What changed between a lock file and a program, and what would mend it.

use std::cmp::Ordering;
use std::fmt::{self, Display};

use super::compare::{Difference, Kind, compare};
use super::lock::{Lock, LockedAggregate, LockedEvent};

/// What changed in the events of a program since its lock file was written.
///
/// It prints as a text that says what would mend what is not compatible.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    changes: Vec<Change>,
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Change {
    /// What it is about: an event with its version, or an aggregate.
    pub subject: String,
    /// What is different.
    pub what: String,
    /// What would mend it; `None` where all that is stored is read as before.
    pub mend: Option<String>,
}

impl Changes {
    /// Whether nothing changed.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// Whether all that was stored before is read as before.
    pub fn is_compatible(&self) -> bool {
        self.changes.iter().all(|change| change.mend.is_none())
    }

    /// Each of them: events by name, then aggregates.
    pub fn iter(&self) -> impl Iterator<Item = &Change> {
        self.changes.iter()
    }

    fn tell(&mut self, subject: &str, what: impl Into<String>) {
        self.push(subject, what.into(), None);
    }

    fn refuse(&mut self, subject: &str, what: impl Into<String>, mend: impl Into<String>) {
        self.push(subject, what.into(), Some(mend.into()));
    }

    fn push(&mut self, subject: &str, what: String, mend: Option<String>) {
        let subject = subject.to_owned();
        self.changes.push(Change {
            subject,
            what,
            mend,
        });
    }
}

impl Display for Changes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let refused = || self.iter().filter(|change| change.mend.is_some());
        if refused().next().is_some() {
            writeln!(f, "What is stored would not be read as before:\n")?;
        }
        for Change {
            subject,
            what,
            mend,
        } in refused()
        {
            writeln!(f, "  {subject}: {what}")?;
            writeln!(f, "    {}\n", mend.as_deref().unwrap_or_default())?;
        }
        let mut compatible = self
            .iter()
            .filter(|change| change.mend.is_none())
            .peekable();
        if compatible.peek().is_some() {
            writeln!(f, "Compatible, and not in the file yet:\n")?;
            for Change { subject, what, .. } in compatible {
                writeln!(f, "  {subject}: {what}")?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

/// What changed from `old` to `new`; `fields` answers by which names fields of an event are read.
pub(super) fn between(
    old: &Lock,
    new: &Lock,
    fields: impl Fn(&str) -> Vec<&'static str>,
) -> Changes {
    let mut changes = Changes::default();
    for (name, was) in &old.events {
        match new.stored_as(name) {
            Some((now, is)) => {
                if now != name {
                    changes.tell(
                        name,
                        format!("it is `{now}` now, and read by this name as well"),
                    );
                }
                event(&mut changes, (name, was), (now, is), &fields(now));
            }
            None => gone(&mut changes, name, was, old, new),
        }
    }
    for (name, is) in &new.events {
        let was_there = |name: &String| old.events.contains_key(name);
        if !was_there(name) && !is.aliases.iter().any(was_there) {
            changes.tell(&subject(name, is), "a new event");
        }
    }
    for (category, was) in &old.aggregates {
        match new.aggregates.get(category) {
            Some(is) => aggregate(&mut changes, category, was, is, new),
            None => aggregate_gone(&mut changes, category, was, old, new),
        }
    }
    for category in new.aggregates.keys() {
        if !old.aggregates.contains_key(category) {
            changes.tell(&format!("aggregate `{category}`"), "a new aggregate");
        }
    }
    changes
}

fn subject(name: &str, event: &LockedEvent) -> String {
    format!("{name} v{}", event.version)
}

fn gone(changes: &mut Changes, name: &str, was: &LockedEvent, old: &Lock, new: &Lock) {
    let alike = |(other, is): &(&String, &LockedEvent)| {
        !old.events.contains_key(*other) && is.newest() == was.newest()
    };
    let about = subject(name, was);
    match new.events.iter().find(alike) {
        Some((other, _)) => changes.refuse(
            &about,
            format!("it is gone, and `{other}` of the same shape is new"),
            format!(
                "was it renamed? Keep what it is stored as, `#[event(name = \"{name}\")]`, or read \
                 the old name as well, `#[event(alias = \"{name}\")]`"
            ),
        ),
        None => changes.refuse(
            &about,
            "it is gone",
            "where it may be stored, keep it, `#[event(retired)]`, with its handler or an \
             `#[upcast]`",
        ),
    }
}

fn event(
    changes: &mut Changes,
    (name, was): (&String, &LockedEvent),
    (now, is): (&String, &LockedEvent),
    fields: &[&str],
) {
    let about = subject(now, is);
    match is.version.cmp(&was.version) {
        Ordering::Less => changes.refuse(
            &about,
            format!("its version went back from {}", was.version),
            format!(
                "versions only grow: write `version = {}`, or more",
                was.version
            ),
        ),
        Ordering::Greater => {
            let what = format!("a new version, upcast from version {}", was.version);
            changes.tell(&about, what);
        }
        Ordering::Equal => {
            for found in compare(was.newest(), is.newest(), fields) {
                let ignored = found.kind == Kind::Gone && is.ignores_unknown_fields;
                match found.kind.is_compatible() || ignored {
                    true => changes.tell(&about, found.to_string()),
                    false => changes.refuse(&about, found.to_string(), mend(&found, is.version)),
                }
            }
        }
    }
    for alias in was
        .aliases
        .iter()
        .filter(|alias| !is.aliases.contains(alias) && *alias != now)
    {
        let what = format!("it is not read by the name `{alias}` any more");
        let mend = format!("keep `alias = \"{alias}\"` where anything may be stored under it");
        changes.refuse(&about, what, mend);
    }
    for alias in is
        .aliases
        .iter()
        .filter(|alias| !was.aliases.contains(alias) && *alias != name)
    {
        changes.tell(&about, format!("it is read by the name `{alias}` as well"));
    }
    match (was.retired, is.retired) {
        (false, true) => changes.tell(&about, "it is raised no more"),
        (true, false) => changes.tell(&about, "it is raised again"),
        _ => {}
    }
    match (was.ignores_unknown_fields, is.ignores_unknown_fields) {
        (false, true) => changes.tell(&about, "unknown fields are ignored"),
        (true, false) => changes.refuse(
            &about,
            "unknown fields are refused, which were ignored",
            "keep `unknown_fields = \"ignore\"` where payloads with other fields may be stored",
        ),
        _ => {}
    }
}

fn mend(found: &Difference, version: u32) -> String {
    let field = found.path.rsplit('.').next().unwrap_or_default();
    let first = match &found.kind {
        Kind::Renamed { to } => {
            let to = to.rsplit('.').next().unwrap_or_default();
            format!("was it renamed? Write `#[serde(alias = \"{field}\")]` above `{to}`; or ")
        }
        Kind::NewRequired | Kind::BecameRequired => {
            format!("write `#[serde(default)]` above `{field}`; or ")
        }
        _ => String::new(),
    };
    format!(
        "{first}let this be version {}, with a step that leads there: `#[event(version = {}, \
         upcast({version} => a_function))]`",
        version + 1,
        version + 1,
    )
}

fn aggregate(
    changes: &mut Changes,
    category: &str,
    was: &LockedAggregate,
    is: &LockedAggregate,
    new: &Lock,
) {
    let about = format!("aggregate `{category}`");
    for name in was.applies.iter().chain(&was.upcasts) {
        // One that is gone altogether is told as such.
        let Some((now, _)) = new.stored_as(name) else {
            continue;
        };
        if !is.reads(now) {
            let what = format!("it does not read `{name}` any more");
            let mend = "where its streams may hold one, keep the handler or write an `#[upcast]`";
            changes.refuse(&about, what, mend);
        } else if was.applies.contains(name) && is.upcasts.contains(now) {
            changes.tell(&about, format!("it upcasts `{now}`, which it applied"));
        }
    }
    for name in is.applies.iter().filter(|name| !was.reads(name)) {
        changes.tell(&about, format!("it applies `{name}`"));
    }
}

fn aggregate_gone(
    changes: &mut Changes,
    category: &str,
    was: &LockedAggregate,
    old: &Lock,
    new: &Lock,
) {
    let about = format!("aggregate `{category}`");
    let mut others = new.aggregates.iter();
    let like = others.find(|(other, is)| {
        !old.aggregates.contains_key(*other) && was.applies.iter().all(|name| is.reads(name))
    });
    match like {
        Some((other, _)) => changes.refuse(
            &about,
            format!("its category is gone, and `{other}` of the same events is new"),
            format!(
                "was it renamed? Its streams are named by the category: keep \
                 `#[aggregate(event_sourced, category = \"{}\")]`",
                category.rsplit("::").next().unwrap_or(category)
            ),
        ),
        None => changes.refuse(
            &about,
            "its category is gone",
            "keep the aggregate where streams of it may be stored",
        ),
    }
}
