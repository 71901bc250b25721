use es_core::prelude::*;
struct Account {}
#[event] struct Closed;
impl Account {
    #[apply] fn closed(&mut self, _: &Closed) {}
}
fn main() {}
