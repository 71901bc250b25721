use es_core::prelude::*;
#[aggregate(event_sourced)] #[derive(Default)] struct Dog {}
#[aggregate]
impl Dog {
    #[event(Barked)] fn bark(&mut self) {}
}
fn bark(mut then: Historical<Dog>) { then.bark(); }
fn main() {}
