//! The macros and their reference. It stands here, since the examples need es-core to compile.

/// Makes a struct an [`Event`](crate::Event): a fact that happened, stored by name and version.
///
/// ```
/// use es_core::prelude::*;
///
/// /// Money came in.
/// #[event]
/// pub struct Deposited {
///     pub cents: u64,
/// }
///
/// #[event(name = "account-closed")]
/// #[derive(PartialEq)]
/// pub struct Closed;
///
/// assert_eq!((Deposited::NAME, Deposited::VERSION), ("Deposited", 1));
/// assert_eq!(Closed::NAME, "account-closed");
/// ```
///
/// | option | what it says | without it |
/// |---|---|---|
/// | `name = "account-opened"` | the stored name; keep it when the struct is renamed | the struct's name |
/// | `version = 3` | the version of the shape that the struct has | 1 |
/// | `upcast(1 => f, 2 => g)` | what leads from each older version to the next one | |
/// | `alias = "Opened"` | another name that is read as this event; it may stand several times | |
/// | `retired` | it is still stored and applied, and raised no more: raising it does not compile | |
/// | `unknown_fields = "ignore"` | fields that are stored and that the struct does not have are left out | they are refused |
/// | `crate = "path"` | where es-core is | found in `Cargo.toml`, also under another name |
///
/// The struct owns its data: no lifetimes, references or type parameters. It derives `Clone`,
/// `Debug`, `Serialize`, `Deserialize` and `JsonSchema` (of schemars, for tools), except for those
/// that stand **below** `#[event]` already. A macro does not see the derives above it: rustc then
/// answers `conflicting implementations of trait ..`, and the derive belongs below. The attributes of
/// serde work as ever: `#[serde(default)]`, `rename`, `alias`.
///
/// # What is stored
/// The payload is JSON as serde writes it; the message type is `Domain.Event.v1`, as in
/// `Bank.Deposited.v1`.
///
/// | struct | payload |
/// |---|---|
/// | `struct Deposited { cents: u64 }` | `{"cents":5}` |
/// | `struct Closed;` | `{}`, so that fields can be added later |
/// | `struct Amount(u64);` | `5` |
/// | `struct Moved(u32, u32);` | `[1,2]` |
///
/// # Upcasts
/// When the shape of an event changes, what is stored does not. Each function of the chain takes what
/// one version looked like, any `Deserialize` type, and returns what the next one takes; the last
/// returns the event. The compiler checks each step, and a step that is missing is told. Where an
/// old shape deserves no type, `serde_json::Value` will do; a step can not fail, so what a payload may
/// lack is given a default, and a shape that must be there is a type, which decoding checks.
///
/// ```
/// use es_core::prelude::*;
///
/// #[event(version = 3, upcast(1 => add_currency, 2 => split_name))]
/// pub struct Registered {
///     pub first: String,
///     pub last: String,
///     pub currency: String,
/// }
///
/// #[value]
/// struct RegisteredV1 {
///     name: String,
/// }
///
/// #[value]
/// struct RegisteredV2 {
///     name: String,
///     currency: String,
/// }
///
/// fn add_currency(old: RegisteredV1) -> RegisteredV2 {
///     RegisteredV2 { name: old.name, currency: "EUR".into() }
/// }
///
/// fn split_name(old: RegisteredV2) -> Registered {
///     let (first, last) = old.name.split_once(' ').unwrap_or((&old.name, ""));
///     Registered { first: first.into(), last: last.into(), currency: old.currency }
/// }
///
/// let stored = br#"{ "name": "Ada Lovelace" }"#;
/// assert_eq!(Registered::decode(1, stored)?.last, "Lovelace");
/// # Ok::<(), es_core::DecodeError>(())
/// ```
///
/// An event that became another, several, or none, is told by
/// [`#[upcast]`](macro@crate::upcast) in the aggregate.
///
/// # Names
/// An event that is to be stored under a new name keeps the old ones as aliases. Payloads that are
/// stored under either are read; what is raised is stored under its `name`.
///
/// ```
/// use es_core::prelude::*;
///
/// #[event(name = "money-deposited", alias = "Deposited")]
/// pub struct MoneyDeposited {
///     #[serde(alias = "amount")]
///     pub cents: u64,
///     #[serde(default)]
///     pub memo: String,
/// }
///
/// let stored = br#"{ "amount": 5 }"#;
/// assert_eq!(MoneyDeposited::decode(1, stored)?.cents, 5);
/// # Ok::<(), es_core::DecodeError>(())
/// ```
///
/// # Unknown fields
/// A stored payload with a field that the struct does not have is refused, so that nothing is lost
/// unseen: the derive gets `#[serde(deny_unknown_fields)]`. With `unknown_fields = "ignore"`, or for a
/// whole domain by [`DomainBuilder::unknown_fields`](crate::DomainBuilder::unknown_fields), they are
/// left out, and `tracing` is told the stream, the version, the type and the names of the fields. It
/// costs decoding such a payload twice, and nothing where there are no unknown fields.
///
/// That goes for the fields of the event in its newest version. What is inside of them, and the old
/// shapes that upcasts take, are types of yours with serde attributes of their own. An event whose serde
/// attributes make it write what it does not read (`tag`, `into`, `skip_deserializing`, one name for each
/// direction), or take what is left (`flatten`), is read as serde does.
///
/// # Types of other crates
/// A field's type is `Serialize`, `Deserialize` and `JsonSchema`: your own by
/// [`#[value]`](macro@crate::value), those of `std`, `uuid` and `chrono` as they are. For another
/// crate's type say how it is stored, as serde and schemars do:
///
/// ```
/// # mod money { pub struct Cents(pub u64); }
/// # use money::Cents;
/// # impl Clone for Cents { fn clone(&self) -> Self { Self(self.0) } }
/// # impl std::fmt::Debug for Cents { fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { self.0.fmt(f) } }
/// # mod as_number {
/// #     pub fn serialize<S: es_core::serde::Serializer>(cents: &super::Cents, s: S) -> Result<S::Ok, S::Error> { s.serialize_u64(cents.0) }
/// #     pub fn deserialize<'de, D: es_core::serde::Deserializer<'de>>(d: D) -> Result<super::Cents, D::Error> { es_core::serde::Deserialize::deserialize(d).map(super::Cents) }
/// # }
/// use es_core::prelude::*;
///
/// #[event]
/// pub struct Paid {
///     #[serde(with = "as_number")]
///     #[schemars(with = "u64")]
///     pub cents: Cents,
/// }
/// # fn main() {}
/// ```
///
/// # What can not be stored
/// JSON has no number for infinities and for what is not a number, and is read down to 127 levels.
/// An event that holds more is refused by [`add`](crate::Repository::add), before anything is
/// written.
///
/// # On a method
/// `#[event(Name)]` on a method in an [`#[aggregate] impl`](macro@crate::aggregate) defines the event
/// by the method; see there.
///
/// # What is generated
/// `impl Event` with a `match` over the versions, and the registration for
/// [`registry::events`](crate::registry::events). `cargo expand` (`cargo install cargo-expand`)
/// shows it.
#[doc(inline)]
pub use es_macros::event;

