use es_core::prelude::*;
#[aggregate(event_sourced)] #[derive(Default)] struct Account { cents: u64 }
#[aggregate]
impl Account {
    #[apply] fn deposited(&mut self, cents: u64) { self.cents += cents; }
}
fn main() {}
