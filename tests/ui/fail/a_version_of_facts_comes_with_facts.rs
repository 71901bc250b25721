use es_core::prelude::*;
#[event] struct Opened;
#[aggregate(event_sourced, fact_version = 2)] struct Account {}
#[aggregate]
impl Account {
    #[apply] fn opened(_: &Opened) -> Self { Self {} }
}
fn main() {}
