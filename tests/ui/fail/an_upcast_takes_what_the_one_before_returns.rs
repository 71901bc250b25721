use es_core::prelude::*;
#[value] struct RegisteredV1 {}
#[value] struct RegisteredV2 {}
#[event(version = 3, upcast(1 => two, 2 => three))] struct Registered {}
fn two(_: RegisteredV1) -> RegisteredV1 { RegisteredV1 {} }
fn three(_: RegisteredV2) -> Registered { Registered {} }
fn main() {}
