use es_core::prelude::*;
#[event(version = 0)] struct Registered {}
fn main() {}
