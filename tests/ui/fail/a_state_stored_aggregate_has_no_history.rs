use es_core::prelude::*;
#[aggregate] struct Customer {}
#[aggregate] impl Customer {}
fn past(customers: &Repository<Customer>, id: &Uuid) {
    let _ = customers.history(id);
}
fn main() {}
