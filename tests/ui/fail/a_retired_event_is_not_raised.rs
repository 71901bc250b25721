use es_core::prelude::*;
#[aggregate(event_sourced)] #[derive(Default)] struct Account {}
#[event] struct Opened;
#[event(retired)] struct Frozen;
#[aggregate]
impl Account {
    fn freeze(&mut self) { self.raise_(Frozen); }
    #[apply] fn opened(&mut self, _: &Opened) {}
    #[apply] fn frozen(&mut self, _: &Frozen) {}
}
fn main() {}
