//! What generated code calls. Not part of the public contract.

use std::marker::PhantomData;

pub use std::borrow::Cow;
pub use std::vec::Vec;

pub use inventory;
pub use schemars;
pub use serde;
pub use serde_json;

pub use crate::aggregate::{
    Aggregate, AggregateState, BeginsAsDefault, KeepsEvents, KeepsItsState, Kept, NewId, NoEvents,
    Raise, RaiseNew, Root, Snapshots, StoresItsState, begin_as_default, raise, raise_new, record,
    with_id,
};
pub use crate::command::{Command, CommandOf, Handle, Targeted};
pub use crate::event::{DecodeError, Event, EventEnum, EventType, KnownEvent};
pub use crate::invariant::{Violation, ask};
pub use crate::registry::{
    AggregateRegistration, BehaviourRegistration, CommandRegistration, EventRegistration,
    HandlerRegistration, Handles, UpcastRegistration,
};
pub use crate::repository::Decision;
pub use crate::retired::{NotRetired, Raised, Retired};
pub use crate::store::Fingerprint;
use crate::testing::new_aggregate_uuid;
pub use crate::upcast::{UpcastInto, decode_by_alias, upcast_by_alias};

/// A new id for a new aggregate.
#[must_use]
pub fn new_id<I: NewId>() -> I {
    I::new_id(new_aggregate_uuid())
}

/// Decodes a payload as the type that the context asks for: an event, or one of its old shapes.
///
/// # Errors
/// [`DecodeError::Payload`] where it has another shape.
pub fn decode<T: serde::de::DeserializeOwned>(data: &[u8]) -> Result<T, DecodeError> {
    Ok(from_json(data)?)
}

/// Looks once whether all of it is text, which costs less than doing so string by string.
fn from_json<T: serde::de::DeserializeOwned>(bytes: &[u8]) -> serde_json::Result<T> {
    match std::str::from_utf8(bytes) {
        Ok(text) => serde_json::from_str(text),
        Err(_) => serde_json::from_slice(bytes),
    }
}

/// The answer to a version that no step leads from.
///
/// # Errors
/// Always [`DecodeError::UnknownVersion`].
pub fn unknown_version<E: Event>() -> Result<E, DecodeError> {
    Err(DecodeError::UnknownVersion { newest: E::VERSION })
}

/// The encoded state of an aggregate for a snapshot.
///
/// # Errors
/// Where a field's `Serialize` fails.
pub fn encode_state<S: serde::Serialize>(state: &S) -> Result<Vec<u8>, serde_json::Error> {
    serde_json::to_vec(state)
}

/// The state of a snapshot.
///
/// # Errors
/// Where it has another shape.
pub fn decode_state<S: serde::de::DeserializeOwned>(bytes: &[u8]) -> Result<S, serde_json::Error> {
    from_json(bytes)
}

/// Holds a field, to be copied where its type is `Clone`: `Field(&self.name).copied()`.
#[derive(Debug)]
pub struct Field<'a, T>(pub &'a T);

impl<T: Clone> Field<'_, T> {
    /// The field's clone: found first, where there is one.
    #[must_use]
    pub fn copied(&self) -> Option<T> {
        Some(self.0.clone())
    }
}

/// What `Field(&self.name).copied()` means where the type is not `Clone`.
pub trait NotCopied<T> {
    /// None.
    fn copied(&self) -> Option<T>;
}

impl<T> NotCopied<T> for Field<'_, T> {
    fn copied(&self) -> Option<T> {
        None
    }
}

/// Makes up an id, where its type is `From<Uuid>`: `MadeUp::<Id>::new().id()`.
#[derive(Debug)]
pub struct MadeUp<I>(PhantomData<I>);

impl<I> MadeUp<I> {
    /// Nothing made up yet.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "only generated code makes one")]
    pub fn new() -> Self {
        Self(PhantomData)
    }
}

impl<I: NewId> MadeUp<I> {
    /// A new id: found first, where there is one.
    #[must_use]
    pub fn id(&self) -> Option<I> {
        Some(new_id())
    }
}

/// What `MadeUp::<Id>::new().id()` means where an id can not be made up.
pub trait NotMadeUp<I> {
    /// None.
    fn id(&self) -> Option<I>;
}

