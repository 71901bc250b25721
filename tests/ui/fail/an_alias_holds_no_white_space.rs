use es_core::prelude::*;
#[event(alias = "was opened")] struct Opened;
fn main() {}
