use es_core::prelude::*;
#[aggregate(category = "bank-account", snapshots = on, snapshot_every = 0, domain = "Bank")]
struct Account {}
#[event] struct Opened;
#[aggregate]
impl Account {
    #[apply] fn opened(_: &Opened) -> Self { Self {} }
}
fn main() {}
