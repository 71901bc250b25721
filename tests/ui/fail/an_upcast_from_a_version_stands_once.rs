use es_core::prelude::*;
#[value] struct RegisteredV1 {}
#[event(version = 2, upcast(1 => two, 1 => two))] struct Registered {}
fn two(_: RegisteredV1) -> Registered { Registered {} }
fn main() {}
