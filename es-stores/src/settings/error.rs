//! What is wrong with settings, and where.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use super::Place;

/// A setting is not what it should be.
///
/// The message names the file, the line and the key, and what would be right; it never holds a
/// value that may be a password.
#[derive(Clone, Debug)]
pub struct SettingsError {
    file: Option<Arc<Path>>,
    place: Place,
    problem: String,
}

impl SettingsError {
    pub(crate) fn new(file: Option<Arc<Path>>, place: Place, problem: String) -> Self {
        Self {
            file,
            place,
            problem,
        }
    }

    /// The file, where there is one.
    pub fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// The line in the file, from 1, where it is about one.
    pub fn line(&self) -> Option<usize> {
        self.place.line
    }

    /// The key, with its sections, as in `production.event_store.pool_size`; empty where it is
    /// about all of them.
    pub fn key(&self) -> &str {
        &self.place.path
    }
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.file, self.place.line) {
            (Some(file), Some(line)) => write!(f, "{}:{line}: ", file.display())?,
            (Some(file), None) => write!(f, "{}: ", file.display())?,
            (None, Some(line)) => write!(f, "line {line}: ")?,
            (None, None) => {}
        }
        f.write_str(&self.problem)
    }
}

impl std::error::Error for SettingsError {}
