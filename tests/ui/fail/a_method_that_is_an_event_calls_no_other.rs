use es_core::prelude::*;
#[aggregate(event_sourced)] #[derive(Default)] struct Dog {}
#[aggregate]
impl Dog {
    #[event(Barked)] fn bark(&mut self) {}
    #[event(Teased)] fn tease(&mut self) { self.bark(); }
}
fn main() {}
