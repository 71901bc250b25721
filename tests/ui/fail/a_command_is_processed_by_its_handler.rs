use es_core::prelude::*;
#[event] struct Opened;
#[aggregate(event_sourced)] struct Account {}
#[command(aggregate = Account)] struct Close { #[target] account: Uuid }
#[aggregate]
impl Account {
    #[apply] fn opened(_: &Opened) -> Self { Self {} }
}
async fn close(bank: &Domain, account: Uuid) {
    let _ = bank.process(Close { account }).await;
}
fn main() {}
