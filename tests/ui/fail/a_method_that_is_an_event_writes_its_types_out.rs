use es_core::prelude::*;
#[aggregate(event_sourced)] #[derive(Default)] struct Dog {}
#[aggregate]
impl Dog {
    #[event(TrickAdded)] fn add_trick(&mut self, trick: impl Into<String>) { let _ = trick.into(); }
    fn teach(&mut self) { self.add_trick("roll"); }
}
fn main() {}
