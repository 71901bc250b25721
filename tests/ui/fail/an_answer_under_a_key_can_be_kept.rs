use es_core::prelude::*;
#[event] struct Opened;
#[aggregate(event_sourced)] struct Account {}
#[command(aggregate = Account)] struct Close { #[target] account: Uuid }
#[aggregate]
impl Account {
    #[handle] fn close(&mut self, _: &Close) -> Result<Receipt, ()> { Ok(Receipt) }
    #[apply] fn opened(_: &Opened) -> Self { Self {} }
}
struct Receipt;
fn close(bank: &Domain, account: Uuid) {
    let _ = bank.process(Close { account }).idempotency_key("k");
}
fn main() {}
