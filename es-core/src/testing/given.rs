//! What happened before, of one aggregate, and what is done.

use std::convert::Infallible;
use std::fmt::Debug;

use super::decided::Decided;
use super::ids::counted;
use crate::aggregate::{self, Aggregate, AggregateState, EventSourced, Kept};
use crate::event::EventEnum;
use crate::repository::Decision;
use crate::stream::Version;

/// Begins with what happened before, as the stored events of an aggregate.
///
/// Its id is made up where it is a UUID, a text or a number; [`Given::with_id`] says another.
///
/// ```
/// use es_core::prelude::*;
/// use es_core::testing::*;
/// # #[event] pub struct Opened {}
/// # #[event] pub struct Deposited { cents: u64 }
/// # #[aggregate(event_sourced)] pub struct Account { cents: u64 }
/// # #[aggregate] impl Account {
/// #     pub fn deposit(&mut self, cents: u64) { self.raise_(Deposited { cents }); }
/// #     #[apply] fn opened(_: &Opened) -> Self { Self { cents: 0 } }
/// #     #[apply] fn deposited(&mut self, event: &Deposited) { self.cents += event.cents; }
/// # }
///
/// given::<Account>(events![Opened {}, Deposited { cents: 5 }])
///     .when(|account| account.deposit(2))
///     .then(events![Deposited { cents: 2 }])
///     .then_state(|account| account.cents == 7);
/// ```
pub fn given<A: EventSourced>(events: Vec<A::Event>) -> Given<A> {
    Given {
        past: Past::Events(events),
        id: None,
    }
}

/// Begins with an aggregate as it is, whatever made it, and takes it for stored.
///
/// ```
/// use es_core::prelude::*;
/// use es_core::testing::*;
/// # #[event] pub struct Renamed { name: String }
/// # #[aggregate(events(Renamed))] pub struct Customer { name: String }
/// # #[aggregate] impl Customer {
/// #     pub fn new(name: &str) -> Self { Self { name: name.to_owned() } }
/// #     pub fn rename(&mut self, name: &str) {
/// #         self.name = name.to_owned();
/// #         self.raise_(Renamed { name: name.to_owned() });
/// #     }
/// # }
///
/// given_state(Customer::new("Ada"))
///     .when(|customer| customer.rename("Ada Lovelace"))
///     .then(events![Renamed { name: "Ada Lovelace".to_owned() }])
///     .then_state(|customer| customer.name == "Ada Lovelace");
/// ```
pub fn given_state<A: Aggregate>(aggregate: A) -> Given<A> {
    Given {
        past: Past::State(Box::new(aggregate)),
        id: None,
    }
}

/// Begins with nothing: for what creates an aggregate.
///
/// ```
/// use es_core::prelude::*;
/// use es_core::testing::*;
/// # #[event] pub struct Opened { owner: String }
/// # #[aggregate(event_sourced)] pub struct Account { owner: String }
/// # #[aggregate] impl Account {
/// #     pub fn open(owner: &str) -> Self { Self::raise_new(Opened { owner: owner.to_owned() }) }
/// #     #[apply] fn opened(event: Opened) -> Self { Self { owner: event.owner } }
/// # }
///
/// given_nothing()
///     .when(|| Account::open("Ada"))
///     .then(events![Opened { owner: "Ada".to_owned() }])
///     .then_state(|account| account.owner == "Ada");
/// ```
pub fn given_nothing() -> GivenNothing {
    GivenNothing(())
}

/// What happened before: from [`given`] and [`given_state`].
#[must_use = "nothing is tested before `when` and `then`"]
pub struct Given<A: Aggregate> {
    past: Past<A>,
    id: Option<A::Id>,
}

enum Past<A: Aggregate> {
    Events(Vec<A::Event>),
    State(Box<A>),
}

/// Nothing happened before: from [`given_nothing`].
#[derive(Debug)]
#[must_use = "nothing is tested before `when` and `then`"]
pub struct GivenNothing(());

impl<A: Aggregate> Given<A> {
    /// Says the id of the aggregate, where it matters.
    ///
    /// ```
    /// use es_core::testing::*;
    /// # use es_core::prelude::*;
    /// # #[event] pub struct Opened {}
    /// # #[aggregate(event_sourced)] pub struct Account {}
    /// # #[aggregate] impl Account {
    /// #     #[apply] fn opened(_: &Opened) -> Self { Self {} }
    /// # }
    ///
    /// let id = Uuid::now_v7();
    /// given::<Account>(events![Opened {}])
    ///     .with_id(id)
    ///     .when(|_| ())
    ///     .then_state(|account| *account.id() == id);
    /// ```
    pub fn with_id(mut self, id: A::Id) -> Self {
        self.id = Some(id);
        self
    }

