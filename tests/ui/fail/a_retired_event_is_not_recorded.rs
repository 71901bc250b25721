use es_core::prelude::*;
#[aggregate(events(Opened, Frozen))] struct Account {}
#[event] struct Opened;
#[event(retired)] struct Frozen;
#[aggregate]
impl Account {
    fn freeze(&mut self) { self.raise_(Frozen); }
}
fn main() {}
