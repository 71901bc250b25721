//! Everything a domain needs: `use es_core::prelude::*;`.

pub use chrono::{DateTime, Utc};
pub use uuid::Uuid;

pub use crate::aggregate::Aggregate;
pub use crate::command::ProcessError;
pub use crate::domain::Domain;
pub use crate::error::{ConfigError, LoadError, SaveError, UpdateError};
pub use crate::event::Event;
pub use crate::history::Historical;
pub use crate::invariant::Violation;
pub use crate::record::{Context, Metadata};
pub use crate::repository::{Committed, Repository};
pub use crate::store::{EventStore, EventStoreExt, ExpectedVersionError, MemoryStore};
pub use crate::stream::{Position, StreamName, Version};
pub use crate::{aggregate, apply, command, event, handle, invariant, upcast, value};
