//! es-core is found by itself, under the name in `Cargo.toml`.

// schemars calls `.into()` on the documentation.
use ::core::convert::Into as _;

use ::alloc::string::String;
use ::alloc::vec::Vec;
use ::core::option::Option;

/// Money came in.
#[::es::event]
pub struct Deposited {
    /// How much.
    pub cents: u64,
}

/// Money came back.
#[::es::event(retired, alias = "Returned")]
pub struct Refunded {
    /// How much.
    pub cents: u64,
}

/// It ended.
#[::es::event]
pub struct Closed;

/// It began, in a shape that was another once.
#[::es::event(version = 2, upcast(1 => with_owner))]
pub struct Opened {
    /// Whose it is.
    pub owner: Option<String>,
}

/// What [`Opened`] was.
#[::es::value]
pub struct OpenedV1 {}

fn with_owner(_: OpenedV1) -> Opened {
    Opened {
        owner: Option::None,
    }
}

/// What is kept of money.
#[::es::aggregate(event_sourced)]
#[derive(Debug)]
pub struct Account {
    owner: Option<String>,
    cents: u64,
}

#[::es::aggregate]
impl Account {
    /// Begins.
    #[must_use]
    pub fn open(owner: String) -> Self {
        Self::raise_new(Opened {
            owner: Option::Some(owner),
        })
    }

    /// Adds.
    pub fn deposit(&mut self, cents: u64) {
        self.raise_(Deposited { cents });
    }

    /// Ends.
    pub fn close(&mut self) {
        self.raise_(Closed);
    }

    #[::es::upcast]
    fn refunded(old: Refunded) -> (Option<Closed>, Deposited) {
        (Option::None, Deposited { cents: old.cents })
    }

    #[::es::apply]
    fn opened(event: Opened) -> Self {
        Self {
            owner: event.owner,
            cents: 0,
        }
    }

    #[::es::apply]
    fn deposited(&mut self, event: &Deposited) {
        self.cents += event.cents;
    }

    #[::es::apply]
    fn closed(&mut self, _: &Closed) {
        self.cents = 0;
        self.owner = Option::None;
    }
}

/// Its methods are its events.
#[::es::aggregate(event_sourced, snapshots = off)]
#[derive(Debug, Default)]
pub struct Dog {
    tricks: Vec<String>,
}

#[::es::aggregate]
impl Dog {
    /// A trick was learnt.
    #[event(TrickAdded)]
    pub fn add_trick(&mut self, trick: String) {
        self.tricks.push(trick);
    }

    /// Begins with a trick.
    #[must_use]
    pub fn with(trick: String) -> Self {
        Self::raise_new(TrickAdded { trick })
    }
}

/// Makes a tank.
#[::es::command(aggregate = Tank)]
pub struct Make {
    /// How much goes in.
    pub room: u64,
}

/// Fills a tank.
#[::es::command(aggregate = Tank)]
pub struct Fill {
    /// Which.
    #[target]
    pub tank: ::es::uuid::Uuid,
    /// By how much.
    pub by: u64,
}

/// Its state is what is kept.
#[::es::aggregate(events(Deposited, Closed))]
#[derive(Debug)]
pub struct Tank {
    level: u64,
    room: u64,
}

#[::es::aggregate]
impl Tank {
    #[::es::handle]
    fn make(command: &Make) -> Self {
        Self {
            level: 0,
            room: command.room,
        }
    }

    #[handle]
    fn fill(&mut self, command: Fill) -> ::core::result::Result<u64, String> {
        self.level += command.by;
        self.raise_(Deposited { cents: command.by });
        ::core::result::Result::Ok(self.level)
    }

    #[::es::invariant]
    fn does_not_flow_over(&self) -> ::core::result::Result<(), ::es::Violation> {
        if self.level > self.room {
            return ::core::result::Result::Err(::es::Violation::new("it flows over"));
        }
        ::core::result::Result::Ok(())
    }
}

#[::core::prelude::v1::test]
fn a_stored_state_needs_nothing_in_scope() {
    use ::es::testing::{events, given_state};

    let fill = |tank: &mut Tank, by| {
        let id = *::es::Aggregate::id(tank);
        tank.fill(Fill { tank: id, by })
    };
    let _ = given_state(Tank::make(&Make { room: 5 }))
        .when(|tank| fill(tank, 5))
        .then(events![Deposited { cents: 5 }])
        .then_answer(5);
    let _ = given_state(Tank::make(&Make { room: 5 }))
        .when(|tank| fill(tank, 6))
        .then_violated("does_not_flow_over");
}

#[::core::prelude::v1::test]
fn generated_code_needs_nothing_in_scope() {
    let mut account = Account::open(<String as ::core::convert::From<_>>::from("Ada"));
    account.deposit(5);
    let mut dog = Dog::with(<String as ::core::convert::From<_>>::from("roll"));
    dog.add_trick(<String as ::core::convert::From<_>>::from("sit"));

    ::core::assert_eq!((account.cents, dog.tricks.len()), (5, 2));
    account.close();
    ::core::assert_eq!(::es::Aggregate::version(&account), 3);
}
