use es_core::prelude::*;
#[aggregate(event_sourced)] #[derive(Default)] struct Dog {}
#[event] struct Teased;
#[aggregate]
impl Dog {
    #[event(Barked)] fn bark(&mut self) {}
    #[apply] fn teased(&mut self, _: &Teased) { self.bark(); }
}
fn main() {}
