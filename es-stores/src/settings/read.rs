//! Settings by their type.

use std::fmt;
use std::time::Duration;

use super::{Node, Settings, SettingsError, Value, duration, list};

impl Settings {
    /// A text, where the key is there.
    ///
    /// # Errors
    /// [`SettingsError`] where it is no text.
    pub fn string(&mut self, key: &str) -> Result<Option<String>, SettingsError> {
        let Some(node) = self.take(key)? else {
            return Ok(None);
        };
        match node.value {
            Value::Text(text) => Ok(Some(text.value)),
            _ => Err(self.wrong(&node, format_args!("text, as in `{key} = \"...\"`"))),
        }
    }

    /// A text that must be there.
    ///
    /// # Errors
    /// [`SettingsError`] where it is not there, or no text.
    pub fn required(&mut self, key: &str) -> Result<String, SettingsError> {
        match self.string(key)? {
            Some(text) => Ok(text),
            None => Err(self.missing(key, "write it")),
        }
    }

    /// A whole number that fits a `T`, where the key is there. A variable may stand for it, as in
    /// `pool_size = "${POOL_SIZE|16}"`.
    ///
    /// # Errors
    /// [`SettingsError`] where it is no whole number, or does not fit.
    pub fn integer<T: TryFrom<i64>>(&mut self, key: &str) -> Result<Option<T>, SettingsError> {
        let Some(node) = self.take(key)? else {
            return Ok(None);
        };
        let number = match &node.value {
            Value::Integer(number) => Some(*number),
            Value::Text(text) if text.stands_for_anything => text.value.trim().parse().ok(),
            _ => None,
        };
        let Some(number) = number else {
            return Err(self.wrong(&node, format_args!("a whole number, as in `{key} = 8`")));
        };
        match T::try_from(number) {
            Ok(number) => Ok(Some(number)),
            Err(_) if number < 0 => Err(self.refuse_node(&node, "is negative")),
            Err(_) => Err(self.refuse_node(&node, "is too large")),
        }
    }

    /// Whether, where the key is there. A variable may stand for it.
    ///
    /// # Errors
    /// [`SettingsError`] where it is neither `true` nor `false`.
    pub fn boolean(&mut self, key: &str) -> Result<Option<bool>, SettingsError> {
        let Some(node) = self.take(key)? else {
            return Ok(None);
        };
        let value = match &node.value {
            Value::Boolean(value) => Some(*value),
            Value::Text(text) if text.stands_for_anything => text.value.trim().parse().ok(),
            _ => None,
        };
        match value {
            Some(value) => Ok(Some(value)),
            None => Err(self.wrong(&node, format_args!("`true` or `false`"))),
        }
    }

    /// How long, where the key is there: a text of a whole number and its unit, one of `ms`, `s`,
    /// `m` and `h`.
    ///
    /// # Errors
    /// [`SettingsError`] where it is anything else.
    pub fn duration(&mut self, key: &str) -> Result<Option<Duration>, SettingsError> {
        let Some(node) = self.take(key)? else {
            return Ok(None);
        };
        let duration = match &node.value {
            Value::Text(text) => duration::parse(&text.value),
            _ => None,
        };
        match duration {
            Some(duration) => Ok(Some(duration)),
            None => Err(self.wrong(
                &node,
                format_args!("a number and its unit, as in `{key} = \"5s\"` or `\"500ms\"`"),
            )),
        }
    }

    /// Several texts, where the key is there.
    ///
    /// # Errors
    /// [`SettingsError`] where it is no list of texts.
    pub fn strings(&mut self, key: &str) -> Result<Option<Vec<String>>, SettingsError> {
        let Some(node) = self.take(key)? else {
            return Ok(None);
        };
        let texts = match &node.value {
            Value::Array(nodes) => nodes.iter().map(Node::text).collect::<Option<Vec<_>>>(),
            _ => None,
        };
        match texts {
            Some(texts) => Ok(Some(texts.into_iter().map(str::to_owned).collect())),
            None => Err(self.wrong(
                &node,
                format_args!("a list of texts, as in `{key} = [\"...\"]`"),
            )),
        }
    }

    /// The section below this one, where there is one; it is [finished](Self::finish) by itself.
    ///
    /// # Errors
    /// [`SettingsError`] where it is no section.
    pub fn section(&mut self, key: &str) -> Result<Option<Self>, SettingsError> {
        let Some(node) = self.take(key)? else {
            return Ok(None);
        };
        match node.value {
            Value::Table(table) => Ok(Some(Self::new(node.place, self.file.clone(), table))),
            _ => Err(self.wrong(&node, format_args!("a section of its own"))),
        }
    }

    /// One of several words, each with what it stands for.
    ///
    /// # Errors
    /// [`SettingsError`] where it is none of them.
    pub fn one_of<T: Copy>(
        &mut self,
        key: &str,
        words: &[(&str, T)],
    ) -> Result<Option<T>, SettingsError> {
        let Some(node) = self.take(key)? else {
            return Ok(None);
        };
        let value = node.text();
        if let Some((_, value)) = words.iter().find(|(word, _)| Some(*word) == value) {
            return Ok(Some(*value));
        }
        let words = list(words.iter().map(|(word, _)| *word), "or");
        match &node.value {
            Value::Text(text) => Err(self.refuse_node(
                &node,
                format_args!("is `{}`, expected was {words}", text.written),
            )),
            _ => Err(self.wrong(&node, format_args!("{words}"))),
        }
    }

    /// As [`duration`](Self::duration); in a URI a bare number is seconds too, as PostgreSQL's own
    /// programs have it.
    #[cfg(any(feature = "message-db", feature = "postgres"))]
    pub(crate) fn duration_or_seconds(
        &mut self,
        key: &str,
    ) -> Result<Option<Duration>, SettingsError> {
        let seconds = self.table.get(key).filter(|node| node.from_uri);
        let seconds = seconds
            .and_then(Node::text)
            .and_then(|text| text.parse().ok());
        match seconds {
            Some(seconds) => {
                self.asked.push(key.to_owned());
                Ok(Some(Duration::from_secs(seconds)))
            }
            None => self.duration(key),
        }
    }

    /// A copy: the value stays, so that [`Settings::refuse`] finds where it stands.
    fn take(&mut self, key: &str) -> Result<Option<Node>, SettingsError> {
        self.asked.push(key.to_owned());
        match self.table.get(key) {
            #[cfg(feature = "config")]
            Some(Node {
                value: Value::Unfilled(error),
                ..
            }) => Err(error.clone()),
            node => Ok(node.cloned()),
        }
    }

    fn wrong(&self, node: &Node, expected: fmt::Arguments<'_>) -> SettingsError {
        let found = node.value.kind();
        self.refuse_node(node, format_args!("is {found}, expected was {expected}"))
    }
}
