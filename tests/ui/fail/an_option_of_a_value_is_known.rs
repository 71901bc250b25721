use es_core::prelude::*;
#[value(name = "address")] struct Address {}
fn main() {}
