use es_core::prelude::*;
#[event(version = 2)] struct Registered {}
fn main() {}
