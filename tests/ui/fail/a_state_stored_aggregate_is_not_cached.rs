use es_core::prelude::*;
#[aggregate] #[derive(Clone)] struct Customer {}
#[aggregate] impl Customer {}
fn cache(customers: Repository<Customer>) {
    let _ = customers.cached(1_000);
}
fn main() {}
