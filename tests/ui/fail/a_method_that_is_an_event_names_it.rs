use es_core::prelude::*;
#[aggregate(event_sourced)] #[derive(Default)] struct Dog {}
#[aggregate]
impl Dog {
    #[event] fn add_trick(&mut self, trick: String) { let _ = trick; }
    #[event(name = "trick-added")] fn learn(&mut self, trick: String) { let _ = trick; }
}
fn main() {}
