use es_core::prelude::*;
#[event(name = "a", name = "b")] struct Registered {}
fn main() {}