/// Derives what the parts of events and states need: `Clone`, `Debug`, `PartialEq`, `Serialize`,
/// `Deserialize` and `JsonSchema`, except for those that stand below already.
///
/// On structs and enums, also generic ones. The only option is `crate = "path"`, as for
/// [`#[event]`](macro@crate::event).
///
/// ```
/// use es_core::prelude::*;
///
/// #[value]
/// #[derive(Eq, Copy)]
/// pub enum Currency {
///     Euro,
///     Dollar,
/// }
///
/// #[value]
/// pub struct Money {
///     pub cents: u64,
///     pub currency: Currency,
/// }
/// ```
#[doc(inline)]
pub use es_macros::value;

/// Makes a struct an [`Aggregate`](crate::Aggregate): once on the struct, which is its state, and once
/// on an `impl`, which is its behaviour.
///
/// ```
/// use es_core::prelude::*;
///
/// #[event]
/// pub struct Opened { pub owner: String }
///
/// #[event]
/// pub struct Withdrawn { pub cents: u64 }
///
/// #[aggregate(event_sourced)]
/// #[derive(Debug)]
/// pub struct Account { owner: String, cents: u64 }
///
/// #[aggregate]
/// impl Account {
///     pub fn open(owner: &str) -> Self {
///         Self::raise_new(Opened { owner: owner.to_owned() })
///     }
///
///     pub fn withdraw(&mut self, cents: u64) -> Result<(), &'static str> {
///         if cents > self.cents {
///             return Err("the account is overdrawn");
///         }
///         self.raise_(Withdrawn { cents });
///         Ok(())
///     }
///
///     #[apply]
///     fn opened(event: Opened) -> Self {
///         Self { owner: event.owner, cents: 10 }
///     }
///
///     #[apply]
///     fn withdrawn(&mut self, event: &Withdrawn) {
///         self.cents -= event.cents;
///     }
/// }
///
/// let mut account = Account::open("Ada");
/// assert!(account.withdraw(7).is_ok() && account.withdraw(7).is_err());
/// assert_eq!((account.cents, account.version()), (3, Version::new(2)));
/// ```
///
/// # Options on the struct
///
/// | option | what it says | without it |
/// |---|---|---|
/// | `event_sourced` | what is kept are its events | its state is kept: see [below](#state-stored-aggregates) |
/// | `events(Registered, Renamed)` | the events that a state-stored aggregate raises | it raises none |
/// | `category = "account"` | the category of its streams: not empty, without `-`, `:` and white space | the name in `snake_case` |
/// | `id = String` | the type of its id: `Uuid`, `String`, `u64`, or one of your own that is an [`AggregateId`](crate::AggregateId) | `Uuid` |
/// | `domain = "bank"` | the domain that it joins by itself; others may use it too | it joins by the builder, or by its first repository |
/// | `snapshot_every = 100` | after how many events a snapshot is taken | as the domain says |
/// | `snapshots = off` | none is taken: the fields need not be `Serialize` | |
/// | `snapshot_version = 2` | a change of what states mean that the fingerprint does not see | 0 |
/// | `fact_events` | each commit also appends the whole state, as `AccountFact`, to the stream `{domain}::{category}:fact-{id}`, for consumers outside | none |
/// | `fact_version = 2` | the version of the shape of these | 1 |
/// | `crate = "path"` | where es-core is; on the `impl` too | found in `Cargo.toml` |
///
/// # The struct
/// It has named fields and no type parameters; an enum goes into a field. `Serialize` and
/// `Deserialize` are derived for snapshots, unless these are off or stand below.
///
/// A hidden field holds id, version and pending events. Therefore:
///
/// - Derives stand **below** `#[aggregate]`, which does not see those above it. rustc then answers
///   ``missing field `__root_of_aggregate__put_derives_below_it_and_literals_into_its_impl` ``, or
///   `conflicting implementations` for `Serialize` and `Deserialize`.
/// - A literal, `Self { .. }` or `Account { .. }`, stands in the `#[aggregate] impl`, which completes
///   it. What stands in the arguments of another macro is not syntax yet and can not be completed:
///   bind it to a variable first.
///
/// ```
/// # use es_core::prelude::*;
/// # #[event] struct Opened;
/// # #[aggregate(event_sourced)] struct Account { cents: u64 }
/// #[aggregate]
/// impl Account {
///     fn samples() -> Vec<Self> {
///         let sample = Self { cents: 1 }; // in `vec![Self { cents: 1 }]` a field would be missing
///         vec![sample]
///     }
///     # #[apply] fn opened(_: &Opened) -> Self { Self { cents: 0 } }
/// }
/// # assert_eq!(Account::samples()[0].cents, 1);
/// ```
///
/// # The block
/// There is one, in the struct's module or below it; further plain `impl` blocks may follow. It
/// takes no option but `crate`. Three functions are added to it, private to the module:
///
/// | function | what it does |
/// |---|---|
/// | `self.raise_(event)` | applies an event at once and keeps it as pending |
/// | `Self::raise_new(event)` | begins a new aggregate, under a new id of version 7 (or any id that is `From<Uuid>`) |
/// | `Self::raise_new_as(id, event)` | the same under a given id |
///
/// Only an event with a handler can be raised, and only in this module: no caller gets past the
/// checks of your methods. [`#[apply]`](macro@crate::apply) marks the handlers. Where no handler
/// creates, the struct derives `Default` and the first event changes that.
///
/// # Methods that are events
/// The parameters of a method with `#[event(Name)]` are the fields of the event, and its body is the
/// handler: calling the method raises the event.
///
/// ```
/// use es_core::prelude::*;
///
/// #[aggregate(event_sourced, id = String)]
/// pub struct Dog { name: String, tricks: Vec<String> }
///
/// #[aggregate]
/// impl Dog {
///     #[event(DogRegistered, name = "Registered", id = name.to_lowercase())]
///     pub fn register(name: String) -> Self {
///         Self { name, tricks: Vec::new() }
///     }
///
///     /// A trick was learnt.
///     #[event(TrickAdded)]
///     pub fn add_trick(&mut self, trick: String) {
///         self.tricks.push(trick);
///     }
///
///     pub fn teach(&mut self, trick: &str) -> Result<(), String> {
///         if self.tricks.iter().any(|known| known == trick) {
///             return Err(format!("{} knows to {trick}", self.name));
///         }
///         self.add_trick(trick.to_owned());
///         Ok(())
///     }
/// }
///
/// let mut dog = Dog::register("Fido".to_owned());
/// assert!(dog.teach("roll").is_ok() && dog.teach("roll").is_err());
/// assert_eq!(dog.id(), "fido");
/// ```
///
/// The options of `#[event]` on a struct work here too (where the event is retired, the method can not
/// be called); `id = expression`, of the parameters, gives
/// the id where the method creates. A parameter is owned and has one type, since it becomes a field;
/// documentation and `#[serde(..)]` above it are the field's. The body returns nothing, since it is replayed: check and borrow in a method that calls it.
///
/// # State-stored aggregates
/// Without `event_sourced` what is kept is the state, as one JSON document in the place of the one
/// before. The same repository keeps it, with the same versions and conflicts: its version counts how
/// often it was saved. Where it declares events, what it raises is appended to its stream **in the
/// same transaction** as the state; nothing applies them. It has no past: what asks for one does not
/// compile.
///
/// ```
/// use es_core::prelude::*;
///
/// #[event]
/// pub struct Renamed { pub name: String }
///
/// #[aggregate(events(Renamed))]
/// pub struct Customer { name: String }
///
/// #[aggregate]
/// impl Customer {
///     pub fn new(name: &str) -> Self {
///         Self { name: name.to_owned() } // under a new id; `Self { .. }.with_id(id)` gives it one
///     }
///
///     pub fn rename(&mut self, name: &str) {
///         self.name = name.to_owned();
///         self.raise_(Renamed { name: name.to_owned() });
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let customers = Domain::builder("bank").build()?.repository::<Customer>();
/// let mut customer = Customer::new("Ada");
/// customers.add(&mut customer).await?;
/// customers.update(customer.id(), |customer| customer.rename("Ada Lovelace")).await?;
///
/// let mut customer = customers.get(customer.id()).await?;
/// assert_eq!((customer.name.as_str(), customer.version()), ("Ada Lovelace", Version::new(2)));
/// customers.remove(&mut customer).await?;
/// assert!(customers.find(customer.id()).await?.is_none());
/// # Ok(())
/// # }
/// ```
///
/// A field that is new says what it is in states of before, by `#[serde(default)]`, and one that was
/// renamed what it was called, by `#[serde(alias = "..")]`. A stored field that the struct does not have
/// is refused, unless the struct has serde's attributes that say otherwise.
///
/// An id that is `From<Uuid>` is made up where the struct is made; any other is given by `with_id`,
/// which is added to the block beside `raise_`. The stores in memory, SQLite and PostgreSQL keep
/// states; a domain on another store refuses the aggregate when it joins.
///
/// **From state to events, and back.** The two keep different things, so the change is made once, by
/// a program that knows both structs, each in a module of its own. From state to events it walks
/// through [`Repository::all`](crate::Repository::all), and begins an event-sourced aggregate of each
/// by a first event of what there is. The stream holds what the aggregate raised before, which no
/// handler applies, so the event-sourced one has another `category`. From events to state it loads
/// each aggregate and adds a state-stored one with its id; that one too has another `category`, or is
/// in another [`Domain`](crate::Domain) value of the same name, since a category of one domain has one
/// type.
///
/// # What is generated
/// `pub enum AccountEvent` with a variant and a `From` for each event; `impl Aggregate`, which
/// applies, encodes and decodes by `match`es without a wildcard; the registration for
/// [`registry::aggregates`](crate::registry::aggregates). Two events stored under one name, or under an
/// alias of the other, do not compile. `cargo expand` shows all of it; what calls into `es_core::__private` is the framework's
/// own business.
///
/// # Snapshots
/// A snapshot carries a fingerprint of what made it: the struct's fields, the bodies of the handlers
/// and of the functions with `#[upcast]`, the names and versions of the events. Documentation, comments and formatting do not count. After
/// a change of any of these, older snapshots are discarded and made anew from the events. What the
/// macro can not see is told by raising `snapshot_version`: the fields of a nested type, a function
/// that a handler calls, a step of `upcast(..)` that was corrected, serde's attributes on an event.
///
/// A snapshot holds all fields, so none is skipped by serde. One that can not be kept, such as a map
/// whose keys are structs, fails no commit and is told to `tracing` alone.
#[doc(inline)]
pub use es_macros::aggregate;

