use es_core::prelude::*;
#[event] struct Opened;
#[aggregate(event_sourced)] struct Account {}
#[aggregate]
impl Account {
    #[invariant] fn sound(&mut self) -> Result<(), Violation> { Ok(()) }
    #[apply] fn opened(_: &Opened) -> Self { Self {} }
}
fn main() {}
