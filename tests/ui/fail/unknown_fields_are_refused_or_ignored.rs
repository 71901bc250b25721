use es_core::prelude::*;
#[event(unknown_fields = "allow")] struct Opened {}
fn main() {}
