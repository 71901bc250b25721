//! Events as users write them, and the enum of one aggregate's events.

use std::fmt::{self, Debug};

use serde::Serialize;
use serde::de::DeserializeOwned;

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

    /// Decodes a payload that was stored as `version`, through the upcasters where it is older.
    ///
    /// # Errors
    /// [`DecodeError`] where no step leads from that version, or the payload has another shape.
    fn decode(version: u32, data: &[u8]) -> Result<Self, DecodeError>;

    // What the enum of an aggregate's events does with one of them: all of it by this trait, so that
    // rustc says once what is no event.

    #[doc(hidden)]
    const __TYPE: EventType = EventType::of::<Self>();

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
        Self::decode(version, data).map(A::from)
    }
}

/// All events of one aggregate: the enum that `#[aggregate] impl` generates.
pub trait EventEnum: Clone + Debug + Send + Sync + 'static {
    /// What can be decoded, in the order of the handlers.
    const TYPES: &'static [EventType];

    /// The stored name and version of this event.
    fn event_type(&self) -> EventType;

    /// Writes the payload behind what is in `data`.
    ///
    /// # Errors
    /// Where the event's own `Serialize` fails.
    fn encode(&self, data: &mut Vec<u8>) -> Result<(), serde_json::Error>;

    /// Decodes a payload by its stored name and version.
    ///
    /// # Errors
    /// [`DecodeError`] where the name or version is unknown, or the payload has another shape.
    fn decode(name: &str, version: u32, data: &[u8]) -> Result<Self, DecodeError>;
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