/// Marks a handler in an [`#[aggregate] impl`](macro@crate::aggregate): what one event does to the
/// state.
///
/// ```
/// # use es_core::prelude::*;
/// # #[event] struct Opened { owner: String }
/// # #[event] struct Deposited { cents: u64 }
/// # #[event] struct Closed;
/// # #[aggregate(event_sourced)] struct Account { owner: String, cents: u64 }
/// #[aggregate]
/// impl Account {
///     #[apply] // creates: no `self`, returns `Self`
///     fn opened(event: Opened) -> Self {
///         Self { owner: event.owner, cents: 0 }
///     }
///
///     #[apply] // changes, with its event by reference or by value
///     fn deposited(&mut self, Deposited { cents }: &Deposited) {
///         self.cents += cents;
///     }
///
///     #[apply(Closed)] // the event may be named, and has to agree
///     fn closed(&mut self, _: Closed) {
///         self.cents = 0;
///     }
/// }
/// # let mut account = Account::raise_new(Opened { owner: "Ada".to_owned() });
/// # account.raise_(Deposited { cents: 1 });
/// # account.raise_(Closed);
/// # assert_eq!((account.owner.as_str(), account.cents), ("Ada", 0));
/// ```
///
/// An event has one handler, and either creates or changes. A handler is private and called by the
/// framework alone: when the event is raised, and on every replay. It is therefore synchronous,
/// returns no `Result` (what it applies has happened), sees no store, no clock and no metadata (a
/// time that matters is a field of the event), and raises nothing.
#[doc(inline)]
pub use es_macros::apply;

