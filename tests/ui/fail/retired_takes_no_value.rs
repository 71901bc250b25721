use es_core::prelude::*;
#[event(retired = true)] struct Frozen;
fn main() {}
