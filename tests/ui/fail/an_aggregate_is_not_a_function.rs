use es_core::prelude::*;
#[aggregate(event_sourced)] fn account() {}
fn main() {}
