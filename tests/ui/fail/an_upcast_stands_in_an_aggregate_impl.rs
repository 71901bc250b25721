use es_core::prelude::*;
#[event] struct Old;
#[event] struct Paid;
struct Account;
impl Account {
    #[upcast] fn old(_: Old) -> Paid { Paid }
}
fn main() {}
