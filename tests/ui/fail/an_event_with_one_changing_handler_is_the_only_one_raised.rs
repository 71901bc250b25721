use es_core::prelude::*;
#[aggregate(event_sourced)] #[derive(Default)] struct Account {}
#[event] struct Closed;
#[event] struct Deposited;
#[aggregate]
impl Account {
    fn close(&mut self) { self.raise_(Closed); }
    #[apply] fn deposited(&mut self, _: &Deposited) {}
}
fn main() {}
