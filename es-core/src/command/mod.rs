//! Commands: what is asked of an aggregate, decided by its `#[handle]`, and recorded.

mod answers;
mod error;
mod process;

use std::fmt::Debug;

use serde::Serialize;

pub use error::ProcessError;
pub use process::Process;

use crate::aggregate::{Aggregate, AggregateState};

/// Something asked of an aggregate: made by [`#[command]`](macro@crate::command) on a struct.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no command",
    label = "not a command",
    note = "write `#[command(aggregate = ..)]` above `struct {Self}`"
)]
pub trait Command: Serialize + Clone + Debug + Send + Sync + 'static {
    /// The aggregate that decides on it.
    type Aggregate: AggregateState;

    /// The recorded name: `Withdraw` in `Bank.Withdraw.v1`.
    const NAME: &'static str;

    /// The version of the shape that this struct has.
    const VERSION: u32;

    /// The aggregate it is about, where it says which: its field with `#[target]`.
    fn target(&self) -> Option<<Self::Aggregate as AggregateState>::Id>;
}

/// A command that says by a field with `#[target]` which aggregate it is about.
#[diagnostic::on_unimplemented(
    message = "the command `{Self}` has no target",
    label = "its handler changes an aggregate, and the command does not say which",
    note = "write `#[target]` above the field of `{Self}` that holds the aggregate's id",
    note = "only a handler without `self`, which creates an aggregate, takes a command without a target"
)]
pub trait Targeted: Command {}

/// A command that `A` decides on.
#[diagnostic::on_unimplemented(
    message = "`{A}` does not decide on `{Self}`",
    label = "a command of another aggregate",
    note = "`#[command(aggregate = ..)]` above `struct {Self}` names the aggregate that does"
)]
pub trait CommandOf<A>: Command {}

#[diagnostic::do_not_recommend]
impl<A: AggregateState, C: Command<Aggregate = A>> CommandOf<A> for C {}

/// An aggregate that decides on `C`: it has a function with [`#[handle]`](macro@crate::handle).
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no handler for the command `{C}`",
    label = "no `#[handle]` of `{Self}` takes `{C}`",
    note = "add one to `#[aggregate] impl {Self}`: `#[handle] fn decide(&mut self, command: {C}) -> Result<(), ..> {{ .. }}`"
)]
pub trait Handle<C: CommandOf<Self>>: Aggregate {
    /// What processing the command answers: what its handler returns, or the id of what it creates.
    type Answer;

    /// What its handler says no with.
    type Rejection;

    /// Whether the handler creates the aggregate.
    #[doc(hidden)]
    const CREATES: bool;

    #[doc(hidden)]
    fn change(&mut self, command: C) -> Result<Self::Answer, Self::Rejection> {
        let _ = command;
        unreachable!("a handler that creates changes nothing")
    }

    #[doc(hidden)]
    fn create(command: C) -> Result<Self, Self::Rejection> {
        let _ = command;
        unreachable!("a handler that changes creates nothing")
    }

    /// What is answered where the handler created this aggregate.
    #[doc(hidden)]
    fn created(&self) -> Self::Answer {
        unreachable!("a handler that changes creates nothing")
    }
}
