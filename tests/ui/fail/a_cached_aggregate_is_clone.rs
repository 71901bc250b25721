use es_core::prelude::*;
#[event] struct Opened;
#[aggregate(event_sourced)] #[derive(Default)] struct Account {}
#[aggregate]
impl Account {
    #[apply] fn opened(&mut self, _: &Opened) {}
}
fn cache(accounts: Repository<Account>) {
    let _ = accounts.cached(1_000);
}
fn main() {}
