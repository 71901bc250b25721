use es_core::prelude::*;
#[event(name = "account opened")] struct Opened {}
fn main() {}