/// Makes a struct a [`Command`](crate::Command): something that is asked of an aggregate, which
/// decides on it by [`#[handle]`](macro@crate::handle) and may refuse.
///
/// ```
/// # use es_core::prelude::*;
/// # #[event] struct Opened { owner: String }
/// # #[aggregate(event_sourced)] pub struct Account { owner: String }
/// # #[aggregate] impl Account {
/// #     #[handle] fn open(command: Open) -> Self { Self::raise_new(Opened { owner: command.owner }) }
/// #     #[handle] fn withdraw(&mut self, _: &Withdraw) {}
/// #     #[apply] fn opened(event: Opened) -> Self { Self { owner: event.owner } }
/// # }
/// /// Creates an account, under an id that is made up.
/// #[command(aggregate = Account)]
/// pub struct Open {
///     pub owner: String,
/// }
///
/// #[command(aggregate = Account)]
/// pub struct Withdraw {
///     #[target]
///     pub account: Uuid,
///     pub cents: u64,
/// }
/// ```
///
/// # Options
///
/// | option | what it says | without it |
/// |---|---|---|
/// | `aggregate = Account` | the aggregate that decides | required |
/// | `name = "withdraw"` | the name it is recorded under | the struct's |
/// | `version = 2` | the version of its shape, told in its record | 1 |
/// | `crate = "path"` | where es-core is | found in `Cargo.toml` |
///
/// `#[target]` stands above the field that holds the aggregate's id. A command whose handler creates
/// may do without: then the id is made up, and answered. One that has a target creates the aggregate
/// under that id.
///
/// `Clone`, `Debug`, `Serialize`, `Deserialize` and `JsonSchema` are derived, except for those that
/// stand below already. A command is recorded, and not read back by the framework.
#[doc(inline)]
pub use es_macros::command;