    /// Has the aggregate decide.
    ///
    /// # Panics
    /// Where the given events are no life of an aggregate: where there are none, or the first does
    /// not create, or a later one does.
    #[track_caller]
    #[must_use = "say what is expected, as in `.then(events![..])`"]
    pub fn when<D: Decision>(
        self,
        decide: impl FnOnce(&mut A) -> D,
    ) -> Decided<A, D::Value, D::Rejection> {
        let mut aggregate = match self.past {
            Past::Events(events) => {
                let id = match self.id {
                    Some(id) => id,
                    None => made_up::<A>(),
                };
                live(&id, events)
            }
            Past::State(aggregate) => stored(*aggregate, self.id),
        };
        let outcome = decide(&mut aggregate).decided();
        Decided::new(Some(aggregate), outcome)
    }
}

impl GivenNothing {
    /// Creates an aggregate: the closure returns it, or a `Result` of it.
    #[must_use = "say what is expected, as in `.then(events![..])`"]
    pub fn when<C: Creation>(
        self,
        create: impl FnOnce() -> C,
    ) -> Decided<C::Aggregate, (), C::Rejection> {
        match create().created() {
            Ok(aggregate) => Decided::new(Some(aggregate), Ok(())),
            Err(rejection) => Decided::new(None, Err(rejection)),
        }
    }
}

/// What creates an aggregate: returns it, or a `Result` of it.
///
/// ```
/// use es_core::testing::*;
/// # use es_core::prelude::*;
/// # #[event] pub struct Opened {}
/// # #[aggregate(event_sourced)] pub struct Account {}
/// # #[aggregate] impl Account {
/// #     pub fn open(age: u8) -> Result<Self, String> {
/// #         if age < 18 { return Err("too young".to_owned()); }
/// #         Ok(Self::raise_new(Opened {}))
/// #     }
/// #     #[apply] fn opened(_: &Opened) -> Self { Self {} }
/// # }
///
/// given_nothing().when(|| Account::open(18)).then(events![Opened {}]);
/// given_nothing().when(|| Account::open(17)).then_rejected(|told| told == "too young");
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no aggregate",
    label = "expected was an aggregate, or a `Result` of one"
)]
pub trait Creation {
    /// What is created.
    type Aggregate: Aggregate;
    /// What creating says no with.
    type Rejection;

    /// As a `Result`.
    ///
    /// # Errors
    /// The rejection.
    fn created(self) -> Result<Self::Aggregate, Self::Rejection>;
}

impl<A: Aggregate> Creation for A {
    type Aggregate = A;
    type Rejection = Infallible;

    fn created(self) -> Result<A, Infallible> {
        Ok(self)
    }
}

impl<A: Aggregate, E: Debug> Creation for Result<A, E> {
    type Aggregate = A;
    type Rejection = E;

    fn created(self) -> Self {
        self
    }
}

/// The first id that counts: any UUID or text, or a number.
#[track_caller]
fn made_up<A: AggregateState>() -> A::Id {
    let uuid = counted(1).to_string();
    let number = || "1".parse().ok();
    let Some(id) = uuid.parse().ok().or_else(number) else {
        panic!(
            "no id of `{0}` can be made up; say one, as in `given::<{0}>(events![..]).with_id(id)`",
            A::NAME
        )
    };
    id
}

/// The aggregate after its stored events.
#[track_caller]
fn live<A: Aggregate>(id: &A::Id, events: Vec<A::Event>) -> A {
    let mut events = events.into_iter();
    let Some(first) = events.next() else {
        panic!(
            "no events are given; begin with `given_nothing()` to create a `{}`",
            A::NAME
        )
    };
    let Some(mut aggregate) = aggregate::begin::<A>(id.clone(), &first) else {
        panic!(
            "`{}` is given first, and does not create a `{}`; begin with the event that does",
            first.event_type().name,
            A::NAME
        )
    };
    aggregate.root_mut().stored = Version::new(1);
    for event in events {
        assert!(
            aggregate::replay_ref(&mut aggregate, id, &event),
            "`{}` creates a `{}`, and is given behind its first event",
            event.event_type().name,
            A::NAME
        );
        let root = aggregate.root_mut();
        root.stored = root.stored.next();
    }
    aggregate
}

/// The aggregate as if it had been saved as it is.
#[track_caller]
fn stored<A: Aggregate>(mut aggregate: A, id: Option<A::Id>) -> A {
    let version = aggregate.version();
    let state = aggregate.encode_state();
    let root = aggregate.root_mut();
    if let Some(id) = id {
        root.set_id(id);
    }
    root.pending_mut().clear();
    root.stamps.clear();
    match A::KEPT {
        Kept::Events => root.stored = version,
        Kept::State => {
            root.stored = version.next();
            root.kept = state.ok().map(Into::into);
        }
    }
    aggregate
}
