use es_core::prelude::*;
#[event] struct Opened;
#[aggregate(event_sourced)] struct Account {}
#[aggregate]
impl Account {
    #[apply] fn opened(_: &Opened) -> Self { Self {} }
}
async fn remove(accounts: &Repository<Account>, account: &mut Account) {
    let _ = accounts.remove(account).await;
}
fn main() {}