impl<I> NotMadeUp<I> for MadeUp<I> {
    fn id(&self) -> Option<I> {
        None
    }
}

/// The target of a command: a field of the aggregate's type of id.
#[must_use]
pub fn target_of<A: AggregateState>(id: &A::Id) -> Option<A::Id> {
    Some(id.clone())
}

/// An `#[apply]` handler applies events that are kept.
///
/// # Panics
/// At compile time, where the state is kept instead.
pub const fn assert_event_sourced<A: AggregateState>() {
    assert!(
        matches!(A::KEPT, Kept::Events),
        "this aggregate keeps its state, so nothing applies events: write \
         `#[aggregate(event_sourced)]` above the struct to keep its events instead, or take \
         `#[apply]` and `#[event(..)]` away and change the fields where you raise"
    );
}

const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const FNV_PRIME: u64 = 0x0000_0100_0000_01b3;

/// The fingerprint of an aggregate: FNV-1a (Fowler, Noll, Vo) over the hashes made by the macros
/// and the names and versions of the events, those that became others among them.
pub const fn fingerprint(
    shape: u64,
    handlers: u64,
    events: &[EventType],
    upcasts: &[KnownEvent],
) -> Fingerprint {
    let mut hash = FNV_OFFSET;
    hash = hash_bytes(hash, &shape.to_le_bytes());
    hash = hash_bytes(hash, &handlers.to_le_bytes());
    let mut index = 0;
    while index < events.len() {
        hash = hash_bytes(hash, events[index].name.as_bytes());
        hash = hash_bytes(hash, &events[index].version.to_le_bytes());
        index += 1;
    }
    index = 0;
    while index < upcasts.len() {
        let EventType { name, version } = upcasts[index].event_type;
        hash = hash_bytes(hash, name.as_bytes());
        hash = hash_bytes(hash, &version.to_le_bytes());
        index += 1;
    }
    Fingerprint::new(hash)
}

const fn hash_bytes(mut hash: u64, bytes: &[u8]) -> u64 {
    let mut index = 0;
    while index < bytes.len() {
        hash = (hash ^ bytes[index] as u64).wrapping_mul(FNV_PRIME);
        index += 1;
    }
    hash
}

/// Stops the compiler where two events of one aggregate, `applied` or upcast, are stored under one
/// name or alias; `texts` says what to do for each.
pub const fn assert_names_differ(applied: &[KnownEvent], upcast: &[KnownEvent], texts: &[&str]) {
    let mut second = 1;
    while second < applied.len() + upcast.len() {
        let mut first = 0;
        while first < second {
            let (one, other) = (nth(applied, upcast, first), nth(applied, upcast, second));
            assert!(!share_a_name(one, other), "{}", texts[second]);
            first += 1;
        }
        second += 1;
    }
}

const fn nth<'a>(
    applied: &'a [KnownEvent],
    upcast: &'a [KnownEvent],
    index: usize,
) -> &'a KnownEvent {
    if index < applied.len() {
        &applied[index]
    } else {
        &upcast[index - applied.len()]
    }
}

const fn share_a_name(left: &KnownEvent, right: &KnownEvent) -> bool {
    let mut index = 0;
    while index < left.aliases.len() {
        if is_stored_as(right, left.aliases[index]) {
            return true;
        }
        index += 1;
    }
    is_stored_as(right, left.event_type.name)
}

const fn is_stored_as(event: &KnownEvent, name: &str) -> bool {
    let mut index = 0;
    while index < event.aliases.len() {
        if equal(event.aliases[index], name) {
            return true;
        }
        index += 1;
    }
    equal(event.event_type.name, name)
}

const fn equal(left: &str, right: &str) -> bool {
    let (left, right) = (left.as_bytes(), right.as_bytes());
    if left.len() != right.len() {
        return false;
    }
    let mut index = 0;
    while index < left.len() {
        if left[index] != right[index] {
            return false;
        }
        index += 1;
    }
    true
}

/// What stands where the macro refused to write something: never called, since nothing compiles.
pub fn refused() -> ! {
    unreachable!("a macro refused what is called here")
}

/// The answer of an aggregate with `snapshots = off` to whoever asks for its state.
///
/// # Errors
/// Always.
pub fn no_snapshots<T>() -> Result<T, serde_json::Error> {
    Err(serde::de::Error::custom(
        "the aggregate has `snapshots = off`",
    ))
}

