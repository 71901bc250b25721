use es_core::prelude::*;
#[event] struct Opened;
#[aggregate(event_sourced)] struct Account {}
#[command(aggregate = Account)] struct Close<T> { #[target] account: T }
#[aggregate]
impl Account {
    #[apply] fn opened(_: &Opened) -> Self { Self {} }
}
fn main() {}
