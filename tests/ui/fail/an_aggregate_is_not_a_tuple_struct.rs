use es_core::prelude::*;
#[aggregate(event_sourced)] struct Account(u64);
#[event] struct Opened;
#[aggregate]
impl Account {
    #[apply] fn opened(_: &Opened) -> Self { Self(0) }
}
fn main() {}
