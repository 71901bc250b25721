//! The events of a program written down, so that a change of what is stored is noticed before it is
//! shipped.
//!
//! # The schema lock
//! A file, committed beside the source, holds every event: its stored name, its version, its fields
//! with their types, and which aggregates apply it. A test compares the program with it:
//!
//! ```no_run
//! # // In tests/schema.rs:
//! #[test]
//! fn events_are_those_of_the_lock_file() {
//!     es_core::schema::check("events.lock.json");
//! }
//! # fn main() {}
//! ```
//!
//! `UPDATE_EVENTS_LOCK=1 cargo test` writes the file, and later takes compatible changes up: a new
//! event, a field with a default, another variant. What would no longer read what is stored makes the
//! test fail with a text that says what would mend it:
//!
//! ```text
//! What is stored would not be read as before:
//!
//!   Deposited v1: the field `memo` is gone
//!     let this be version 2, with a step that leads there: `#[event(version = 2, upcast(1 => a_function))]`
//! ```
//!
//! Where none of it was ever stored, `UPDATE_EVENTS_LOCK=anyway` takes it up all the same. Shapes of
//! older versions stay in the file.
//!
//! A test of the folder `tests` is a program of its own, which has to hold your crate: it names
//! something of it, or says `use bank as _;`. Events that tests define are left out by
//! [`Schema::of`].
//!
//! # Golden payloads
//! A lock tells of shapes. That payloads decode is shown by one of each type and version, kept in a
//! folder: see [`golden`].

mod changes;
mod compare;
mod golden;
mod lock;
mod shape;

use std::env;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

pub use changes::{Change, Changes};
pub use golden::Golden;

use crate::registry::EventRegistration;
use lock::Lock;

/// Compares the events of the program with a lock file. The path is relative to the crate whose test
/// it is.
///
/// # Panics
/// Where they differ, with a text that says how and what to do; where there is no such file.
#[track_caller]
pub fn check(file: impl AsRef<Path>) {
    Schema::of_program().check(file);
}

/// Reads golden payloads: one example of each type and version, which decodes for ever. The path is
/// relative to the crate whose test it is.
///
/// ```standalone_crate
/// use es_core::prelude::*;
///
/// #[event(name = "Deposited", version = 2, upcast(1 => from_cents))]
/// pub struct Deposited { cents: u64, currency: String }
///
/// #[value]
/// struct DepositedV1 { cents: u64 }
///
/// fn from_cents(old: DepositedV1) -> Deposited {
///     Deposited { cents: old.cents, currency: "EUR".into() }
/// }
///
/// # let folder = std::env::temp_dir().join("es-golden-doc");
/// # std::fs::create_dir_all(&folder).unwrap();
/// # let of_version_2 = r#"{"cents":5,"currency":"EUR"}"#;
/// # std::fs::write(folder.join("Bank.Deposited.v1.json"), r#"{"cents":5}"#).unwrap();
/// # std::fs::write(folder.join("Bank.Deposited.v2.json"), of_version_2).unwrap();
/// // In a test; the folder holds `Bank.Deposited.v1.json` and `Bank.Deposited.v2.json`.
/// es_core::schema::golden(&folder)
///     .example(&Deposited { cents: 5, currency: "EUR".into() })
///     .check();
/// ```
///
/// A file is named after the type as it is stored, `Bank.Deposited.v1.json`; there may be several of
/// one, `Bank.Deposited.v1.without-memo.json`, and the domain may be missing. The best payload is one
/// from a store. For the newest version an example will do: `UPDATE_EVENTS_LOCK=1 cargo test` writes
/// it where there is no file yet, and overwrites none, so it stays when that version is old.
pub fn golden(folder: impl AsRef<Path>) -> Golden {
    Schema::of_program().golden(folder)
}

/// What is known of the events of a program, or of a part of it.
#[derive(Debug)]
pub struct Schema {
    events: Vec<&'static EventRegistration>,
    lock: Lock,
    domains: Vec<(&'static str, &'static str)>,
}

impl Schema {
    /// All events and aggregates of the program.
    pub fn of_program() -> Self {
        Self::new(None)
    }

    /// Those below a module, or of a crate: `Schema::of("bank")`.
    pub fn of(module: &str) -> Self {
        Self::new(Some(module))
    }

    fn new(module: Option<&str>) -> Self {
        let (events, aggregates) = lock::registered(module);
        let applied = aggregates.iter().flat_map(|aggregate| {
            let handlers = aggregate.behaviour().into_iter().flat_map(|b| b.handlers);
            handlers.filter_map(|handler| Some((handler.event_type.name, aggregate.domain?)))
        });
        Self {
            domains: applied.collect(),
            lock: Lock::of(&events, &aggregates),
            events,
        }
    }

    /// The document: what a lock file of this program alone holds. It is the same in every run.
    pub fn to_json(&self) -> String {
        self.lock.to_json()
    }