/// Marks the function of an [`#[aggregate] impl`](macro@crate::aggregate) that decides on a
/// [command](macro@crate::command).
///
/// ```
/// # use es_core::prelude::*;
/// # #[event] struct Opened { owner: String }
/// # #[event] struct Withdrawn { cents: u64 }
/// # #[command(aggregate = Account)] struct Open { #[target] account: Uuid, owner: String }
/// # #[command(aggregate = Account)] struct Withdraw { #[target] account: Uuid, cents: u64 }
/// # #[derive(Debug)] struct Overdrawn;
/// # #[aggregate(event_sourced)] struct Account { cents: u64 }
/// #[aggregate]
/// impl Account {
///     #[handle] // creates: no `self`, returns `Self` or `Result<Self, ..>`; answers the id
///     fn open(command: Open) -> Self {
///         Self::raise_new_as(command.account, Opened { owner: command.owner })
///     }
///
///     #[handle] // changes: returns `()` or `Result<T, E>`; answers the `T`
///     fn withdraw(&mut self, command: &Withdraw) -> Result<u64, Overdrawn> {
///         if command.cents > self.cents {
///             return Err(Overdrawn);
///         }
///         self.raise_(Withdrawn { cents: command.cents });
///         Ok(self.cents)
///     }
///     # #[apply] fn opened(_: &Opened) -> Self { Self { cents: 0 } }
///     # #[apply] fn withdrawn(&mut self, event: &Withdrawn) { self.cents -= event.cents; }
/// }
/// ```
///
/// The command is taken by reference or by value. A command has one handler, and its struct names
/// the aggregate that has it. The function may decide again after a conflict, so it is synchronous
/// and does nothing but look, raise and refuse. It may be called like any other, also in a test.
/// [`Domain::process`](crate::Domain::process) carries commands out.
#[doc(inline)]
pub use es_macros::handle;

