use es_core::prelude::*;
#[aggregate(event_sourced)] enum Account { Open, Closed }
#[event] struct Opened;
#[aggregate]
impl Account {
    #[apply] fn opened(_: &Opened) -> Self { Self::Open }
}
fn main() {}
