//! What a program contains: every event and aggregate that is compiled in, for tools.
//!
//! The registry decides nothing in decoding or dispatch. An aggregate joins a domain explicitly: by
//! the builder, by its first repository, or by naming the domain, which is looked up here. A program
//! may hold several of one name.

mod any;

use std::any::TypeId;

use schemars::Schema;

use crate::aggregate::{Kept, Snapshots};
use crate::command::Command;
use crate::event::{DecodeError, Event, EventType};
use crate::store::Fingerprint;

use any::Typed;
pub use any::{AnyAggregate, AnyEntry, AnyHistory};

/// A struct with `#[event]`.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct EventRegistration {
    /// The stored name and the newest version.
    pub event_type: EventType,
    /// The path of the struct, as in `bank::events::Deposited`.
    pub path: &'static str,
    /// The older versions that upcasters lead from.
    pub upcasts_from: &'static [u32],
    /// Other names that are decoded as this event.
    pub aliases: &'static [&'static str],
    /// Whether it is raised no more.
    pub retired: bool,
    /// Whether fields that are stored and unknown are left out.
    pub ignores_unknown_fields: bool,
    /// Makes the JSON Schema of the newest version.
    pub schema: fn() -> Schema,
    /// The fields that the newest version is read from, with their aliases, where it is a struct
    /// whose `Deserialize` is derived.
    pub fields: fn() -> Option<&'static [&'static str]>,
    /// Decodes a payload that was stored as this version, through the upcasters, and answers the
    /// payload of the newest.
    pub upcast: fn(u32, &[u8]) -> Result<Vec<u8>, DecodeError>,
}

/// A struct with `#[aggregate(..)]`.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct AggregateRegistration {
    /// The struct's name.
    pub name: &'static str,
    /// The path of the struct, as in `bank::BankAccount`.
    pub path: &'static str,
    /// The category without the domain.
    pub category: &'static str,
    /// The domain it joins by itself, where it names one.
    pub domain: Option<&'static str>,
    /// The type of its id, as written.
    pub id: &'static str,
    /// What is kept of it.
    pub kept: Kept,
    /// When snapshots are taken.
    pub snapshots: Snapshots,
    /// The Rust type, by which its [`BehaviourRegistration`] is found.
    pub type_id: TypeId,
}

/// An `#[aggregate] impl`.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct BehaviourRegistration {
    /// The Rust type, by which its [`AggregateRegistration`] is found.
    pub type_id: TypeId,
    /// The events and their handlers, in the order they are written.
    pub handlers: &'static [HandlerRegistration],
    /// The stored events that became others, in the order they are written.
    pub upcasts: &'static [UpcastRegistration],
    /// What the states of this program are made by.
    pub fingerprint: Fingerprint,
    /// What a tool does with such an aggregate.
    pub aggregate: &'static dyn AnyAggregate,
}

/// A struct with `#[command]`.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct CommandRegistration {
    /// The recorded name and version.
    pub event_type: EventType,
    /// The path of the struct, as in `bank::commands::Withdraw`.
    pub path: &'static str,
    /// The Rust type of the aggregate that decides, by which its [`AggregateRegistration`] is found.
    pub aggregate: TypeId,
    /// Makes the JSON Schema.
    pub schema: fn() -> Schema,
}

/// A handler with `#[apply]`, or the body of a method with `#[event(..)]`.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct HandlerRegistration {
    /// The event it applies.
    pub event_type: EventType,
    /// The name of the function.
    pub function: &'static str,
    /// What it does.
    pub handles: Handles,
}

/// A function with `#[upcast]`.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct UpcastRegistration {
    /// The stored event that it takes.
    pub event_type: EventType,
    /// The name of the function.
    pub function: &'static str,
}

/// What a handler does with its event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handles {
    /// Makes the first state.
    Creation,
    /// Changes the state.
    Change,
}

