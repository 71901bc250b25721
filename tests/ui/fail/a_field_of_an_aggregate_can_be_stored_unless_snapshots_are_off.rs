use es_core::prelude::*;
struct Lock;
#[aggregate(event_sourced)] struct Account { lock: Lock }
#[event] struct Opened;
#[aggregate]
impl Account {
    #[apply] fn opened(_: &Opened) -> Self { Self { lock: Lock } }
}
fn main() {}