    /// What changed since a lock file was written, whose text is `lock`.
    ///
    /// # Errors
    /// Where it is no lock file.
    pub fn changes_since(&self, lock: &str) -> Result<Changes, serde_json::Error> {
        let old = serde_json::from_str(lock)?;
        Ok(changes::between(&old, &self.lock, |name| self.fields(name)))
    }

    /// The lock file whose text is `lock` with this program taken up: the document, and the shapes of
    /// older versions as they were.
    ///
    /// # Errors
    /// Where it is no lock file.
    pub fn taken_up_into(&self, lock: &str) -> Result<String, serde_json::Error> {
        let old: Lock = serde_json::from_str(lock)?;
        let mut new = self.lock.clone();
        for (name, was) in old.events {
            let now = new.stored_as(&name).map(|(now, _)| now.clone());
            let Some(is) = now.and_then(|now| new.events.get_mut(&now)) else {
                continue;
            };
            for (version, shape) in was.shapes {
                is.shapes.entry(version).or_insert(shape);
            }
        }
        Ok(new.to_json())
    }

    /// As [`check`](fn@check), for these events.
    ///
    /// # Panics
    /// As [`check`](fn@check).
    #[track_caller]
    pub fn check(&self, file: impl AsRef<Path>) {
        if let Err(problem) = self.checked(file.as_ref(), Update::asked()) {
            panic!("{problem}");
        }
    }

    /// As [`golden`](fn@golden), for these events.
    pub fn golden(&self, folder: impl AsRef<Path>) -> Golden {
        Golden::new(self, in_the_crate(folder.as_ref()))
    }

    fn checked(&self, file: &Path, update: Update) -> Result<(), String> {
        let path = in_the_crate(file);
        let file = file.display();
        if self.events.is_empty() {
            return Err(format!(
                "no event is compiled into this test, so there is nothing to compare with \
                 `{file}`: where they are in a library, name it as in `use bank as _;`"
            ));
        }
        let lock = match fs::read_to_string(&path) {
            Ok(lock) => lock,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return match update {
                    Update::No => Err(format!(
                        "there is no `{file}` ({}): write it with `UPDATE_EVENTS_LOCK=1 cargo \
                         test`, and commit it",
                        path.display()
                    )),
                    Update::Compatible | Update::Anyway => write(&path, &self.to_json()),
                };
            }
            Err(error) => return Err(format!("`{}` can not be read: {error}", path.display())),
        };
        let no_lock = |error| {
            format!(
                "`{}` is no lock file of events: {error}; restore it, or delete it and write it \
                 with `UPDATE_EVENTS_LOCK=1 cargo test`",
                path.display()
            )
        };
        let changes = self.changes_since(&lock).map_err(no_lock)?;
        let taken_up = self.taken_up_into(&lock).map_err(no_lock)?;
        match update {
            _ if changes.is_empty() => Ok(()),
            Update::Anyway => write(&path, &taken_up),
            Update::Compatible if changes.is_compatible() => write(&path, &taken_up),
            Update::Compatible | Update::No => Err(told(&changes, &file.to_string())),
        }
    }

    /// The names by which fields of an event are read.
    fn fields(&self, name: &str) -> Vec<&'static str> {
        let mut events = self.events.iter();
        let event = events.find(|event| event.event_type.name == name);
        let fields = event.and_then(|event| (event.fields)());
        fields.unwrap_or_default().to_vec()
    }
}

fn told(changes: &Changes, file: &str) -> String {
    let end = match changes.is_compatible() {
        true => format!("`UPDATE_EVENTS_LOCK=1 cargo test` takes it up into `{file}`."),
        false => "Mend the first. Where none of it was ever stored, `UPDATE_EVENTS_LOCK=anyway \
                  cargo test` takes it up as it is."
            .to_owned(),
    };
    format!("the events of this program are not those of `{file}`\n\n{changes}{end}\n")
}

/// Whether the lock file is to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Update {
    No,
    Compatible,
    Anyway,
}

impl Update {
    /// As `UPDATE_EVENTS_LOCK` says.
    fn asked() -> Self {
        match env::var("UPDATE_EVENTS_LOCK").as_deref() {
            Err(_) | Ok("" | "0") => Self::No,
            Ok("anyway") => Self::Anyway,
            Ok(_) => Self::Compatible,
        }
    }
}

/// A path of the crate whose test runs: `cargo test` says where that is.
fn in_the_crate(path: &Path) -> PathBuf {
    env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| path.to_owned(), |root| Path::new(&root).join(path))
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    let written = match path.parent() {
        Some(folder) => fs::create_dir_all(folder).and_then(|()| fs::write(path, text)),
        None => fs::write(path, text),
    };
    written.map_err(|error| format!("`{}` can not be written: {error}", path.display()))
}
