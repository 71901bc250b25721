use es_core::prelude::*;
#[aggregate(event_sourced)] struct Account {}
fn accounts(domain: &Domain) -> Repository<Account> { domain.repository() }
fn main() {}