/// Writes an event without fields as `{}`, so that fields can be added later.
///
/// # Errors
/// The serializer's own.
pub fn serialize_unit<S: serde::Serializer>(
    serializer: S,
    name: &'static str,
) -> Result<S::Ok, S::Error> {
    use serde::ser::SerializeStruct;
    serializer.serialize_struct(name, 0)?.end()
}

/// Reads an event without fields: from `{}`, or from nothing at all.
///
/// # Errors
/// Where there are fields; otherwise the deserializer's own.
pub fn deserialize_unit<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<(), D::Error> {
    deserializer.deserialize_option(NoFields)
}

struct NoFields;

impl<'de> serde::de::Visitor<'de> for NoFields {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an event without fields, `{}`")
    }

    fn visit_none<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_some<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_struct("event", &[], self)
    }

    fn visit_map<A: serde::de::MapAccess<'de>>(self, mut fields: A) -> Result<(), A::Error> {
        match fields.next_key::<Cow<'de, str>>()? {
            None => Ok(()),
            Some(field) => Err(serde::de::Error::unknown_field(&field, &[])),
        }
    }

    fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut fields: A) -> Result<(), A::Error> {
        match fields.next_element::<serde::de::IgnoredAny>()? {
            None => Ok(()),
            Some(_) => Err(serde::de::Error::invalid_length(1, &self)),
        }
    }
}

/// The schema of an event without fields.
pub fn unit_schema() -> schemars::Schema {
    schemars::json_schema!({ "type": "object" })
}

/// The schema of an event.
pub fn schema_of<E: schemars::JsonSchema>() -> schemars::Schema {
    schemars::SchemaGenerator::default().into_root_schema_for::<E>()
}

/// What `encode_state` answers.
pub type EncodedState = Result<Vec<u8>, serde_json::Error>;

/// What `decode_state` answers.
pub type DecodedState<A> = Result<A, serde_json::Error>;

/// What `encode` answers.
pub type Encoded = Result<(), serde_json::Error>;

/// What a field of an event is, asked before the derives ask for its parts one by one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can not be part of an event",
    label = "it has not all of `Clone`, `Debug`, `Serialize`, `Deserialize` and `JsonSchema`",
    note = "write `#[value]` above it where it is yours; for a type of another crate see \"Types of other crates\" at `es_core::event`"
)]
pub trait FieldOfEvent {}

#[diagnostic::do_not_recommend]
impl<T> FieldOfEvent for T where
    T: Clone
        + std::fmt::Debug
        + serde::Serialize
        + serde::de::DeserializeOwned
        + schemars::JsonSchema
{
}

/// What a field of an aggregate with snapshots is.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can not be part of a snapshot",
    label = "it is not both `Serialize` and `Deserialize`",
    note = "write `#[value]` above it where it is yours, or turn snapshots off: `#[aggregate(event_sourced, snapshots = off)]`"
)]
pub trait FieldOfState {}

#[diagnostic::do_not_recommend]
impl<T: serde::Serialize + serde::de::DeserializeOwned> FieldOfState for T {}

/// What a field of a state-stored aggregate is.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can not be part of a stored state",
    label = "it is not both `Serialize` and `Deserialize`",
    note = "write `#[value]` above it where it is yours"
)]
pub trait FieldOfStoredState {}

#[diagnostic::do_not_recommend]
impl<T: serde::Serialize + serde::de::DeserializeOwned> FieldOfStoredState for T {}

/// What a field of an aggregate with fact events is.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can not be part of a fact event",
    label = "it is not `Serialize`",
    note = "write `#[value]` above it where it is yours, or leave `fact_events` out"
)]
pub trait FieldOfFact {}

#[diagnostic::do_not_recommend]
impl<T: serde::Serialize> FieldOfFact for T {}

/// What a field of a command is.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can not be part of a command",
    label = "it has not all of `Clone`, `Debug`, `Serialize`, `Deserialize` and `JsonSchema`",
    note = "write `#[value]` above it where it is yours; for a type of another crate see \"Types of other crates\" at `es_core::event`"
)]
pub trait FieldOfCommand {}

#[diagnostic::do_not_recommend]
impl<T: FieldOfEvent> FieldOfCommand for T {}
