use es_core::prelude::*;
use es_core::testing::*;
#[event] struct Opened;
#[aggregate(event_sourced)] struct Account {}
#[event] struct Moved;
#[aggregate]
impl Account {
    #[apply] fn opened(_: &Opened) -> Self { Self {} }
}
fn test() {
    given::<Account>(events![Opened, Moved]).when(|_| ()).then_nothing();
}
fn main() {}
