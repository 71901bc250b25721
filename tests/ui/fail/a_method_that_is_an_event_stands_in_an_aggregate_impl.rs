use es_core::prelude::*;
struct Dog {}
impl Dog {
    #[event(Barked)] fn bark(&mut self) {}
}
fn main() {}
