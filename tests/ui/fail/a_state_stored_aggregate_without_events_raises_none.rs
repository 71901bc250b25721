use es_core::prelude::*;
#[event] struct Moved;
#[aggregate] struct Customer {}
#[aggregate]
impl Customer {
    fn go(&mut self) { self.raise_(Moved); }
}
fn main() {}
