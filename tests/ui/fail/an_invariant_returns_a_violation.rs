use es_core::prelude::*;
#[event] struct Opened;
#[aggregate(event_sourced)] struct Account {}
#[aggregate]
impl Account {
    #[invariant] fn sound(&self) -> Result<(), u64> { Ok(()) }
    #[apply] fn opened(_: &Opened) -> Self { Self {} }
}
fn main() {}
