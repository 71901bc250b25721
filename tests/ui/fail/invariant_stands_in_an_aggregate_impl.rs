use es_core::prelude::*;
struct Account;
impl Account {
    #[invariant] fn sound(&self) -> Result<(), Violation> { Ok(()) }
}
fn main() {}
