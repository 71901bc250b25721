use es_core::prelude::*;
#[event(version = 2, upcast(1 => two))] struct Registered {}
fn main() {}
