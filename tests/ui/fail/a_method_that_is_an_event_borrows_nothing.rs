use es_core::prelude::*;
#[aggregate(event_sourced)] #[derive(Default)] struct Dog {}
#[aggregate]
impl Dog {
    #[event(TrickAdded)] fn add_trick(&mut self, trick: &str) { let _ = trick; }
    fn teach(&mut self) { self.add_trick("roll"); }
}
fn main() {}
