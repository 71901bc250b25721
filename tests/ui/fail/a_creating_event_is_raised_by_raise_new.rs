use es_core::prelude::*;
#[aggregate(event_sourced)] struct Account {}
#[event] struct Opened;
#[event] struct Deposited;
#[aggregate]
impl Account {
    fn open(&mut self) { self.raise_(Opened); }
    #[apply] fn opened(_: &Opened) -> Self { Self {} }
    #[apply] fn deposited(&mut self, _: &Deposited) {}
}
fn main() {}
