use es_core::prelude::*;
#[aggregate(event_sourced)] #[derive(Default)] struct Account {}
#[event] struct Opened;
#[event] struct Closed;
#[event] struct Deposited;
#[aggregate]
impl Account {
    #[apply] const fn opened(&mut self, _: &Opened) {}
    #[apply] unsafe fn closed(&mut self, _: &Closed) {}
    #[apply] extern "C" fn deposited(&mut self, _: &Deposited) {}
}
fn main() {}
