use es_core::prelude::*;
#[event(colour = "red")] struct Registered {}
fn main() {}
