use es_core::prelude::*;
#[event] struct Opened;
#[event] struct Deposited;
#[aggregate(event_sourced)] struct Account {}
#[aggregate]
impl Account {
    fn deposit(&mut self) { self.deposited(&Deposited); }
    fn other() -> Self { Self::opened(&Opened) }
    #[apply] fn opened(_: &Opened) -> Self { Self {} }
    #[apply] fn deposited(&mut self, _: &Deposited) {}
}
fn main() {}
