//! Events as users write them, and the enum of one aggregate's events.

use std::fmt::{self, Debug};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::retired::Life;
use crate::unknown_fields;

/// A fact that happened: made by [`#[event]`](macro@crate::event) on a struct.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no event",
    label = "not an event",
    note = "write `#[event]` above `struct {Self}`"
)]
pub trait Event: Serialize + DeserializeOwned + Clone + Debug + Send + Sync + 'static {
    /// The stored name, stable by choice: `Deposited` in `Bank.Deposited.v1`.
    const NAME: &'static str;

    /// The version of the shape that this struct has.
    const VERSION: u32;

    /// Other names that are decoded as this event: `#[event(alias = "..")]`.
    const ALIASES: &'static [&'static str] = &[];

    /// Whether it is still stored and raised no more: `#[event(retired)]`.
    const RETIRED: bool = Self::__Life::RETIRED;

    /// Whether fields that are stored and unknown are left out:
    /// `#[event(unknown_fields = "ignore")]`.
    const IGNORES_UNKNOWN_FIELDS: bool = false;

    /// Decodes a payload that was stored as `version`, through the upcasters where it is older.
    ///
    /// # Errors
    /// [`DecodeError`] where no step leads from that version, or the payload has another shape.
    fn decode(version: u32, data: &[u8]) -> Result<Self, DecodeError> {
        match Self::__decode(version, data) {
            Err(DecodeError::Payload(error)) if Self::IGNORES_UNKNOWN_FIELDS => {
                let data = unknown_fields::left_out(&Self::__KNOWN, version, data, error)?;
                Self::__decode(version, &data)
            }
            decoded => decoded,
        }
    }

    // What the enum of an aggregate's events does with one of them: all of it by this trait, so that
    // rustc says once what is no event.

    #[doc(hidden)]
    type __Life: Life;

    #[doc(hidden)]
    const __TYPE: EventType = EventType::of::<Self>();

    #[doc(hidden)]
    const __KNOWN: KnownEvent = KnownEvent {
        event_type: Self::__TYPE,
        aliases: Self::ALIASES,
        ignores_unknown_fields: Self::IGNORES_UNKNOWN_FIELDS,
        fields: unknown_fields::fields_of::<Self>,
    };

    /// Refuses unknown fields, unless serde's own attributes say otherwise.
    #[doc(hidden)]
    fn __decode(version: u32, data: &[u8]) -> Result<Self, DecodeError>;

    #[doc(hidden)]
    #[must_use]
    fn __clone(&self) -> Self {
        self.clone()
    }

    #[doc(hidden)]
    fn __debug(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The variant is named after the event, which says its name itself.
        Debug::fmt(self, f)
    }

    #[doc(hidden)]
    fn __encode(&self, data: &mut Vec<u8>) -> Result<(), serde_json::Error> {
        serde_json::to_writer(data, self)
    }

    #[doc(hidden)]
    fn __decode_into<A: From<Self>>(version: u32, data: &[u8]) -> Result<A, DecodeError> {
        Self::__decode(version, data).map(A::from)
    }
}

/// All events of one aggregate: the enum that `#[aggregate] impl` generates.
pub trait EventEnum: Clone + Debug + Send + Sync + 'static {
    /// What can be decoded, in the order of the handlers.
    const TYPES: &'static [EventType];

    #[doc(hidden)]
    const KNOWN: &'static [KnownEvent];

    /// The stored events that became others.
    #[doc(hidden)]
    const UPCASTS: &'static [KnownEvent] = &[];

    /// The stored name and version of this event.
    fn event_type(&self) -> EventType;

    /// Writes the payload behind what is in `data`.
    ///
    /// # Errors
    /// Where the event's own `Serialize` fails.
    fn encode(&self, data: &mut Vec<u8>) -> Result<(), serde_json::Error>;

    /// Decodes a payload by its stored name, or an alias of it, and version.
    ///
    /// # Errors
    /// [`DecodeError`] where the name or version is unknown, or the payload has another shape.
    fn decode(name: &str, version: u32, data: &[u8]) -> Result<Self, DecodeError>;

    /// Decodes a stored event that became others by [`#[upcast]`](macro@crate::upcast).
    ///
    /// # Errors
    /// As [`EventEnum::decode`]; the name is unknown where it has no upcast.
    #[expect(
        unused_variables,
        reason = "an aggregate without upcasts looks at none of it"
    )]
    fn upcast(name: &str, version: u32, data: &[u8]) -> Result<Vec<Self>, DecodeError> {
        Err(DecodeError::UnknownName)
    }
}

/// A stored name and the newest version this program knows of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EventType {
    /// The stored name.
    pub name: &'static str,
    /// The newest version known.
    pub version: u32,
}

impl EventType {
    /// The type of the event `E`.
    pub const fn of<E: Event>() -> Self {
        Self {
            name: E::NAME,
            version: E::VERSION,
        }
    }
}

/// What is known of an event by its type alone.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct KnownEvent {
    pub event_type: EventType,
    pub aliases: &'static [&'static str],
    pub ignores_unknown_fields: bool,
    /// The fields of its newest version, with their aliases, where it is a struct of them.
    pub fields: fn() -> Option<&'static [&'static str]>,
}

impl KnownEvent {
    /// Whether something of this name is decoded as it.
    pub(crate) fn is_stored_as(&self, name: &str) -> bool {
        self.event_type.name == name || self.aliases.contains(&name)
    }
}

/// Why a payload did not decode. Whoever knows the stream adds where it stands.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The aggregate has no event of this name.
    #[error("no event is stored under this name")]
    UnknownName,
    /// The event is known, in versions 1 to `newest`.
    #[error("versions 1 to {newest} are known")]
    UnknownVersion {
        /// The newest version known.
        newest: u32,
    },
    /// The payload has another shape than the event.
    #[error(transparent)]
    Payload(#[from] serde_json::Error),
}
