//! A text in TOML, with the line of everything in it.

use std::path::Path;
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::settings::{Node, Place, SettingsError, Table, Text, Value};

/// Where a configuration was read from.
#[derive(Clone)]
pub(super) struct File {
    pub path: Option<Arc<Path>>,
}

impl File {
    pub(super) fn error(&self, place: Place, problem: String) -> SettingsError {
        SettingsError::new(self.path.clone(), place, problem)
    }

    /// About all of it.
    pub(super) fn refuse(&self, problem: String) -> SettingsError {
        self.error(Place::nowhere(), problem)
    }

    pub(super) fn parse(&self, text: &str) -> Result<Table, SettingsError> {
        let lines = Lines { text };
        let table = DeTable::parse(text).map_err(|error| {
            let line = error.span().map(|span| lines.of(span.start));
            let path = String::new();
            // The driver's own text would show the line, and with it a password.
            let problem = format!(
                "this is no TOML: {}",
                error.message().trim().replace('\n', ", ")
            );
            self.error(Place { path, line }, problem)
        })?;
        let root = Place::nowhere();
        Ok(lines.table(&root, table.into_inner()))
    }
}

struct Lines<'a> {
    text: &'a str,
}

impl Lines<'_> {
    /// The line at a byte, from 1.
    fn of(&self, byte: usize) -> usize {
        let before = self.text.as_bytes().iter().take(byte);
        before.filter(|byte| **byte == b'\n').count() + 1
    }

    fn table(&self, section: &Place, table: DeTable<'_>) -> Table {
        let entries = table.into_iter().map(|(key, value)| {
            let line = Some(self.of(key.span().start));
            let path = section.key(key.get_ref()).path;
            let node = self.node(Place { path, line }, value);
            (key.into_inner().into_owned(), node)
        });
        entries.collect()
    }

    fn node(&self, place: Place, value: Spanned<DeValue<'_>>) -> Node {
        let value = match value.into_inner() {
            DeValue::String(text) => Value::Text(Text {
                written: text.clone().into_owned(),
                value: text.into_owned(),
                stands_for_anything: false,
            }),
            DeValue::Integer(number) => {
                match i64::from_str_radix(number.as_str(), number.radix()) {
                    Ok(number) => Value::Integer(number),
                    // As large as no setting is.
                    Err(_) => Value::Float,
                }
            }
            DeValue::Float(_) => Value::Float,
            DeValue::Boolean(value) => Value::Boolean(value),
            DeValue::Datetime(_) => Value::Time,
            DeValue::Array(values) => {
                let node = |value: Spanned<DeValue<'_>>| {
                    let line = Some(self.of(value.span().start));
                    let path = place.path.clone();
                    self.node(Place { path, line }, value)
                };
                Value::Array(values.into_iter().map(node).collect())
            }
            DeValue::Table(table) => Value::Table(self.table(&place, table)),
        };
        Node {
            place,
            inherited: false,
            from_uri: false,
            value,
        }
    }
}
