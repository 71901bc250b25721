//! Settings of a store, as a section of a file or the query of a URI gives them.

mod duration;
mod error;
mod near;
mod node;
mod read;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use error::SettingsError;
#[cfg(feature = "config")]
pub(crate) use near::nearest;
pub(crate) use near::{list, unknown};
pub(crate) use node::{Node, Place, Table, Text, Value};

/// The settings of one store, to be read by key: what a provider of a store is given.
///
/// A key that was never asked for is a mistake of whoever wrote it, so [`Settings::finish`] tells
/// it, with what it may have been meant to be. Errors name the file, the line and the key, and
/// never a value that may be secret.
pub struct Settings {
    section: Place,
    file: Option<Arc<Path>>,
    table: Table,
    asked: Vec<String>,
}

impl Settings {
    pub(crate) fn new(section: Place, file: Option<Arc<Path>>, table: Table) -> Self {
        Self {
            section,
            file,
            table,
            asked: Vec::new(),
        }
    }

    /// The folder of the file, to which paths in it are relative. None where the settings come
    /// from elsewhere: then the working folder is meant.
    pub fn folder(&self) -> Option<&Path> {
        self.file.as_deref().and_then(Path::parent)
    }

    /// A path as it is meant: where it is relative, from the [`folder`](Self::folder).
    pub fn path(&self, path: impl AsRef<Path>) -> PathBuf {
        match self.folder() {
            Some(folder) => folder.join(path),
            None => path.as_ref().to_owned(),
        }
    }

    /// The error that a setting is wrong in a way that only its reader knows. `problem` reads on
    /// from the key, as in `is no URL`, and never holds the value itself where that may be secret.
    pub fn refuse(&self, key: &str, problem: impl fmt::Display) -> SettingsError {
        match self.table.get(key) {
            Some(node) => self.refuse_node(node, problem),
            None => SettingsError::new(
                self.file.clone(),
                self.section.key(key),
                format!("`{}` {problem}", self.section.key(key).path),
            ),
        }
    }

    /// Ends the reading.
    ///
    /// # Errors
    /// [`SettingsError`] where a key is left that was not asked for.
    pub fn finish(self) -> Result<(), SettingsError> {
        let asked = self.asked.iter().map(String::as_str).collect::<Vec<_>>();
        let unknown_key =
            |(key, node): (&String, &Node)| !node.inherited && !asked.contains(&key.as_str());
        match self.table.iter().find(|entry| unknown_key(*entry)) {
            None => Ok(()),
            Some((key, node)) => Err(SettingsError::new(
                self.file.clone(),
                node.place.clone(),
                unknown(&node.noun(), key, &asked),
            )),
        }
    }

    /// Takes what a URI's query says, which goes behind what stands here.
    pub(crate) fn or(mut self, query: Table) -> Self {
        for (key, node) in query {
            self.table.entry(key).or_insert(node);
        }
        self
    }

    /// The options of the URI that were not asked for: they are for the driver.
    #[cfg(any(feature = "message-db", feature = "postgres"))]
    pub(crate) fn take_options(&mut self) -> Vec<String> {
        let asked = &self.asked;
        let left = self
            .table
            .extract_if(.., |key, node| node.from_uri && !asked.contains(key));
        left.map(|(key, _)| key).collect()
    }

    /// The error that a key is not there, with what to do.
    pub(crate) fn missing(&self, key: &str, advice: &str) -> SettingsError {
        let key = self.section.key(key);
        let problem = format!("`{}` is missing; {advice}", key.path);
        SettingsError::new(self.file.clone(), self.section.clone(), problem)
    }

    /// An error about all of it.
    pub(crate) fn refuse_all(&self, problem: &str) -> SettingsError {
        SettingsError::new(self.file.clone(), self.section.clone(), problem.to_owned())
    }

    /// What is written there, with its variables: what an error may show.
    #[cfg(feature = "config")]
    pub(crate) fn written(&self, key: &str) -> &str {
        match self.table.get(key).map(|node| &node.value) {
            Some(Value::Text(text)) => &text.written,
            _ => "",
        }
    }

    #[cfg(feature = "config")]
    pub(crate) fn line(&self, key: &str) -> Option<usize> {
        self.table.get(key).and_then(|node| node.place.line)
    }

    #[cfg(feature = "config")]
    pub(crate) fn place(&self) -> &Place {
        &self.section
    }

    #[cfg(feature = "config")]
    pub(crate) fn keys(&self) -> Vec<String> {
        self.table.keys().cloned().collect()
    }

    #[cfg(feature = "config")]
    pub(crate) fn table(&mut self) -> &mut Table {
        &mut self.table
    }

    fn refuse_node(&self, node: &Node, problem: impl fmt::Display) -> SettingsError {
        SettingsError::new(
            self.file.clone(),
            node.place.clone(),
            format!("`{}` {problem}", node.place.path),
        )
    }
}

impl fmt::Debug for Settings {
    /// Without the values: one of them may be a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("section", &self.section.path)
            .field("file", &self.file)
            .field("keys", &self.table.keys().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}
