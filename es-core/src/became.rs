//! What a stored event is read as.

use std::fmt::{self, Debug};
use std::ops::Deref;
use std::{iter, option, slice, vec};

/// What one stored event is read as: nearly always one event.
///
/// It is several, or none, where [`#[upcast]`](macro@crate::upcast) says that the event became so.
/// It derefs to a slice of them, and is iterated over, by reference or by value:
///
/// ```
/// # use es_core::prelude::*;
/// # async fn show<A: es_core::EventSourced>(accounts: Repository<A>, id: A::Id) -> Result<(), LoadError> {
/// let mut life = accounts.history(&id);
/// while let Some(entry) = life.next().await? {
///     for event in &entry.events {
///         println!("version {}: {event:?}", entry.metadata.version);
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Became<E> {
    one: Option<E>,
    // Of more or of none, and then without room.
    several: Vec<E>,
}

impl<E> Became<E> {
    pub(crate) fn one(event: E) -> Self {
        Self {
            one: Some(event),
            several: Vec::new(),
        }
    }

    pub(crate) fn several(several: Vec<E>) -> Self {
        Self { one: None, several }
    }

    /// The event, where it is exactly one.
    pub fn into_one(mut self) -> Option<E> {
        match self.several.len() {
            1 => self.several.pop(),
            _ => self.one,
        }
    }
}

impl<E> Deref for Became<E> {
    type Target = [E];

    fn deref(&self) -> &[E] {
        match &self.one {
            Some(event) => slice::from_ref(event),
            None => &self.several,
        }
    }
}

impl<E> IntoIterator for Became<E> {
    type Item = E;
    type IntoIter = iter::Chain<option::IntoIter<E>, vec::IntoIter<E>>;

    fn into_iter(self) -> Self::IntoIter {
        self.one.into_iter().chain(self.several)
    }
}

impl<'a, E> IntoIterator for &'a Became<E> {
    type Item = &'a E;
    type IntoIter = slice::Iter<'a, E>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// One event prints as itself, others as a list.
impl<E: Debug> Debug for Became<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &**self {
            [event] => event.fmt(f),
            events => events.fmt(f),
        }
    }
}
