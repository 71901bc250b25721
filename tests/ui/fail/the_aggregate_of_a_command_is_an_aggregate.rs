use es_core::prelude::*;
#[command(aggregate = Account)] struct Close { #[target] account: Uuid }
struct Account;
fn main() {}
