//! Payloads that decode for ever.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Schema, Update, write};
use crate::event::{Event, EventType};
use crate::registry::EventRegistration;
use crate::stream::DomainName;

/// A folder of golden payloads: from [`golden`](fn@super::golden).
#[derive(Debug)]
#[must_use = "nothing is read before `check`"]
pub struct Golden {
    folder: PathBuf,
    events: Vec<&'static EventRegistration>,
    /// Which domain applies an event, where an aggregate says so.
    domains: Vec<(&'static str, &'static str)>,
    examples: Vec<(EventType, Vec<u8>)>,
}

impl Golden {
    pub(super) fn new(schema: &Schema, folder: PathBuf) -> Self {
        Self {
            folder,
            events: schema.events.clone(),
            domains: schema.domains.clone(),
            examples: Vec::new(),
        }
    }

    /// An event whose payload is to be kept where there is none of its version yet.
    ///
    /// # Panics
    /// Where its `Serialize` fails.
    #[track_caller]
    pub fn example<E: Event>(mut self, event: &E) -> Self {
        let mut payload = Vec::new();
        if let Err(error) = event.__encode(&mut payload) {
            panic!("the example of `{}` can not be encoded: {error}", E::NAME);
        }
        payload.push(b'\n');
        self.examples.push((EventType::of::<E>(), payload));
        self
    }

    /// Decodes every file, through the upcasters, and looks whether there is one of each type and
    /// version.
    ///
    /// # Panics
    /// Where a file does not decode or is of no event, and where one is missing; with a text that
    /// says so of all of them.
    #[track_caller]
    pub fn check(self) {
        let problems = self.problems(Update::asked());
        if !problems.is_empty() {
            let (folder, problems) = (self.folder.display(), problems.join("\n  "));
            panic!("golden payloads in `{folder}`:\n\n  {problems}\n");
        }
    }

    fn problems(&self, update: Update) -> Vec<String> {
        let mut problems = Vec::new();
        let mut seen = Vec::new();
        for path in files(&self.folder, &mut problems) {
            match self.decode(&path) {
                Ok(found) => seen.extend(found),
                Err(problem) => problems.push(problem),
            }
        }
        for event in &self.events {
            let name = event.event_type.name;
            for version in 1..=event.event_type.version {
                if !seen.contains(&EventType { name, version }) {
                    problems.extend(self.keep(event, version, update).err());
                }
            }
        }
        problems
    }

    /// Which type and version a file is of, once it decoded.
    fn decode(&self, path: &Path) -> Result<Vec<EventType>, String> {
        let file = path.file_name().unwrap_or_default().to_string_lossy();
        let payload = fs::read(path).map_err(|error| format!("{file}: {error}"))?;
        let of_type = self.events.iter().filter_map(|event| {
            let mut names = [event.event_type.name]
                .into_iter()
                .chain(event.aliases.iter().copied());
            let version = names.find_map(|name| version(&file, name))?;
            Some((event, version))
        });
        let (mut seen, mut problems) = (Vec::new(), Vec::new());
        for (event, version) in of_type {
            match (event.upcast)(version, &payload) {
                Ok(_) => seen.push(EventType {
                    version,
                    ..event.event_type
                }),
                Err(error) => problems.push(format!("{file} does not decode: {error}")),
            }
        }
        // Events of several domains may have one name: it is of one of them.
        match (seen.is_empty(), problems.into_iter().next()) {
            (false, _) => Ok(seen),
            (true, Some(problem)) => Err(problem),
            (true, None) => Err(format!(
                "{file} is of no event of this program: where it was renamed, give it an `alias`; \
                 where it is raised no more, keep it with `#[event(retired)]`"
            )),
        }
    }

    /// Writes an example where that is asked for; says what is missing otherwise.
    fn keep(&self, event: &EventRegistration, version: u32, update: Update) -> Result<(), String> {
        let event_type = EventType {
            version,
            ..event.event_type
        };
        let file = self.file(event_type);
        if self.folder.join(&file).exists() {
            // It does not decode, which is told: what was stored is never replaced.
            return Ok(());
        }
        let mut examples = self.examples.iter();
        let example = examples.find(|(of_type, _)| *of_type == event_type);
        match (example, update) {
            (Some((_, payload)), Update::Compatible | Update::Anyway) => {
                let text = String::from_utf8_lossy(payload);
                write(&self.folder.join(file), &text)
            }
            (Some(_), Update::No) => Err(format!(
                "{file} is missing: `UPDATE_EVENTS_LOCK=1 cargo test` writes the example"
            )),
            (None, _) if version == event.event_type.version => Err(format!(
                "{file} is missing: copy a stored payload there, or give an example, \
                 `.example(&{} {{ .. }})`",
                event.path.rsplit("::").next().unwrap_or(event.path)
            )),
            (None, _) => Err(format!("{file} is missing: copy a stored payload there")),
        }
    }

    fn file(&self, EventType { name, version }: EventType) -> String {
        let domain = self.domains.iter().find(|(applied, _)| *applied == name);
        let domain = domain.and_then(|(_, domain)| DomainName::new(domain).ok());
        match domain {
            Some(domain) => format!("{}.{name}.v{version}.json", domain.camel()),
            None => format!("{name}.v{version}.json"),
        }
    }
}

/// The JSON files of a folder, by name; a folder that is not there has none.
fn files(folder: &Path, problems: &mut Vec<String>) -> Vec<PathBuf> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Vec::new(),
        Err(error) => {
            problems.push(format!("the folder can not be read: {error}"));
            return Vec::new();
        }
    };
    let mut files: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "json")
        })
        .collect();
    files.sort();
    files
}

/// The version that a file of the event `name` is of: `[Domain.]name.v1[.label].json`.
fn version(file: &str, name: &str) -> Option<u32> {
    let stem = file.strip_suffix(".json")?;
    let of_name = |stem: &str| {
        let rest = stem.strip_prefix(name)?.strip_prefix(".v")?;
        rest.split('.').next()?.parse().ok()
    };
    let without_domain = || stem.split_once('.').and_then(|(_, stem)| of_name(stem));
    of_name(stem).or_else(without_domain)
}