impl EventRegistration {
    #[doc(hidden)]
    pub const fn new<E: Event>(
        path: &'static str,
        upcasts_from: &'static [u32],
        schema: fn() -> Schema,
    ) -> Self {
        Self {
            event_type: EventType::of::<E>(),
            path,
            upcasts_from,
            aliases: E::ALIASES,
            retired: E::RETIRED,
            ignores_unknown_fields: E::IGNORES_UNKNOWN_FIELDS,
            schema,
            fields: E::__KNOWN.fields,
            upcast: upcast::<E>,
        }
    }
}

impl CommandRegistration {
    #[doc(hidden)]
    pub const fn new<C: Command>(path: &'static str, schema: fn() -> Schema) -> Self {
        let (name, version) = (C::NAME, C::VERSION);
        Self {
            event_type: EventType { name, version },
            path,
            aggregate: TypeId::of::<C::Aggregate>(),
            schema,
        }
    }
}

impl AggregateRegistration {
    #[doc(hidden)]
    pub const fn new<A: crate::AggregateState>(
        path: &'static str,
        domain: Option<&'static str>,
        id: &'static str,
    ) -> Self {
        Self {
            name: A::NAME,
            path,
            category: A::CATEGORY,
            domain,
            id,
            kept: A::KEPT,
            snapshots: A::SNAPSHOTS,
            type_id: TypeId::of::<A>(),
        }
    }

    /// The events and handlers of this aggregate.
    pub fn behaviour(&self) -> Option<&'static BehaviourRegistration> {
        behaviours().find(|behaviour| behaviour.type_id == self.type_id)
    }
}

impl BehaviourRegistration {
    #[doc(hidden)]
    pub const fn new<A: crate::Aggregate>(handlers: &'static [HandlerRegistration]) -> Self {
        Self {
            type_id: TypeId::of::<A>(),
            handlers,
            upcasts: &[],
            fingerprint: A::FINGERPRINT,
            aggregate: &Typed::<A>::NEW,
        }
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn with_upcasts(self, upcasts: &'static [UpcastRegistration]) -> Self {
        Self { upcasts, ..self }
    }
}

impl HandlerRegistration {
    #[doc(hidden)]
    pub const fn new(event_type: EventType, function: &'static str, handles: Handles) -> Self {
        Self {
            event_type,
            function,
            handles,
        }
    }
}

impl UpcastRegistration {
    #[doc(hidden)]
    pub const fn new(event_type: EventType, function: &'static str) -> Self {
        Self {
            event_type,
            function,
        }
    }
}

fn upcast<E: Event>(version: u32, data: &[u8]) -> Result<Vec<u8>, DecodeError> {
    let mut newest = Vec::new();
    E::decode(version, data)?.__encode(&mut newest)?;
    Ok(newest)
}

inventory::collect!(EventRegistration);
inventory::collect!(AggregateRegistration);
inventory::collect!(BehaviourRegistration);
inventory::collect!(CommandRegistration);

/// Every event compiled into the program, in no certain order.
///
/// ```
/// use es_core::prelude::*;
///
/// #[event]
/// struct Deposited {
///     cents: u64,
/// }
///
/// assert!(es_core::registry::events().any(|event| event.event_type.name == "Deposited"));
/// ```
pub fn events() -> impl Iterator<Item = &'static EventRegistration> {
    inventory::iter::<EventRegistration>.into_iter()
}

/// Every command compiled into the program, in no certain order.
pub fn commands() -> impl Iterator<Item = &'static CommandRegistration> {
    inventory::iter::<CommandRegistration>.into_iter()
}

/// Every aggregate compiled into the program, in no certain order.
pub fn aggregates() -> impl Iterator<Item = &'static AggregateRegistration> {
    inventory::iter::<AggregateRegistration>.into_iter()
}

fn behaviours() -> impl Iterator<Item = &'static BehaviourRegistration> {
    inventory::iter::<BehaviourRegistration>.into_iter()
}
