use es_core::prelude::*;
#[aggregate(event_sourced)] #[derive(Default)] struct Dog {}
#[aggregate]
impl Dog {
    #[event(TrickAdded)] fn add_trick(&mut self, trick: String) -> usize { trick.len() }
    fn teach(&mut self) -> usize { self.add_trick("roll".to_owned()) }
}
fn main() {}