/// Marks what must hold of an aggregate whenever it is saved, in an
/// [`#[aggregate] impl`](macro@crate::aggregate).
///
/// The function takes `&self` and returns `Result<(), Violation>`, or any error that becomes a
/// [`Violation`](crate::Violation), such as a `&str` or a `String`. All invariants are asked before
/// anything is appended, and all that they say is told together, as
/// [`SaveError::Violated`](crate::SaveError::Violated): nothing of the aggregate is written, nor of
/// the unit of work that it is in. It is not asked of what is loaded: what happened has happened.
///
/// ```
/// # use es_core::prelude::*;
/// # #[aggregate] struct Customer { name: String }
/// #[aggregate]
/// impl Customer {
///     #[invariant]
///     fn has_a_name(&self) -> Result<(), Violation> {
///         if self.name.is_empty() {
///             return Err("a customer without a name".into());
///         }
///         Ok(())
///     }
/// }
/// ```
#[doc(inline)]
pub use es_macros::invariant;

/// Says in an [`#[aggregate] impl`](macro@crate::aggregate) what a stored event became: one event,
/// several, none, or another.
///
/// The function takes an [`#[event]`](macro@crate::event) that the aggregate once applied, and
/// returns events that it applies now. What is stored stays as it is. Where it is read, it is decoded
/// (through its own upcasts, where it is of an older version), the function is called, and what comes
/// back is applied.
///
/// ```
/// use es_core::prelude::*;
///
/// /// Raised until the two were told apart.
/// #[event(retired)]
/// pub struct NameAndAddressChanged { pub name: String, pub address: String }
///
/// #[event]
/// pub struct NameChanged { pub name: String }
///
/// #[event]
/// pub struct AddressChanged { pub address: String }
///
/// #[aggregate(event_sourced)]
/// #[derive(Default)]
/// pub struct Customer { name: String, address: String }
///
/// #[aggregate]
/// impl Customer {
///     #[upcast]
///     fn split(old: NameAndAddressChanged) -> (NameChanged, AddressChanged) {
///         (NameChanged { name: old.name }, AddressChanged { address: old.address })
///     }
///
///     #[apply]
///     fn name_changed(&mut self, event: NameChanged) { self.name = event.name; }
///
///     #[apply]
///     fn address_changed(&mut self, event: AddressChanged) { self.address = event.address; }
/// }
/// ```
///
/// | it returns | the stored event became |
/// |---|---|
/// | `NameChanged` | another event |
/// | `(NameChanged, AddressChanged)` | several, in this order |
/// | `Option<NameChanged>` | another, or none |
/// | `Vec<CustomerEvent>`, `Vec<NameChanged>` | as many as there are |
///
/// It takes its event by value and nothing else, no `self` either: it is called on every load, cannot
/// fail or wait, and answers the same for the same event. An event has one upcast or one handler.
///
/// # Versions
/// The version of an aggregate counts the stored events, whatever they became. So there is no version
/// between `NameChanged` and `AddressChanged` above, and
/// [`history`](crate::Repository::history) and [`events`](crate::Repository::events) answer one entry
/// for the stored event, with the events that it [became](crate::Became).
///
/// Where the first events of a stream became none, the aggregate begins with the first event that is
/// left; before that there is none to be loaded.
#[doc(inline)]
pub use es_macros::upcast;
