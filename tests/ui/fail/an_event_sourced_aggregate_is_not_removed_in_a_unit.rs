use es_core::prelude::*;
#[event] struct Opened;
#[aggregate(event_sourced)] struct Account {}
#[aggregate]
impl Account {
    #[apply] fn opened(_: &Opened) -> Self { Self {} }
}
fn remove(unit: &mut es_core::UnitOfWork, account: es_core::InUnit<Account>) {
    unit.remove(account);
}
fn main() {}
