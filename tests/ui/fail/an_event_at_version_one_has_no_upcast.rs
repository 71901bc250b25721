use es_core::prelude::*;
#[event(upcast(1 => two))] struct Registered {}
fn two(old: Registered) -> Registered { old }
fn main() {}
