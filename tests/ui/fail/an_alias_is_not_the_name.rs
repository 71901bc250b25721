use es_core::prelude::*;
#[event(alias = "Opened", alias = "Begun", alias = "Begun")] struct Opened;
fn main() {}
