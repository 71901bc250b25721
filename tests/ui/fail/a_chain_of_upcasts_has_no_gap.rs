use es_core::prelude::*;
#[value] struct RegisteredV1 {}
#[value] struct RegisteredV2 {}
#[event(version = 4, upcast(1 => two, 3 => four))] struct Registered {}
fn two(_: RegisteredV1) -> RegisteredV2 { RegisteredV2 {} }
fn four(_: RegisteredV1) -> Registered { Registered {} }
fn main() {}
