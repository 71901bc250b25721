use es_core::prelude::*;
#[aggregate(event_sourced)] #[derive(Default)] struct Dog {}
#[aggregate]
impl Dog {
    #[event(Moved)] fn go(&mut self, (x, y): (u32, u32)) { let _ = (x, y); }
    fn home(&mut self) { self.go((0, 0)); }
}
fn main() {}
