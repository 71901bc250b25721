use es_core::prelude::*;
#[event(verison = 1)] struct Registered {}
fn main() {}
