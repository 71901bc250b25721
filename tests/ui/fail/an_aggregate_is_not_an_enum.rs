use es_core::prelude::*;
#[aggregate(event_sourced)] enum Account { Open, Closed }
fn main() {}
