use es_core::prelude::*;
#[aggregate(event_sourced)] struct Account {}
#[event] struct Opened;
#[aggregate]
impl Account {
    #[apply] fn opened(event: Opened) -> Self { Self::raise_new(event) }
}
fn main() {}
