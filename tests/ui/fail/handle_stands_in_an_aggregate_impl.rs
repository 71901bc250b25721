use es_core::prelude::*;
struct Account;
impl Account {
    #[handle] fn close(&mut self) {}
}
fn main() {}
