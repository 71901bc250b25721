use es_core::prelude::*;
#[aggregate(event_sourced)] #[derive(Default)] struct Dog {}
#[aggregate]
impl Dog {
    #[event(TrickAdded, id = Uuid::nil())] fn add_trick(&mut self, trick: String) { let _ = trick; }
    fn teach(&mut self) { self.add_trick("roll".to_owned()); }
}
fn main() {}
