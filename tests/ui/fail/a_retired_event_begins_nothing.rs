use es_core::prelude::*;
#[aggregate(event_sourced)] struct Account {}
#[event(retired)] struct Registered;
#[aggregate]
impl Account {
    fn register() -> Self { Self::raise_new(Registered) }
    fn register_as(id: Uuid) -> Self { Self::raise_new_as(id, Registered) }
    #[apply] fn registered(_: &Registered) -> Self { Self {} }
}
fn main() {}
