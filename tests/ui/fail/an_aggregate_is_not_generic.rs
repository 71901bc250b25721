use es_core::prelude::*;
#[aggregate(event_sourced)] struct Account<T> { owner: T }
fn main() {}
