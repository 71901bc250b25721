//! Whether an event is raised, told by types so that the compiler can say so.

use crate::event::Event;

/// Whether an event is raised or retired.
pub trait Life {
    /// Whether it is retired.
    const RETIRED: bool;
}

/// The life of an event without `#[event(retired)]`.
#[derive(Debug)]
pub struct Raised;

/// The life of an event with `#[event(retired)]`.
#[derive(Debug)]
pub struct Retired;

impl Life for Raised {
    const RETIRED: bool = false;
}

impl Life for Retired {
    const RETIRED: bool = true;
}

/// An event that may be raised: what `raise_` asks for. What is no event is told as such.
pub trait NotRetired {}

impl<E: Event<__Life: LifeOf<E>>> NotRetired for E {}

/// The life of an event that is raised.
#[diagnostic::on_unimplemented(
    message = "`{E}` is retired: where it is stored it is applied, and it is raised no more",
    label = "a retired event is not raised",
    note = "raise the event that took its place, or take `retired` away where `{E}` is defined"
)]
pub trait LifeOf<E> {}

impl<E> LifeOf<E> for Raised {}
