use es_core::prelude::*;
#[event(version = 2, upcast(two))] struct Registered {}
fn two(old: Registered) -> Registered { old }
fn main() {}
