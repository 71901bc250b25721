use es_core::prelude::*;
struct RegisteredV1;
#[event(version = 2, upcast(1 => two))] struct Registered {}
fn two(_: RegisteredV1) -> Registered { Registered {} }
fn main() {}
