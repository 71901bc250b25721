use es_core::prelude::*;
#[value] struct RegisteredV1 {}
#[event(version = 2, upcast(1 => two))] struct Registered {}
fn two(old: RegisteredV1) -> RegisteredV1 { old }
fn main() {}
